import { BotError } from '../contract/errors.ts'
import { CONTRACT } from '../contract/module.ts'
import type { Plugin, PluginDefinition } from '../contract/plugin.ts'

const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/

/** Declares a plugin: what it is called, what it answers to, what it listens for. Throws `BOT_PLUGIN` for a name that is none. */
export function definePlugin<Config = unknown>(definition: PluginDefinition<Config>): Plugin<Config> {
  if (typeof definition.name !== 'string' || !NAME.test(definition.name)) {
    const found = JSON.stringify(definition.name)
    throw new BotError('BOT_PLUGIN', `${found} is not a plugin name: lower-case letters, digits and "-", beginning with a letter or digit.`)
  }
  return { ...definition, kind: 'plugin', contract: CONTRACT }
}

import type { CommandDescriptor } from '../contract/backend.ts'
import { BotError } from '../contract/errors.ts'
import type { InboundKind } from '../contract/events.ts'
import type { CommandDefinition, Plugin } from '../contract/plugin.ts'
import { descriptorOf } from '../commands/descriptor.ts'
import { CommandTable } from '../commands/table.ts'

/* eslint-disable-next-line @typescript-eslint/no-explicit-any -- a plugin's configuration is known only to its schema */
export type AnyPlugin = Plugin<any>

type Listener = NonNullable<NonNullable<AnyPlugin['on']>[InboundKind]>
type ActionHandler = NonNullable<AnyPlugin['actions']>[string]

/** What the plugins of a bot have declared. */
export class Registry {
  readonly commands = new CommandTable()
  readonly plugins = new Map<string, AnyPlugin>()
  readonly #listeners = new Map<InboundKind, { readonly plugin: string; readonly listener: Listener }[]>()
  readonly #actions = new Map<string, { readonly plugin: string; readonly handler: ActionHandler }>()

  /** Throws `BOT_PLUGIN` when a name is taken. */
  add(plugin: AnyPlugin): void {
    const { name } = plugin
    if (this.plugins.has(name)) throw new BotError('BOT_PLUGIN', `Two plugins are called "${name}".`)
    this.plugins.set(name, plugin)
    for (const [command, definition] of Object.entries(plugin.commands ?? {})) {
      refuseUnsupported(name, command, definition)
      this.commands.add({ name: command, plugin: name, definition })
    }
    for (const [kind, listener] of Object.entries(plugin.on ?? {})) {
      const known = this.#listeners.get(kind as InboundKind) ?? []
      known.push({ plugin: name, listener })
      this.#listeners.set(kind as InboundKind, known)
    }
    for (const [action, handler] of Object.entries(plugin.actions ?? {})) {
      const taken = this.#actions.get(action)
      if (taken !== undefined)
        throw new BotError('BOT_PLUGIN', `The action "${action}" is handled by two plugins: "${taken.plugin}" and "${name}".`)
      this.#actions.set(action, { plugin: name, handler })
    }
  }

  listeners(kind: InboundKind): readonly { readonly plugin: string; readonly listener: Listener }[] {
    return this.#listeners.get(kind) ?? []
  }

  action(name: string): { readonly plugin: string; readonly handler: ActionHandler } | undefined {
    return this.#actions.get(name)
  }

  /** The commands that are open to everyone, for completion and native registration: there nobody is known to ask. */
  descriptors(): readonly CommandDescriptor[] {
    return this.commands
      .list()
      .filter(({ definition: { hidden, access = 'everyone' } }) => hidden !== true && access === 'everyone')
      .map(descriptorOf)
  }
}

/** What may be declared and is not enforced yet must not look as if it were. */
function refuseUnsupported(plugin: string, command: string, { approval, control }: CommandDefinition): void {
  for (const [key, value] of Object.entries({ approval, control })) {
    if (value === true)
      throw new BotError('BOT_PLUGIN', `The command "${command}" of "${plugin}" declares "${key}", which this version does not have yet.`)
  }
}

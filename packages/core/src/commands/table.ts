import { BotError } from '../contract/errors.ts'
import type { CommandDefinition } from '../contract/plugin.ts'
import { grammarOf, type Grammar } from './grammar.ts'
import { normalName } from './normal.ts'

/** A command as a plugin registers it. */
export interface CommandEntry {
  /** As declared, words separated by single spaces. */
  readonly name: string
  readonly plugin: string
  readonly definition: CommandDefinition
}

export interface Command extends CommandEntry {
  readonly grammar: Grammar
}

export interface Match {
  readonly command: Command
  /** What stands behind the name, as typed. */
  readonly text: string
  /** The name or alias that was typed. */
  readonly typed: string
}

/** What bounds the cost of a match. */
const MOST_WORDS = 8
const LONGEST_WORD = 64

/** The commands of a bot, found by name or alias in time that does not grow with their number. */
export class CommandTable {
  readonly #byName = new Map<string, Command>()
  readonly #byPlugin = new Map<string, Set<Command>>()
  /** Of any name there has been; `MOST_WORDS` bounds it. */
  #mostWords = 1
  #sorted: readonly Command[] | undefined

  /** Throws `BOT_PLUGIN` when a name is taken or is none, or when the declaration contradicts itself; nothing is added then. */
  add(entry: CommandEntry): Command {
    const { name, plugin, definition } = entry
    const names = [name, ...(definition.aliases ?? [])].map((one) => this.#free(one, entry))
    const twice = names.find((one, index) => names.indexOf(one) !== index)
    if (twice !== undefined)
      throw new BotError('BOT_PLUGIN', `The command "${name}" of the plugin "${plugin}" has the name "${twice}" twice.`)
    const command: Command = { name: name.trim().replace(/\s+/g, ' '), plugin, definition, grammar: grammarOf(definition, name, plugin) }
    for (const one of names) {
      this.#byName.set(one, command)
      this.#mostWords = Math.max(this.#mostWords, one.split(' ').length)
    }
    const own = this.#byPlugin.get(plugin) ?? new Set()
    this.#byPlugin.set(plugin, own.add(command))
    this.#sorted = undefined
    return command
  }

  /** Takes away everything a plugin has added. */
  removePlugin(plugin: string): void {
    for (const command of this.#byPlugin.get(plugin) ?? []) {
      for (const name of namesOf(command)) this.#byName.delete(normalName(name))
    }
    this.#byPlugin.delete(plugin)
    this.#sorted = undefined
  }

  /** The command of a name or alias, whatever its case; `plugin_info` and `plugin info` are the same. */
  get(name: string): Command | undefined {
    return this.#byName.get(normalName(name))
  }

  /** All commands, by name. */
  list(): readonly Command[] {
    this.#sorted ??= [...this.#byPlugin.values()].flatMap((own) => [...own]).sort((a, b) => (a.name < b.name ? -1 : 1))
    return this.#sorted
  }

  /** The command whose name or alias is the longest that the text begins with. */
  match(text: string): Match | undefined {
    let found: Match | undefined
    const typed: string[] = []
    const word = /\S+/gu
    for (let next = word.exec(text); next !== null && typed.length < this.#mostWords; next = word.exec(text)) {
      if (next[0].length > LONGEST_WORD) break
      typed.push(next[0])
      const name = typed.join(' ')
      const command = this.get(name)
      if (command !== undefined) found = { command, text: text.slice(word.lastIndex).trim(), typed: name }
    }
    return found
  }

  #free(name: string, { plugin }: CommandEntry): string {
    const normal = normalName(name)
    const words = normal.split(' ')
    if (normal === '' || /\p{C}/u.test(name) || words.length > MOST_WORDS || words.some((word) => word.length > LONGEST_WORD)) {
      const found = JSON.stringify(name)
      throw new BotError(
        'BOT_PLUGIN',
        `The plugin "${plugin}" declares a command with the name ${found}; a name is one to ${MOST_WORDS} words of at most ${LONGEST_WORD} characters.`,
      )
    }
    const taken = this.#byName.get(normal)
    if (taken === undefined) return normal
    const owner = taken.plugin === plugin ? `twice by the plugin "${plugin}"` : `by two plugins: "${taken.plugin}" and "${plugin}"`
    throw new BotError('BOT_PLUGIN', `The command "${normal}" is declared ${owner}. Rename it in one place.`)
  }
}

/** A command's name and its aliases. */
export function namesOf({ name, definition }: CommandEntry): readonly string[] {
  return [name, ...(definition.aliases ?? [])]
}

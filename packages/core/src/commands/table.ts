import { BotError } from '../contract/errors.ts'
import type { CommandDefinition } from '../contract/plugin.ts'

export interface Command {
  /** As declared, words separated by single spaces. */
  readonly name: string
  readonly plugin: string
  readonly definition: CommandDefinition
}

export interface Match {
  readonly command: Command
  readonly text: string
}

/** The commands of a bot, found in time that does not grow with their number. */
export class CommandTable {
  readonly #commands = new Map<string, Command>()
  #mostWords = 1

  /** Throws `BOT_PLUGIN` when the name is taken or is not a name. */
  add(command: Command): void {
    const name = normalise(command.name)
    if (name === '' || /[\p{C}]/u.test(name)) {
      throw new BotError('BOT_PLUGIN', `The plugin "${command.plugin}" declares a command with the name ${JSON.stringify(command.name)}; a name is one or more words.`)
    }
    const taken = this.#commands.get(name)
    if (taken !== undefined) {
      throw new BotError('BOT_PLUGIN', `The command "${name}" is declared by two plugins: "${taken.plugin}" and "${command.plugin}". Rename it in one of them.`)
    }
    this.#commands.set(name, command)
    this.#mostWords = Math.max(this.#mostWords, name.split(' ').length)
  }

  get(name: string): Command | undefined {
    return this.#commands.get(normalise(name))
  }

  /** All commands, by name. */
  list(): readonly Command[] {
    return [...this.#commands.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** The command with the most words that the text begins with, whatever its case; what follows is its arguments, as typed. */
  match(text: string): Match | undefined {
    let found: Match | undefined
    let name = ''
    const word = /\S+/g
    for (let words = 0; words < this.#mostWords; words++) {
      const next = word.exec(text)
      if (next === null) break
      name = words === 0 ? next[0].toLowerCase() : `${name} ${next[0].toLowerCase()}`
      const command = this.#commands.get(name)
      if (command !== undefined) found = { command, text: text.slice(word.lastIndex).trim() }
    }
    return found
  }
}

function normalise(name: string): string {
  return name.trim().toLowerCase().replace(/\s+/g, ' ')
}

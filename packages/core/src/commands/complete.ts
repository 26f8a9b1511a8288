import { optionKey, type Field } from './grammar.ts'
import { normalName } from './normal.ts'
import { namesOf, type Command } from './table.ts'
import { quote } from './tokens.ts'

/** What can stand at a place of a command line. */
export interface Completion {
  /** The part of the text that a candidate replaces. */
  readonly from: number
  readonly to: number
  /** In the order to offer them. */
  readonly candidates: readonly string[]
}

const NOTHING: readonly string[] = []

/**
 * What can stand where the cursor is: names of commands, then options and the values of choices. `text` is the line without the prefix; only commands
 * handed in are offered: hand in what the asker may see and do.
 */
export function complete(text: string, position: number, commands: readonly Command[]): Completion {
  const before = text.slice(0, position)
  const typed = /\S*$/u.exec(before)?.[0] ?? ''
  const from = position - typed.length
  const words = before
    .slice(0, from)
    .split(/\s+/u)
    .filter((word) => word !== '')
  const command = commandOf(words, commands)
  const names = nextWords(words, typed, commands)
  const fields = command === undefined ? NOTHING : fieldCandidates(command.command, words.slice(command.words), typed)
  return { from, to: position, candidates: [...new Set([...names, ...fields])] }
}

function commandOf(
  words: readonly string[],
  commands: readonly Command[],
): { readonly command: Command; readonly words: number } | undefined {
  for (let count = words.length; count > 0; count--) {
    const typed = normalName(words.slice(0, count).join(' '))
    const command = commands.find((one) => namesOf(one).some((name) => normalName(name) === typed))
    if (command !== undefined) return { command, words: count }
  }
  return undefined
}

/** The next words of the names that begin like this; a name rather than its alias where both do. */
function nextWords(words: readonly string[], typed: string, commands: readonly Command[]): readonly string[] {
  const beginning = words.length === 0 ? '' : `${normalName(words.join(' '))} `
  const sought = beginning + typed.normalize('NFKC').toLowerCase()
  const pick = (names: readonly string[]): readonly string[] =>
    names.filter((name) => normalName(name).startsWith(sought)).map((name) => name.trim().split(/\s+/u)[words.length] ?? '')
  const own = pick(commands.map(({ name }) => name))
  const found = own.length > 0 ? own : pick(commands.flatMap(({ definition }) => definition.aliases ?? []))
  return [...new Set(found)].filter((word) => word !== '').sort()
}

function fieldCandidates({ grammar }: Command, given: readonly string[], typed: string): readonly string[] {
  if (given.includes('--')) return positionalCandidates(grammar.arguments, given, typed)
  const [, name, value] = /^--([\p{L}\p{N}_-]+)=(.*)$/su.exec(typed) ?? []
  if (name !== undefined) return choices(grammar.byName.get(optionKey(name)), value ?? '').map((choice) => `--${name}=${choice}`)
  const previous = given.at(-1)?.startsWith('--') === true ? grammar.byName.get(optionKey((given.at(-1) as string).slice(2))) : undefined
  if (previous !== undefined && !previous.flag) return choices(previous, typed)
  if (typed.startsWith('-')) {
    const used = new Set(given.filter((word) => word.startsWith('--')).map((word) => optionKey(word.slice(2).split('=')[0] as string)))
    return [
      ...grammar.options.filter((field) => field.many || !used.has(optionKey(field.name))).map((field) => `--${field.name}`),
      '--help',
    ].filter((one) => one.startsWith(typed.toLowerCase()))
  }
  return positionalCandidates(
    grammar.arguments,
    given.filter((word) => !word.startsWith('-')),
    typed,
  )
}

function positionalCandidates(fields: readonly Field[], given: readonly string[], typed: string): readonly string[] {
  const last = fields.at(-1)
  return choices(fields[given.length] ?? (last?.many === true ? last : undefined), typed)
}

function choices(field: Field | undefined, typed: string): readonly string[] {
  const all = field?.reader.choices?.map(String) ?? (field?.reader.type === 'boolean' ? ['yes', 'no'] : NOTHING)
  return all.filter((choice) => choice.toLowerCase().startsWith(typed.toLowerCase())).map(quote)
}

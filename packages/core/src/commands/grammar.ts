import { BotError } from '../contract/errors.ts'
import type { CommandDefinition } from '../contract/plugin.ts'
import { readDate, readDuration } from './instant.ts'
import { asValueSchema, readerOf, type Reader, type ValueSchema } from './readers.ts'

/** One argument or option of a command. */
export interface Field {
  /** The key in `args`. */
  readonly key: string
  /** As people write it: `dry-run` for `dryRun`. */
  readonly name: string
  readonly kind: 'argument' | 'option'
  readonly schema: ValueSchema
  /** For a list: of its items. */
  readonly reader: Reader
  readonly required: boolean
  /** May be left out, and is undefined then unless it has a default. */
  readonly optional: boolean
  /** A list: takes several values. */
  readonly many: boolean
  /** An option without a value. */
  readonly flag: boolean
  readonly short?: string
}

/** What a command takes, made ready for reading. */
export interface Grammar {
  readonly arguments: readonly Field[]
  readonly options: readonly Field[]
  readonly fields: readonly Field[]
  /** Options by name, as {@link optionKey} compares names. */
  readonly byName: ReadonlyMap<string, Field>
  readonly byLetter: ReadonlyMap<string, Field>
  /** The command declares nothing: what stands behind its name is text. */
  readonly isText: boolean
}

const KEY = /^[\p{L}_][\p{L}\p{N}_]*$/u
const LETTER = /^\p{L}$/u
const TEXT: Grammar = { arguments: [], options: [], fields: [], byName: new Map(), byLetter: new Map(), isText: true }

/** Makes a declaration ready for reading. Throws `BOT_PLUGIN` where it contradicts itself. */
export function grammarOf(definition: Pick<CommandDefinition, 'args' | 'options'>, command: string, plugin: string): Grammar {
  if (definition.args === undefined && definition.options === undefined) return TEXT
  const fail = (problem: string): never => {
    throw new BotError('BOT_PLUGIN', `The command "${command}" of the plugin "${plugin}" cannot be declared like this: ${problem}`)
  }
  const positional = Object.entries(definition.args ?? {}).map(([key, schema]) => fieldOf(key, schema, 'argument', fail))
  const options = Object.entries(definition.options ?? {}).map(([key, schema]) => fieldOf(key, schema, 'option', fail))
  const byName = new Map<string, Field>()
  const byLetter = new Map<string, Field>()
  for (const field of [...positional, ...options]) {
    const key = optionKey(field.name)
    if (byName.has(key)) fail(`"${field.key}" is declared twice.`)
    if (key === 'help') fail('"help" is what everybody types to get help; call it something else.')
    byName.set(key, field)
    if (field.short === undefined) continue
    if (field.kind === 'argument' || !LETTER.test(field.short))
      fail(`"short" is one letter, and for options only; "${field.key}" says otherwise.`)
    if (byLetter.has(field.short)) fail(`two options have the letter "${field.short}".`)
    byLetter.set(field.short, field)
  }
  for (const field of positional) byName.delete(optionKey(field.name))
  checkOrder(positional, fail)
  return { arguments: positional, options, fields: [...positional, ...options], byName, byLetter, isText: false }
}

/** An option's name as it is compared: `dry-run`, `dryRun` and `DRY_RUN` are the same. */
export function optionKey(name: string): string {
  return name.normalize('NFKC').toLowerCase().replace(/[-_]/g, '')
}

function fieldOf(key: string, given: object, kind: Field['kind'], fail: (problem: string) => never): Field {
  if (!KEY.test(key) || key === '__proto__') fail(`"${key}" is no name for an argument; letters, digits and "_" make one.`)
  const schema = asValueSchema(given)
  const many = schema.type === 'array' && schema.reads === undefined
  const reader = readerOf(many ? asValueSchema(schema.items ?? {}) : schema)
  if (reader === undefined) return fail(`the values of "${key}" cannot be written as words; json() takes any schema.`)
  checkSchema(key, schema, reader, fail)
  if (reader.type === 'line' && (kind === 'option' || many)) fail(`restOfLine() is for the last argument, not for "${key}".`)
  const flag = kind === 'option' && reader.type === 'boolean' && !many
  const isOptional = '~optional' in given || schema.default !== undefined || flag
  return {
    key,
    name: key
      .replace(/(?<=[\p{Ll}\p{N}])(\p{Lu})/gu, '-$1')
      .replace(/_/g, '-')
      .toLowerCase(),
    kind,
    schema,
    reader,
    optional: isOptional,
    required: !isOptional && !(many && (schema.minItems ?? 0) === 0),
    many,
    flag,
    ...(schema.short === undefined ? {} : { short: schema.short }),
  }
}

/** What would otherwise come up only when somebody calls the command. */
function checkSchema(key: string, schema: ValueSchema, { type }: Reader, fail: (problem: string) => never): void {
  const { default: value, pattern, short } = schema
  if (short !== undefined && typeof short !== 'string') fail(`"short" of "${key}" is no letter.`)
  if (pattern !== undefined && !isPattern(pattern)) fail(`the pattern of "${key}" is no regular expression.`)
  if (typeof value !== 'string') return
  const isWrong =
    (type === 'duration' && readDuration(value) === undefined) || (type === 'date' && readDate(value, { now: 0 }) === undefined)
  if (isWrong) fail(`the default of "${key}", ${JSON.stringify(value)}, is no ${type}.`)
}

function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u').source !== ''
  } catch {
    return false
  }
}

function checkOrder(positional: readonly Field[], fail: (problem: string) => never): void {
  for (const [index, field] of positional.entries()) {
    const isLast = index === positional.length - 1
    if (!isLast && (field.many || field.reader.type === 'line'))
      fail(`"${field.key}" takes all that is left, so nothing can stand behind it.`)
    if (field.required && positional.slice(0, index).some((before) => !before.required))
      fail(`"${field.key}" is required and stands behind one that is not.`)
  }
}

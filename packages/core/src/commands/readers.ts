import type { TSchema } from 'typebox'

import { describe, isObject, type JsonSchema } from '../config/json-schema.ts'
import { codeOf } from '../contract/errors.ts'
import { personOf, roomOf, type Identifier } from '../contract/identifier.ts'
import { readDate, readDuration, type Now } from './instant.ts'
import type { Reads } from './values.ts'

/** What reading a value may need to know. */
export interface ReadContext extends Now {
  /** Finds whom or what an address means. Rejects with `BOT_ADDRESS_UNKNOWN` or `BOT_ADDRESS_AMBIGUOUS`. */
  resolve(kind: 'person' | 'room', text: string): Promise<Identifier>
}

/** The value, or what is wrong with the text: a sentence's end that begins with what is allowed. */
export type Reading = { readonly value: unknown } | { readonly problem: string }

export type ValueType =
  'text' | 'line' | 'integer' | 'number' | 'boolean' | 'choice' | 'duration' | 'date' | 'person' | 'room' | 'json' | 'mixed'

/** Reads one value of a schema. */
export interface Reader {
  readonly type: ValueType
  /** Over how many words a value may go without quotes. */
  readonly words: number
  /** What may stand there, in words. */
  readonly allowed: string
  readonly choices?: readonly (string | number | boolean)[]
  read(text: string, context: ReadContext): Reading | Promise<Reading>
}

/** A schema as this room reads it. */
export interface ValueSchema extends JsonSchema {
  readonly reads?: Reads
  readonly short?: string
}

type Check = (value: unknown) => boolean
type Compile = (schema: TSchema) => { Check(value: unknown): boolean }

let compile: Compile | undefined

/** Loads the compiler of schemas, which is needed before the first value is read and would cost every start its time. */
export async function loadCompiler(): Promise<void> {
  compile ??= (await import('../validation.ts')).Compile
}

const WORDS: ReadonlyMap<string, boolean> = new Map(
  (['true', 'yes', 'on', '1'] as const)
    .map((word): [string, boolean] => [word, true])
    .concat((['false', 'no', 'off', '0'] as const).map((word): [string, boolean] => [word, false])),
)
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?$/i
const LONGEST_NUMBER = 100
/** The keywords that say more of a text than that it is one. */
const TEXT_RULES = ['minLength', 'maxLength', 'pattern', 'format'] as const

/** The reader of a schema, or undefined where its values cannot be written as words. */
export function readerOf(schema: ValueSchema): Reader | undefined {
  switch (schema.reads) {
    case 'duration':
      return timeReader('duration', schema, 'a duration such as 90s, 1h30m or 2 days', (text) => readDuration(text))
    case 'date':
      return timeReader('date', schema, 'a date such as 2026-11-23, tomorrow 9:00 or in 2h', readDate)
    case 'person':
    case 'room':
      return addressReader(schema.reads, schema)
    case 'json':
      return jsonReader(schema)
    case 'line':
      return textReader('line', schema)
    case undefined:
      return plainReader(schema)
  }
}

function plainReader(schema: ValueSchema): Reader | undefined {
  const choices = choicesOf(schema)
  if (choices !== undefined) return choiceReader(schema, choices)
  switch (schema.type) {
    case 'string':
      return textReader('text', schema)
    case 'integer':
    case 'number':
      return checked(schema.type, schema, describe(schema, schema), readNumber)
    case 'boolean':
      return checked('boolean', schema, 'yes or no', (text) => WORDS.get(text.toLowerCase()))
    default:
      return schema.anyOf === undefined ? undefined : mixedReader(schema, schema.anyOf)
  }
}

/** A reader of what `convert` understands and the schema allows. */
function checked(
  type: ValueType,
  schema: ValueSchema,
  allowed: string,
  convert: (text: string, context: ReadContext) => unknown,
  { words = 1, check = checkOf(schema) }: { readonly words?: number; readonly check?: Check } = {},
): Reader {
  const said = schema.allowed ?? allowed
  const read = (text: string, context: ReadContext): Reading => {
    const value = convert(text, context)
    return value === undefined || !check(value) ? { problem: said } : { value }
  }
  return { type, words, allowed: said, read }
}

function checkOf(schema: ValueSchema): Check {
  let validator: { Check(value: unknown): boolean } | undefined
  return (value) => {
    validator ??= compile?.(schema)
    return validator?.Check(value) ?? false
  }
}

function textReader(type: 'text' | 'line', schema: ValueSchema): Reader {
  const isFree = TEXT_RULES.every((rule) => schema[rule] === undefined)
  return checked(type, schema, describe(schema, schema), (text) => text, isFree ? { check: () => true } : {})
}

function timeReader(
  type: 'duration' | 'date',
  schema: ValueSchema,
  allowed: string,
  convert: (text: string, now: Now) => number | undefined,
): Reader {
  return checked(type, schema, allowed, (text, context) => convert(text, context), { words: 3 })
}

function readNumber(text: string): number | undefined {
  const plain = text.replace(/^[−–]/, '-')
  return plain.length <= LONGEST_NUMBER && NUMBER.test(plain) ? Number(plain) : undefined
}

function jsonReader(schema: ValueSchema): Reader {
  const { reads: _reads, ...value } = schema
  const check = checkOf(value)
  const allowed = schema.allowed ?? (schema.type === undefined && schema.anyOf === undefined ? 'JSON' : `JSON: ${describe(value, value)}`)
  const parse = (text: string): unknown => {
    // Telephones put typographic quotes where JSON wants straight ones.
    for (const attempt of [text, text.replace(/[“”„]/g, '"')]) {
      try {
        return JSON.parse(attempt) as unknown
      } catch {
        // Not JSON in this spelling.
      }
    }
    return undefined
  }
  const read = (text: string): Reading => {
    const parsed = parse(text)
    return parsed === undefined || !check(parsed) ? { problem: allowed } : { value: parsed }
  }
  return { type: 'json', words: 1, allowed, read }
}

function addressReader(kind: 'person' | 'room', schema: ValueSchema): Reader {
  const allowed =
    schema.allowed ??
    (kind === 'person' ? 'a person as this chat writes people, such as @name' : 'a room as this chat writes rooms, such as #name')
  const read = async (text: string, { resolve }: ReadContext): Promise<Reading> => {
    try {
      const found = await resolve(kind, text)
      const value = kind === 'person' ? personOf(found) : roomOf(found)
      return value === undefined ? { problem: allowed } : { value }
    } catch (error) {
      const code = codeOf(error)
      if (code === 'BOT_ADDRESS_AMBIGUOUS') return { problem: `${allowed}; that one means several` }
      if (code === 'BOT_ADDRESS_UNKNOWN' || code === 'BOT_IDENTIFIER' || code === 'ROOM_NOT_FOUND')
        return { problem: `${allowed}; nobody and nothing answers to that` }
      throw error
    }
  }
  return { type: kind, words: 1, allowed, read }
}

function choicesOf(schema: ValueSchema): readonly (string | number | boolean)[] | undefined {
  const values =
    'const' in schema ? [schema.const] : (schema.enum ?? schema.anyOf?.map((branch) => ('const' in branch ? branch.const : undefined)))
  const isChoice =
    values !== undefined && values.length > 0 && values.every((value) => ['string', 'number', 'boolean'].includes(typeof value))
  return isChoice ? (values as readonly (string | number | boolean)[]) : undefined
}

function choiceReader(schema: ValueSchema, choices: readonly (string | number | boolean)[]): Reader {
  const byName = new Map(choices.map((choice) => [choiceName(String(choice)), choice]))
  const allowed = schema.allowed ?? alternatives(choices.map(String))
  const read = (text: string): Reading => {
    // An exact spelling goes first, for choices that differ in case only.
    const value = choices.find((choice) => String(choice) === text) ?? byName.get(choiceName(text))
    return value === undefined ? { problem: allowed } : { value }
  }
  return { type: 'choice', words: 1, allowed, choices, read }
}

function choiceName(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

/** The first of several types that can read it. */
function mixedReader(schema: ValueSchema, branches: readonly ValueSchema[]): Reader | undefined {
  const readers = branches.map((branch) => readerOf(branch))
  if (!readers.every((reader) => reader !== undefined)) return undefined
  const allowed = schema.allowed ?? alternatives(readers.map((reader) => reader.allowed))
  const read = async (text: string, context: ReadContext): Promise<Reading> => {
    for (const reader of readers) {
      const reading = await reader.read(text, context)
      if ('value' in reading) return reading
    }
    return { problem: allowed }
  }
  return { type: 'mixed', words: 1, allowed, read }
}

/** `a, b or c`. */
export function alternatives(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
}

/** A schema as TypeBox made it, for reading. */
export function asValueSchema(schema: object): ValueSchema {
  return isObject(schema) ? schema : {}
}

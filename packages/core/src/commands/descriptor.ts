import { plainBlocks } from '../content/plain.ts'
import type { CommandDescriptor, CommandOption } from '../contract/backend.ts'
import type { Json } from '../contract/events.ts'
import type { Field } from './grammar.ts'
import type { ValueType } from './readers.ts'
import type { Command } from './table.ts'
import { defaultText, explanation, sentence } from './usage.ts'

/** A command for backends that register native slash commands. What they hand back goes through `parseFields`. */
export function descriptorOf({ name, definition, grammar }: Command): CommandDescriptor {
  const { description } = definition
  if (grammar.isText) return { name, description }
  // Networks want what is required in front.
  const fields = grammar.fields.toSorted((a, b) => Number(b.required) - Number(a.required))
  return { name, description, options: fields.map(optionOf) }
}

function optionOf(field: Field): CommandOption {
  const choices = field.reader.choices?.filter((choice) => typeof choice !== 'boolean')
  return {
    name: field.name,
    description: plainBlocks(explanation(field).blocks),
    type: NATIVE[field.reader.type] ?? 'string',
    required: field.required,
    ...(choices === undefined ? {} : { choices }),
    ...(field.many ? { many: true } : {}),
  }
}

const NATIVE: { readonly [Type in ValueType]?: CommandOption['type'] } = {
  integer: 'integer',
  number: 'number',
  boolean: 'boolean',
  person: 'person',
  room: 'room',
}

/** A command's arguments as JSON Schema, for programs that call it as a tool. What they hand over goes through `parseFields`. */
export function toolSchema({ grammar, definition }: Command): { readonly [key: string]: Json } {
  if (grammar.isText) {
    const text = { type: 'string', description: definition.usage ?? 'What stands behind the command’s name.' }
    return { type: 'object', properties: { text }, additionalProperties: false }
  }
  return {
    type: 'object',
    properties: Object.fromEntries(grammar.fields.map((field) => [field.key, toolValue(field)])),
    required: grammar.fields.filter(({ required }) => required).map(({ key }) => key),
    additionalProperties: false,
  }
}

/** Times, people and rooms are written as people write them. */
const WRITTEN: ReadonlySet<ValueType> = new Set(['duration', 'date', 'person', 'room'])

function toolValue(field: Field): Json {
  const { schema, reader } = field
  if (WRITTEN.has(reader.type)) {
    const item = { type: 'string' }
    const description = `${sentence(schema.description ?? '')} Write ${reader.allowed}.`.trimStart()
    return { ...(field.many ? { type: 'array', items: item } : item), description }
  }
  const { reads: _reads, short: _short, allowed: _allowed, ...plain } = schema
  // A copy without TypeBox's own marks.
  return JSON.parse(JSON.stringify({ ...plain, '~optional': undefined })) as Json
}

/** One field of a form that asks for a command's arguments. */
export interface FormField {
  readonly key: string
  readonly label: string
  readonly description: string
  readonly type: 'text' | 'long-text' | 'choice' | 'switch' | 'person' | 'room'
  readonly required: boolean
  readonly choices?: readonly string[]
  /** What stands there at first. */
  readonly value?: string
}

/** The fields of a form: for the given keys, or for everything a command takes. What is entered goes through `parseFields`. */
export function formOf({ grammar }: Command, keys?: readonly string[]): readonly FormField[] {
  const fields = keys === undefined ? grammar.fields : grammar.fields.filter(({ key }) => keys.includes(key))
  return fields.map((field) => {
    const value = defaultText(field)
    const { choices } = field.reader
    return {
      key: field.key,
      label: field.name.replace(/-/g, ' ').replace(/^./u, (first) => first.toUpperCase()),
      description: plainBlocks(explanation(field).blocks),
      type: FORM[field.reader.type] ?? 'text',
      required: field.required,
      ...(choices === undefined ? {} : { choices: choices.map(String) }),
      ...(value === undefined ? {} : { value }),
    }
  })
}

const FORM: { readonly [Type in ValueType]?: FormField['type'] } = {
  line: 'long-text',
  json: 'long-text',
  choice: 'choice',
  boolean: 'switch',
  person: 'person',
  room: 'room',
}

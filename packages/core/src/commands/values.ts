import type { Static, TSchema, TSchemaOptions, TUnsafe } from 'typebox'
import * as Type from '../type.ts'

import type { Person, Room } from '../contract/identifier.ts'

/*
 * Schemas for values that JSON Schema has no type for. The annotation `reads` says how their text is read; the grammar of times stands in instant.ts.
 * Besides `description` and `default`, every schema may say `short` (the letter of an option) and `allowed` (what may stand there, in words).
 */

/** How the text of a value is read where its schema's type does not tell. */
export type Reads = 'duration' | 'date' | 'person' | 'room' | 'json' | 'line'

export interface ValueOptions extends TSchemaOptions {
  readonly description?: string
  readonly short?: string
  readonly allowed?: string
}

/** A span of time in milliseconds, written `90s`, `1h30m`, `2 days` or `PT5M`. The default may be written like that too. */
export function duration(options: ValueOptions & { readonly minimum?: number; readonly maximum?: number } = {}): TUnsafe<number> {
  return Type.Unsafe<number>({ type: 'integer', minimum: 0, ...options, reads: 'duration' satisfies Reads })
}

/** A point in time in milliseconds since 1970, written `2026-11-23 09:00`, `tomorrow 9:00` or `in 2h`. The default may be written like that too. */
export function date(options: ValueOptions = {}): TUnsafe<number> {
  return Type.Unsafe<number>({ type: 'integer', ...options, reads: 'date' satisfies Reads })
}

/** Somebody, written as the chat service writes people. */
export function person(options: ValueOptions = {}): TUnsafe<Person> {
  return Type.Unsafe<Person>({ type: 'string', ...options, reads: 'person' satisfies Reads })
}

/** A room, written as the chat service writes rooms. */
export function room(options: ValueOptions = {}): TUnsafe<Room> {
  return Type.Unsafe<Room>({ type: 'string', ...options, reads: 'room' satisfies Reads })
}

/** A JSON value of the given schema. */
export function json<Schema extends TSchema>(schema: Schema, options: ValueOptions = {}): TUnsafe<Static<Schema>> {
  return Type.Unsafe<Static<Schema>>({ ...schema, ...options, reads: 'json' satisfies Reads })
}

/** Everything that is left of the message, as typed: for the last argument. Options stand before it. */
export function restOfLine(options: ValueOptions & { readonly minLength?: number; readonly maxLength?: number } = {}): TUnsafe<string> {
  return Type.Unsafe<string>({ type: 'string', ...options, reads: 'line' satisfies Reads })
}

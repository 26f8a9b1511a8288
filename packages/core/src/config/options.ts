import { BotError } from '../contract/errors.ts'
import { below, complaintLines, show, soundsSecret, unknownKey, type Complaint } from './complaint.ts'
import { fill, type Sources } from './fill.ts'
import {
  alternatives,
  deref,
  describe,
  isObject,
  isSecret,
  likelyBranch,
  schemaOfItem,
  schemaOfKey,
  type JsonSchema,
} from './json-schema.ts'

export interface CheckOptions {
  /** Where the options stand, for messages: `backends.web`. */
  readonly path: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Told every secret, so that it can be masked. */
  secret(value: string): void
  /** Relative paths of `{ file }` start here. Default: the current folder. */
  readonly appDir?: string
}

export interface Review {
  readonly value: unknown
  readonly complaints: readonly Complaint[]
}

/** What an extension without a schema takes. */
export const NO_OPTIONS: JsonSchema = { type: 'object', properties: {}, additionalProperties: false }

/**
 * Options as an extension gets them: references followed, left-out ones filled in, checked against the extension's JSON Schema. Resolves to a copy.
 * Rejects with `BOT_OPTIONS`, or with `BOT_SECRET_MISSING` where only secrets are missing; the message has one line for everything that is wrong.
 */
export async function checkOptions(schema: object | undefined, value: unknown, options: CheckOptions): Promise<unknown> {
  const review = await reviewOptions(schema, value, options)
  if (review.complaints.length > 0) throw optionsError(review.complaints)
  return review.value
}

/** The same as {@link checkOptions}, handing the complaints over instead of rejecting. */
export async function reviewOptions(
  schema: object | undefined,
  value: unknown,
  { path, env, secret, appDir = '' }: CheckOptions,
): Promise<Review> {
  // Loaded when first needed: it is the larger part of this package's start-up time.
  const { Check } = await import('../validation.ts')
  const root = (schema ?? NO_OPTIONS) as JsonSchema
  const sources: Sources = { env, appDir, secret }
  const filled = fill(root, value ?? {}, path, sources)
  const checker = new Checker(root, (sub, item) => Check(sub, item))
  const known = new Set(filled.complaints.map((complaint) => complaint.path))
  const complaints = checker.explain(root, filled.value, path, false).filter((complaint) => !known.has(complaint.path))
  return { value: filled.value, complaints: [...filled.complaints, ...complaints] }
}

export function optionsError(complaints: readonly Complaint[]): BotError {
  const code = complaints.every((complaint) => complaint.missingSecret === true) ? 'BOT_SECRET_MISSING' : 'BOT_OPTIONS'
  const what = code === 'BOT_SECRET_MISSING' ? 'The configuration refers to what is not there' : 'Some options are not allowed'
  return new BotError(code, `${what}:\n${complaintLines(complaints)}`)
}

/** Says what is wrong where a value does not match. TypeBox decides whether it does; its own messages would not help the reader. */
class Checker {
  readonly #root: JsonSchema
  readonly #check: (schema: JsonSchema, value: unknown) => boolean

  constructor(root: JsonSchema, check: (schema: JsonSchema, value: unknown) => boolean) {
    this.#root = root
    this.#check = check
  }

  explain(given: JsonSchema, value: unknown, path: string, secret: boolean): Complaint[] {
    const schema = deref(given, this.#root)
    if (this.#check(this.#root.$defs === undefined ? schema : { $defs: this.#root.$defs, ...schema }, value)) return []
    const hidden = secret || isSecret(schema, this.#root) || soundsSecret(path)

    const branches = alternatives(schema)
    const branch = branches === undefined ? undefined : likelyBranch(branches, value, this.#root)
    if (branch !== undefined) return this.explain(branch, value, path, hidden)
    const within = branches === undefined ? this.#within(schema, value, path, hidden) : []
    return within.length > 0 ? within : [{ path, text: `found ${show(value, hidden)}; allowed is ${describe(schema, this.#root)}.` }]
  }

  #within(schema: JsonSchema, value: unknown, path: string, hidden: boolean): Complaint[] {
    if (schema.allOf !== undefined) return schema.allOf.flatMap((part) => this.explain(part, value, path, hidden))
    if (Array.isArray(value))
      return value.flatMap((item, index) => this.explain(schemaOfItem(schema, index), item, below(path, index), hidden))
    return isObject(value) ? this.#withinObject(schema, value, path, hidden) : []
  }

  #withinObject(schema: JsonSchema, value: Readonly<Record<string, unknown>>, path: string, hidden: boolean): Complaint[] {
    const known = Object.keys(schema.properties ?? {})
    const missing = (schema.required ?? []).filter((key) => !Object.hasOwn(value, key)).map((key) => this.#missing(schema, path, key))
    const wrong = Object.entries(value).flatMap(([key, item]) => {
      const sub = schemaOfKey(schema, key)
      return sub === false ? [unknownKey(path, key, known)] : this.explain(sub, item, below(path, key), hidden)
    })
    return [...missing, ...wrong]
  }

  #missing(schema: JsonSchema, path: string, key: string): Complaint {
    const sub = deref(schema.properties?.[key] ?? {}, this.#root)
    const variable = sub.env === undefined ? '' : ` It may also come from the environment variable ${sub.env}.`
    const reference = sub.secret === true && sub.env === undefined ? ' Keep it out of the file: { env: "NAME" } or { file: "path" }.' : ''
    return { path: below(path, key), text: `is missing; needed is ${describe(sub, this.#root)}.${variable}${reference}` }
  }
}

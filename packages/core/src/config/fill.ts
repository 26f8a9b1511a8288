import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { below, FORBIDDEN_KEYS, type Complaint } from './complaint.ts'
import {
  alternatives,
  deref,
  isObject,
  isSecret,
  likelyBranch,
  schemaOfItem,
  schemaOfKey,
  wantsObject,
  type JsonSchema,
} from './json-schema.ts'

/** Where values come from that do not stand in the configuration itself, and where secrets are told of. */
export interface Sources {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Relative paths of `{ file }` start here. */
  readonly appDir: string
  /** Told every secret: what a reference named, and what the schema marks. */
  secret(value: string): void
}

/**
 * A copy of the value with references (`{ env }`, `{ file }`) replaced by what they name, left-out options taken from the environment variable the
 * schema names, and defaults filled in. What is missing is complained about; everything else is left for the check.
 */
export function fill(schema: JsonSchema, value: unknown, path: string, sources: Sources): { value: unknown; complaints: Complaint[] } {
  const filler = new Filler(schema, sources)
  return { value: filler.fill(schema, value, path), complaints: filler.complaints }
}

class Filler {
  readonly complaints: Complaint[] = []
  readonly #root: JsonSchema
  readonly #sources: Sources

  constructor(root: JsonSchema, sources: Sources) {
    this.#root = root
    this.#sources = sources
  }

  fill(given: JsonSchema, value: unknown, path: string): unknown {
    const schema = deref(given, this.#root)
    let current = value
    if (isReference(value) && !wantsObject(schema, this.#root)) current = this.#follow(value, schema, path)
    if (current === undefined) current = this.#leftOut(schema)
    if (current === undefined) return undefined
    if (schema.secret === true || (isSecret(schema, this.#root) && typeof current === 'string')) this.#tell(current)

    const branches = alternatives(schema)
    if (branches !== undefined) {
      const branch = likelyBranch(branches, current, this.#root)
      return branch === undefined ? current : this.fill(branch, current, path)
    }
    if (Array.isArray(current)) return current.map((item, index) => this.fill(schemaOfItem(schema, index), item, below(path, index)))
    if (!isObject(current)) return current
    // Functions and instances of classes, such as a logger, are handed on as they are.
    const prototype: unknown = Object.getPrototypeOf(current)
    if (prototype !== Object.prototype && prototype !== null) return current
    return this.#fillObject(schema.allOf === undefined ? schema : merged(schema.allOf, this.#root), current, path)
  }

  #fillObject(schema: JsonSchema, value: object, path: string): Record<string, unknown> {
    const keys = new Set([...Object.keys(value), ...Object.keys(schema.properties ?? {})])
    const filled: Record<string, unknown> = {}
    for (const key of keys) {
      if (FORBIDDEN_KEYS.has(key)) {
        this.complaints.push({ path: below(path, key), text: 'a key of this name is refused; choose another.' })
        continue
      }
      const item = this.fill(schemaOfKey(schema, key) || {}, (value as Record<string, unknown>)[key], below(path, key))
      if (item !== undefined) filled[key] = item
    }
    return filled
  }

  #leftOut(schema: JsonSchema): unknown {
    const variable = schema.env === undefined ? undefined : this.#sources.env[schema.env]
    if (variable !== undefined && variable !== '') return coerce(variable, schema)
    return schema.default === undefined ? undefined : structuredClone(schema.default)
  }

  #follow(reference: Reference, schema: JsonSchema, path: string): unknown {
    const found = 'env' in reference ? this.#variable(reference.env) : this.#file(reference.file)
    if ('problem' in found) {
      this.complaints.push({ path, text: found.problem, missingSecret: true })
      return undefined
    }
    const value = coerce(found.text, schema)
    if (typeof value === 'string') this.#sources.secret(value)
    return value
  }

  #variable(name: string): Found {
    const text = this.#sources.env[name]
    if (text !== undefined && text !== '') return { text }
    return { problem: `the environment variable ${name} is ${text === '' ? 'empty' : 'not set'}. Set it, or write it into .env.` }
  }

  #file(file: string): Found {
    try {
      const text = readFileSync(resolve(this.#sources.appDir, file), 'utf8').replace(/\r?\n$/, '')
      return text === '' ? { problem: `the file ${file} is empty. Write the secret into it.` } : { text }
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      return {
        problem: `the file ${file} ${code === 'ENOENT' ? 'is not there' : `could not be read (${String(code)})`}. Create it, or name another.`,
      }
    }
  }

  #tell(value: unknown): void {
    if (typeof value === 'string') this.#sources.secret(value)
    else if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) this.#tell(item)
  }
}

/** The keys of all parts of an intersection. */
function merged(parts: readonly JsonSchema[], root: JsonSchema): JsonSchema {
  return { properties: Object.assign({}, ...parts.map((part) => deref(part, root).properties ?? {})) as Record<string, JsonSchema> }
}

type Found = { readonly text: string } | { readonly problem: string }
type Reference = { readonly env: string } | { readonly file: string }

function isReference(value: unknown): value is Reference {
  if (!isObject(value)) return false
  const entries = Object.entries(value)
  const [name, text] = entries[0] ?? []
  return entries.length === 1 && (name === 'env' || name === 'file') && typeof text === 'string' && text !== ''
}

/** Variables and files hold text; a number or a switch is read from it where the schema wants one and the text is one. */
function coerce(text: string, schema: JsonSchema): unknown {
  if ((schema.type === 'integer' || schema.type === 'number') && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text)
  if (schema.type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

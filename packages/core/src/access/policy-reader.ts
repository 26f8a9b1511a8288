import { below, show, unknownKey, type Complaint } from '../config/complaint.ts'
import { parseIdentifier } from '../contract/identifier.ts'
import { parseGlob, type Glob } from './glob.ts'
import { ACCESS_KINDS } from './policy.ts'
import type { Role } from './rules.ts'

export type Fields = Readonly<Record<string, unknown>>

/** Reads values of unknown shape. What is wrong becomes a complaint, and what is right is handed back. */
export class PolicyReader {
  readonly complaints: Complaint[] = []
  readonly #instances: ReadonlySet<string> | undefined

  constructor(instances: ReadonlySet<string> | undefined) {
    this.#instances = instances
  }

  complain(path: string, found: unknown, allowed: string): undefined {
    this.complaints.push({ path, text: `found ${show(found)}; allowed is ${allowed}.` })
    return undefined
  }

  /** What was read, or undefined when something was wrong with it. */
  whole<T>(read: () => T): T | undefined {
    const before = this.complaints.length
    const value = read()
    return this.complaints.length > before ? undefined : value
  }

  object(value: unknown, path: string, known?: readonly string[]): Fields {
    // Without a prototype, so that no key is inherited.
    const fields = Object.create(null) as Record<string, unknown>
    if (value === undefined) return fields
    if (typeof value !== 'object' || value === null || Array.isArray(value)) this.complain(path, value, 'an object')
    else Object.assign(fields, value)
    for (const key of Object.keys(fields)) {
      if (known !== undefined && !known.includes(key)) this.complaints.push(unknownKey(path, key, known))
    }
    return fields
  }

  list(value: unknown, path: string): readonly unknown[] {
    if (Array.isArray(value)) return Array.from(value as readonly unknown[])
    if (value !== undefined) this.complain(path, value, 'a list')
    return []
  }

  flag(value: unknown, path: string): boolean | undefined {
    return value === undefined || typeof value === 'boolean' ? value : this.complain(path, value, 'true or false')
  }

  /** A text is a list of one. */
  texts(value: unknown, path: string): readonly string[] | undefined {
    if (value === undefined) return undefined
    const items: readonly unknown[] = Array.isArray(value) ? Array.from(value as readonly unknown[]) : [value]
    if (items.every((item): item is string => typeof item === 'string' && item !== '')) return items
    return this.complain(path, value, 'a text, or a list of texts')
  }

  people(value: unknown, path: string): readonly string[] | undefined {
    return this.#each(value, path, 'the canonical id of a person, such as slack:@U024BE7LH (the command `whoami` shows it)', (text) => {
      const person = parseIdentifier(text)
      return person.kind === 'person' && this.#knows(person.instance)
    })
  }

  rooms(value: unknown, path: string): readonly Glob[] | undefined {
    const allowed = 'the canonical id of a room, such as slack:C024BE91L, or a pattern over such ids'
    const rooms = this.#each(value, path, allowed, (text) => {
      if (parseGlob(text).literal) return parseIdentifier(text).kind === 'room'
      return text === '*' || text.includes(':')
    })
    return rooms?.map(parseGlob)
  }

  groups(value: unknown, path: string): readonly string[] | undefined {
    return this.#each(value, path, 'a group with its instance in front, such as slack:S0123', (text) => {
      const colon = text.indexOf(':')
      return colon > 0 && colon < text.length - 1 && this.#knows(text.slice(0, colon))
    })
  }

  instances(value: unknown, path: string): readonly string[] | undefined {
    const known =
      this.#instances === undefined
        ? 'the name of a backend instance'
        : `one of: ${[...this.#instances].join(', ') || 'none, there is no backend'}`
    return this.#each(value, path, known, (name) => /^[a-z0-9][a-z0-9_.-]{0,63}$/.test(name) && this.#knows(name))
  }

  kinds(value: unknown, path: string): readonly string[] | undefined {
    return this.#each(value, path, `one of: ${ACCESS_KINDS.join(', ')}`, (kind) => (ACCESS_KINDS as readonly string[]).includes(kind))
  }

  roles(value: unknown, path: string, roles: ReadonlyMap<string, Role>): readonly string[] | undefined {
    const names = [...roles.keys()].join(', ') || 'none, there is no role'
    return this.#each(value, path, `a role that stands under roles: ${names}`, (name) => roles.has(name))
  }

  globs(value: unknown, path: string, adapt = (pattern: string) => pattern): readonly Glob[] | undefined {
    const parse = (pattern: string): Glob => parseGlob(adapt(pattern))
    return this.#each(value, path, 'a pattern in which each "[" has its "]"', (text) => parse(text) !== undefined)?.map(parse)
  }

  /** Patterns over `plugin:command`. */
  commands(value: unknown, path: string): readonly Glob[] | undefined {
    return this.globs(value, path, (pattern) => (pattern.includes(':') ? pattern : `*:${pattern}`).toLowerCase())
  }

  #each(value: unknown, path: string, allowed: string, check: (text: string) => boolean): readonly string[] | undefined {
    return this.texts(value, path)?.filter((item, index) => {
      if (passes(() => check(item))) return true
      this.complain(Array.isArray(value) ? below(path, index) : path, item, allowed)
      return false
    })
  }

  #knows(instance: string): boolean {
    return this.#instances?.has(instance) ?? true
  }
}

function passes(check: () => boolean): boolean {
  try {
    return check()
  } catch {
    // Whatever the reason, the caller says what would have been allowed.
    return false
  }
}

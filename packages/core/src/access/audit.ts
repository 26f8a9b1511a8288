import { createHash, createHmac } from 'node:crypto'

import type { Clock, Random } from '../contract/environment.ts'
import type { Json } from '../contract/events.ts'
import { personOf, type Identifier, type Room } from '../contract/identifier.ts'
import type { Write } from '../contract/store.ts'
import type { SystemActor } from './gate.ts'

/*
 * The audit record: who did what, where, and which rule let them. Entries are only ever added, and each carries the hash of the one before it in its chain; a chain's
 * head, with its count, stands apart. So an edit, a gap, a swap, a fork and a shortened end are found by `verifyAudit`. Whoever can write to the whole store can make
 * it all anew: heads that were noted elsewhere (`anchors`) find that too.
 *
 * The hash is the SHA-256 of the entry without `hash` as canonical JSON (RFC 8785): keys sorted by UTF-16 code units, no white space, UTF-8.
 *
 * People stand in entries as digests under a key of their own, kept apart. Erasing somebody erases the key: the chain still verifies, and nothing in it leads back
 * to them. Therefore `what` and `details` hold no personal data.
 */

export const AUDIT_ENTRIES = 'core/audit'
export const AUDIT_HEADS = 'core/audit-heads'
/** By canonical id: the key under which somebody stands in the entries. */
export const AUDIT_PEOPLE = 'core/audit-people'

/** What stands for "the entry before" in the first of a chain. */
export const AUDIT_START = ''

export interface AuditRecord {
  /** What it is about: `command`, `role.grant`, `approval`… */
  readonly kind: string
  readonly who: Identifier | SystemActor
  /** Whom it was done to, where that is somebody else. */
  readonly about?: Identifier
  /** `plugin:command`, `role:deployer`… */
  readonly what: string
  readonly where?: Room | 'private'
  readonly decision: 'allowed' | 'denied'
  /** Why. */
  readonly code?: string
  /** The rule that decided, by its path: its text may name people. */
  readonly rule?: string
  /** As typed. Only a digest of it is kept. */
  readonly args?: string
  readonly details?: Json
}

/** An entry as it is kept. */
export interface AuditEntry {
  /** Its key in the store, so that none can be put in another's place. */
  readonly id: string
  readonly chain: string
  /** Counts from 1 within the chain. */
  readonly n: number
  readonly at: number
  readonly kind: string
  /** A digest of a person's id, or the name of a part of the bot after `system:`. */
  readonly who: string
  readonly about?: string
  readonly what: string
  readonly where?: string
  readonly decision: 'allowed' | 'denied'
  readonly code?: string
  readonly rule?: string
  readonly args?: string
  readonly details?: Json
  readonly prev: string
  readonly hash: string
}

export interface AuditHead {
  readonly n: number
  readonly hash: string
}

export interface AuditOptions {
  /** The chain this process writes: its own, so that processes do not wait for each other. */
  readonly chain: string
  readonly clock: Clock
  readonly random: Random
}

/** Writes one chain. */
export class AuditLog {
  readonly #options: AuditOptions

  constructor(options: AuditOptions) {
    this.#options = options
  }

  /**
   * The writes that add an entry; put them into the commit of the effect they tell of, all in this order. Its place in the chain is found as the commit is made, so
   * any number may be under way at once. `when` is asked at that moment too: false adds nothing.
   */
  entryWrites(record: AuditRecord, when: () => boolean = () => true): readonly Write[] {
    const { chain, clock, random } = this.#options
    const at = Math.trunc(clock.now())
    const id = entryKey(at, random.uuid())
    const keys = new Map<string, string>()
    const people = [record.who, record.about].filter((party) => party !== undefined && party.kind !== 'system').map((party) => idOf(party))
    let sealed: AuditEntry | undefined

    // Each update is pure but for what it hands to the next one of the same commit.
    const peopleWrites = [...new Set(people)].map((person): Write => {
      const fresh = Buffer.from(random.bytes(16)).toString('hex')
      return {
        op: 'kv.update',
        ns: AUDIT_PEOPLE,
        key: person,
        update: (current) => {
          if (!when()) return current
          const key = keyOf(current) ?? fresh
          keys.set(person, key)
          return { key }
        },
      }
    })
    const headWrite: Write = {
      op: 'kv.update',
      ns: AUDIT_HEADS,
      key: chain,
      update: (current) => {
        sealed = undefined
        if (!when()) return current
        const { n, hash } = headOf(current)
        sealed = seal({ id, chain, n: n + 1, at, ...content(record, keys), prev: hash })
        return { n: sealed.n, hash: sealed.hash }
      },
    }
    const entryWrite: Write = { op: 'kv.update', ns: AUDIT_ENTRIES, key: id, update: (current) => (sealed as Json | undefined) ?? current }
    return [...peopleWrites, headWrite, entryWrite]
  }
}

/** Makes somebody unknown to the audit record for good. The chain stays whole. */
export function forgetInAudit(person: string): readonly Write[] {
  return [{ op: 'kv.delete', ns: AUDIT_PEOPLE, key: person }]
}

/** How somebody stands in the entries. */
export function digestUnder(key: string, text: string): string {
  return createHmac('sha256', key).update(text, 'utf8').digest('hex')
}

/** The key of a record in {@link AUDIT_PEOPLE}. */
export function keyOf(record: Json | undefined): string | undefined {
  return (record as { readonly key?: string } | undefined)?.key
}

export function headOf(record: Json | undefined): AuditHead {
  const { n, hash } = (record ?? {}) as { readonly n?: Json; readonly hash?: Json }
  return typeof n === 'number' && typeof hash === 'string' ? { n, hash } : { n: 0, hash: AUDIT_START }
}

/** The hash of an entry, whatever its `hash` says. */
export function hashOf(entry: { readonly [key: string]: Json | undefined }): string {
  const { hash: _hash, ...rest } = entry
  return createHash('sha256').update(canonicalJson(rest), 'utf8').digest('hex')
}

/** RFC 8785: one text for one value. */
export function canonicalJson(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonicalJson(item)).join(',')}]`
  const fields = Object.entries(value as Readonly<Record<string, Json | undefined>>)
  const present = fields.flatMap(([key, item]): [string, Json][] => (item === undefined ? [] : [[key, item]]))
  // The default order of `sort` is that of UTF-16 code units.
  const byKey = new Map(present)
  return `{${[...byKey.keys()]
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(byKey.get(key) ?? null)}`)
    .join(',')}}`
}

function seal(entry: Omit<AuditEntry, 'hash'>): AuditEntry {
  // Through JSON: what the caller changes later, or JSON cannot say, is in neither the entry nor its hash.
  const plain = JSON.parse(JSON.stringify(entry)) as Omit<AuditEntry, 'hash'>
  return { ...plain, hash: hashOf(plain) }
}

function content(record: AuditRecord, keys: ReadonlyMap<string, string>): Omit<AuditEntry, 'id' | 'chain' | 'n' | 'at' | 'prev' | 'hash'> {
  const { kind, who, about, what, where, decision, code, rule, args, details } = record
  const digest = (party: Identifier): string => digestUnder(keys.get(idOf(party)) ?? '', idOf(party))
  // What was typed may say who typed it, and is easily guessed: it goes under the same key.
  const argsKey = who.kind === 'system' ? '' : (keys.get(idOf(who)) ?? '')
  return {
    kind,
    who: who.kind === 'system' ? `system:${who.name}` : digest(who),
    what,
    decision,
    ...(about === undefined ? {} : { about: digest(about) }),
    ...(where === undefined ? {} : { where: where === 'private' ? where : where.id }),
    ...(code === undefined ? {} : { code }),
    ...(rule === undefined ? {} : { rule }),
    ...(args === undefined ? {} : { args: digestUnder(argsKey, args) }),
    ...(details === undefined ? {} : { details }),
  }
}

/** The person, else what there is of one. */
function idOf(party: Identifier): string {
  return (personOf(party) ?? party).id
}

/** Newest first in the order of keys. */
function entryKey(at: number, unique: string): string {
  return `${String(10 ** 15 - at).padStart(16, '0')}/${unique}`
}

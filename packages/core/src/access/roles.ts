import type { Clock } from '../contract/environment.ts'
import { BotError } from '../contract/errors.ts'
import type { Json } from '../contract/events.ts'
import { parseIdentifier, type Identifier } from '../contract/identifier.ts'
import type { KeyValueEntry, Store } from '../contract/store.ts'
import type { AuditLog } from './audit.ts'
import type { SystemActor } from './gate.ts'
import { ROLE_NAME } from './rules.ts'

const NAMESPACE = 'core/roles'
const GRANTS = 'grant/'
/** Counts the changes, so that another process sees that there was one. */
const REVISION = 'revision'

/** A role somebody was given in chat. */
export interface RoleGrant {
  /** Canonical. */
  readonly person: string
  readonly role: string
  /** Canonical id of the giver, or the name of a part of the bot. */
  readonly by: string
  readonly at: number
  /** For good where there is none. */
  readonly expiresAt?: number
}

export interface RoleGrantsOptions {
  readonly store: Store
  readonly clock: Clock
  readonly audit: AuditLog
}

/** Opens the roles granted in chat, so that they can be looked up at once. */
export async function openRoleGrants(options: RoleGrantsOptions): Promise<RoleGrants> {
  const grants = new RoleGrants(options)
  await grants.fresh()
  return grants
}

/**
 * The roles granted in chat. Reads come from memory; where several processes share the store, call {@link RoleGrants.fresh} before a decision, and what another one
 * changed is seen.
 */
class RoleGrants {
  readonly #options: RoleGrantsOptions
  #byPerson: ReadonlyMap<string, readonly RoleGrant[]> = new Map()
  #revision: Json | undefined
  #isLoaded = false
  #started = 0
  #shown = 0

  constructor(options: RoleGrantsOptions) {
    this.#options = options
  }

  /** Resolves when what {@link RoleGrants.rolesOf} says is what the store holds now. */
  async fresh(): Promise<void> {
    const { store } = this.#options
    if (this.#isLoaded && (!store.can.share || (await store.get(NAMESPACE, REVISION)) === this.#revision)) return
    await this.#load()
  }

  /** The roles of a person, by canonical id, that have not expired. */
  rolesOf(person: string, now: number): readonly string[] {
    return (this.#byPerson.get(person) ?? []).filter((grant) => isLive(grant, now)).map(({ role }) => role)
  }

  /**
   * Gives a role, in place of an earlier grant of the same one. Resolves when it is kept, with its entry in the audit record. Rejects with `BOT_IDENTIFIER` for what
   * is not the canonical id of a person, with `BOT_USAGE` for what is not the name of a role or an end that has passed.
   */
  async grant(grant: {
    readonly person: string
    readonly role: string
    readonly by: Identifier | SystemActor
    readonly expiresAt?: number
  }): Promise<RoleGrant> {
    const { store, clock, audit } = this.#options
    const { person, role, by, expiresAt } = grant
    const about = checkParty(person, role)
    const at = clock.now()
    if (expiresAt !== undefined && expiresAt <= at) {
      throw new BotError('BOT_USAGE', `The role "${role}" cannot be granted until a time that has passed.`)
    }
    const end = expiresAt === undefined ? {} : { expiresAt }
    const kept: RoleGrant = { person, role, by: by.kind === 'system' ? by.name : by.id, at, ...end }
    await store.commit([
      { op: 'kv.put', ns: NAMESPACE, key: keyOf(person, role), value: kept as unknown as Json, ...end },
      { op: 'kv.update', ns: NAMESPACE, key: REVISION, update: increment },
      ...audit.entryWrites({ kind: 'role.grant', who: by, about, what: `role:${role}`, decision: 'allowed', details: end }),
    ])
    await this.#load()
    return kept
  }

  /** Takes a role away. Resolves to whether there was one to take. Rejects as {@link RoleGrants.grant} does. */
  async revoke({
    person,
    role,
    by,
  }: {
    readonly person: string
    readonly role: string
    readonly by: Identifier | SystemActor
  }): Promise<boolean> {
    const { store, audit } = this.#options
    const about = checkParty(person, role)
    let wasThere = false
    const take = (current: Json | undefined): undefined => {
      wasThere = current !== undefined
    }
    await store.commit([
      { op: 'kv.update', ns: NAMESPACE, key: keyOf(person, role), update: take },
      { op: 'kv.update', ns: NAMESPACE, key: REVISION, update: increment },
      ...audit.entryWrites({ kind: 'role.revoke', who: by, about, what: `role:${role}`, decision: 'allowed' }, () => wasThere),
    ])
    await this.#load()
    return wasThere
  }

  /** The grants that have not expired, by person and role. */
  list(now: number, filter: { readonly person?: string; readonly role?: string } = {}): readonly RoleGrant[] {
    const { person, role } = filter
    const grants = person === undefined ? [...this.#byPerson.values()].flat() : (this.#byPerson.get(person) ?? [])
    return grants.filter((grant) => isLive(grant, now) && (role === undefined || grant.role === role))
  }

  async #load(): Promise<void> {
    const { store } = this.#options
    const run = ++this.#started
    // Read first: a change during the reading is then noticed by the next `fresh`.
    const revision = await store.get(NAMESPACE, REVISION)
    const byPerson = new Map<string, RoleGrant[]>()
    let page: readonly KeyValueEntry[]
    let after: string | undefined
    do {
      page = await store.scan(NAMESPACE, { prefix: GRANTS, ...(after === undefined ? {} : { after }) })
      for (const { key, value } of page) {
        const grant = value as unknown as RoleGrant
        byPerson.set(grant.person, [...(byPerson.get(grant.person) ?? []), grant])
        after = key
      }
    } while (page.length > 0)
    // One that started later has newer news.
    if (run < this.#shown) return
    this.#shown = run
    this.#byPerson = byPerson
    this.#revision = revision
    this.#isLoaded = true
  }
}

export type { RoleGrants }

function isLive({ expiresAt }: RoleGrant, now: number): boolean {
  return expiresAt === undefined || now < expiresAt
}

function increment(current: Json | undefined): Json {
  return typeof current === 'number' ? current + 1 : 1
}

function keyOf(person: string, role: string): string {
  return `${GRANTS}${person} ${role}`
}

function checkParty(person: string, role: string): Identifier {
  const parsed = parseIdentifier(person)
  if (parsed.kind !== 'person')
    throw new BotError('BOT_IDENTIFIER', `${person} is not a person; a role is granted to a person, such as slack:@U024BE7LH.`)
  if (!ROLE_NAME.test(role))
    throw new BotError('BOT_USAGE', `${JSON.stringify(role)} is not the name of a role: lower-case letters, digits, "-", "_" and ".".`)
  return parsed
}

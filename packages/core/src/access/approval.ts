import { createHash } from 'node:crypto'

import type { Clock, Random } from '../contract/environment.ts'
import { BotError } from '../contract/errors.ts'
import type { Json } from '../contract/events.ts'
import type { Identifier, Room } from '../contract/identifier.ts'
import type { KeyValueEntry, Store, Write } from '../contract/store.ts'
import { canonicalJson, type AuditLog, type AuditRecord } from './audit.ts'
import { decide, subjectOf, type AccessContext, type AccessScope, type Decision } from './gate.ts'
import type { Policy } from './rules.ts'

/*
 * Two-person approval. A request is bound to who asks, what for, and the arguments to the letter; it is open until somebody else answers or it expires; an approval
 * is good for one run. Everything is in the store, so a restart changes nothing: the same answer or the same run again gets the same result, another one is refused.
 *
 *   open ── approve ──► approved ── use ──► used
 *     └──── deny ─────► denied
 */

const NAMESPACE = 'core/approvals'
/** How long a request can be looked up after its end, so that whoever comes late is told why. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000

export interface Approval {
  /** Short enough to be typed. */
  readonly id: string
  readonly state: 'open' | 'approved' | 'denied' | 'used'
  /** Canonical id of a person. */
  readonly asker: string
  /** `plugin:command` */
  readonly command: string
  /** Who may run the command, as declared: the same may approve it. */
  readonly access: AccessScope
  /** A digest of asker, command and arguments. */
  readonly binding: string
  /** Canonical id of the room where it was asked; none in private. */
  readonly room?: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly answer?: { readonly by: string; readonly at: number; readonly token: string }
  /** The run that it was used for. */
  readonly run?: string
}

/** Why nothing came of an answer or a use. */
export type ApprovalRefusal =
  /** There is no such request, or it is long over. */
  | 'unknown'
  | 'expired'
  /** Somebody has answered before. */
  | 'answered'
  /** Nobody has approved it. */
  | 'not-approved'
  /** It was good for one run, which has been. */
  | 'used'
  /** One cannot approve what one asked for, from whatever account. */
  | 'own'
  /** The network does not vouch for who answers, or it is a program. */
  | 'nobody'
  /** The gate does not let them approve it. */
  | 'forbidden'
  /** The answer came from another room than the request. */
  | 'elsewhere'
  /** Asker, command or arguments are not those that were approved. */
  | 'different'

export type ApprovalOutcome =
  | { readonly ok: true; readonly approval: Approval }
  | { readonly ok: false; readonly why: ApprovalRefusal; readonly approval?: Approval; readonly decision?: Decision }

/** What is to be approved. */
export interface ApprovalSubject {
  readonly asker: Identifier
  /** `plugin:command` */
  readonly command: string
  /** As typed. */
  readonly args: string
}

/** Where and by whom an answer is given. */
export interface ApprovalAnswer {
  readonly by: Identifier
  readonly instance: string
  readonly room?: Room
  readonly private: boolean
  /** The id of the event that brought the answer: handled again after a crash, it gets the same outcome. */
  readonly token: string
}

export interface ApprovalsOptions {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly audit: AuditLog
  /** The policy and context in force at the moment. */
  readonly access: () => { readonly policy: Policy; readonly context: AccessContext }
}

/** Requests for approval, over the store. */
export class Approvals {
  readonly #options: ApprovalsOptions

  constructor(options: ApprovalsOptions) {
    this.#options = options
  }

  /**
   * Asks for approval. Resolves when the request is kept: its `id` goes into the buttons' values and the text. Refused with `nobody` where the network does not vouch
   * for the asker, because nobody could tell asker and approver apart.
   */
  async request(
    subject: ApprovalSubject & {
      readonly access: AccessScope
      readonly instance: string
      readonly room?: Room
      readonly expiresAt: number
    },
  ): Promise<ApprovalOutcome> {
    const { store, clock, random, audit } = this.#options
    const { command, access, room, expiresAt } = subject
    const asker = this.#somebody(subject.asker)
    if (asker === undefined) return { ok: false, why: 'nobody' }
    const createdAt = clock.now()
    if (expiresAt <= createdAt) throw new BotError('BOT_USAGE', `The approval of "${command}" would have expired before it was asked for.`)
    const approval: Approval = {
      id: shortId(random),
      state: 'open',
      asker,
      command,
      access,
      binding: bindingOf(asker, command, subject.args),
      ...(room === undefined ? {} : { room: room.id }),
      createdAt,
      expiresAt,
    }
    const isFree = (current: Json | undefined): Json => {
      // A collision among 2^50: better an error than somebody else's request.
      if (current !== undefined) throw new BotError('STORE_VALUE', `The approval id ${approval.id} is taken. Ask again.`)
      return approval as unknown as Json
    }
    const where = room ?? 'private'
    const record = { kind: 'approval.request', who: subject.asker, what: command, where, args: subject.args, decision: 'allowed' } as const
    await store.commit([
      { op: 'kv.update', ns: NAMESPACE, key: approval.id, update: isFree, expiresAt: expiresAt + KEPT_MS },
      ...audit.entryWrites({ ...record, details: { approval: approval.id } }),
    ])
    return { ok: true, approval }
  }

  /** Approves. Of several answers at once the first one kept wins; the others are refused with `answered`. */
  approve(id: string, answer: ApprovalAnswer): Promise<ApprovalOutcome> {
    return this.#answer(id, answer, 'approved')
  }

  /** Denies. The asker may too, to take the request back. */
  deny(id: string, answer: ApprovalAnswer): Promise<ApprovalOutcome> {
    return this.#answer(id, answer, 'denied')
  }

  /**
   * Uses an approval up for one run. Call it right before the command runs; `run` is the id of the run, and only the same run may use it again, after a crash.
   */
  async use(id: string, subject: ApprovalSubject & { readonly run: string }): Promise<ApprovalOutcome> {
    const { clock } = this.#options
    const { asker, command, args, run } = subject
    const person = this.#somebody(asker)
    const now = clock.now()
    const change = (current: Approval): Approval | ApprovalRefusal => {
      if (person === undefined || current.binding !== bindingOf(person, command, args)) return 'different'
      if (current.state === 'used') return current.run === run ? current : 'used'
      if (current.state !== 'approved') return 'not-approved'
      return now < current.expiresAt ? { ...current, state: 'used', run } : 'expired'
    }
    return this.#change(id, change, (kept) => ({ kind: 'approval.use', who: asker, what: kept.command, args, decision: 'allowed' }))
  }

  async get(id: string): Promise<Approval | undefined> {
    return (await this.#options.store.get(NAMESPACE, id.toUpperCase())) as unknown as Approval | undefined
  }

  /** The requests that wait for an answer, the oldest first. */
  async open(): Promise<readonly Approval[]> {
    const { store, clock } = this.#options
    const found: Approval[] = []
    let page: readonly KeyValueEntry[]
    let after: string | undefined
    do {
      page = await store.scan(NAMESPACE, after === undefined ? {} : { after })
      found.push(...page.map(({ value }) => value as unknown as Approval))
      after = page.at(-1)?.key
    } while (page.length > 0)
    const now = clock.now()
    return found.filter(({ state, expiresAt }) => state === 'open' && now < expiresAt).sort((a, b) => a.createdAt - b.createdAt)
  }

  async #answer(id: string, answer: ApprovalAnswer, state: 'approved' | 'denied'): Promise<ApprovalOutcome> {
    const { clock } = this.#options
    const { by, token, room } = answer
    const known = await this.get(id)
    if (known === undefined) return { ok: false, why: 'unknown' }
    const person = this.#somebody(by)
    if (person === undefined || by.kind === 'room' || by.bot) return { ok: false, why: 'nobody', approval: known }
    if (!answer.private && room?.id !== known.room) return { ok: false, why: 'elsewhere', approval: known }
    const { policy, context } = this.#options.access()
    const isOwn = policy.sameHuman(person, known.asker)
    if (isOwn && state === 'approved') return { ok: false, why: 'own', approval: known }
    const now = clock.now()
    const what = { kind: 'approval', name: known.command, access: known.access } as const
    const place = { instance: answer.instance, private: answer.private, ...(room === undefined ? {} : { room }) }
    const decision = decide({ what, who: by, now, ...place }, policy, context)
    if (!decision.allowed && !isOwn) return { ok: false, why: 'forbidden', approval: known, decision }
    const change = (current: Approval): Approval | ApprovalRefusal => {
      // The same answer again, after a crash, whatever has come of it since.
      if (current.answer?.token === token && (current.state === 'denied') === (state === 'denied')) return current
      if (current.state === 'used') return 'used'
      if (current.state !== 'open') return 'answered'
      return now < current.expiresAt ? { ...current, state, answer: { by: person, at: now, token } } : 'expired'
    }
    const where = answer.private ? 'private' : room
    return this.#change(id, change, (kept) => ({
      kind: 'approval.answer',
      who: by,
      what: kept.command,
      ...(where === undefined ? {} : { where }),
      decision: state === 'approved' ? 'allowed' : 'denied',
      code: decision.code,
      ...(decision.rule === undefined ? {} : { rule: decision.rule.path }),
    }))
  }

  /** Decides at the commit, on what the store holds then, so that of two only one wins. A change that is made is in the audit record. */
  async #change(
    given: string,
    change: (current: Approval) => Approval | ApprovalRefusal,
    recordOf: (known: Approval) => AuditRecord,
  ): Promise<ApprovalOutcome> {
    const { store, audit } = this.#options
    const known = await this.get(given)
    if (known === undefined) return { ok: false, why: 'unknown' }
    let outcome: ApprovalOutcome = { ok: false, why: 'unknown' }
    let isNew = false
    const update = (value: Json | undefined): Json | undefined => {
      const current = value as unknown as Approval | undefined
      const changed = current === undefined ? 'unknown' : change(current)
      isNew = typeof changed !== 'string' && changed !== current
      outcome = typeof changed === 'string' ? refused(changed, current) : { ok: true, approval: changed }
      return typeof changed === 'string' ? value : (changed as unknown as Json)
    }
    const write: Write = { op: 'kv.update', ns: NAMESPACE, key: known.id, update }
    await store.commit([write, ...audit.entryWrites({ ...recordOf(known), details: { approval: known.id } }, () => isNew)])
    return outcome
  }

  /** The canonical id of somebody the network vouches for. */
  #somebody(who: Identifier): string | undefined {
    return subjectOf(who, this.#options.access().policy).id
  }
}

function refused(why: ApprovalRefusal, approval: Approval | undefined): ApprovalOutcome {
  return { ok: false, why, ...(approval === undefined ? {} : { approval }) }
}

function bindingOf(asker: string, command: string, args: string): string {
  return createHash('sha256')
    .update(canonicalJson([asker, command, args]), 'utf8')
    .digest('hex')
}

/** Ten characters that are not mistaken for one another. */
function shortId(random: Random): string {
  return Array.from(random.bytes(10), (byte) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'[byte % 32]).join('')
}

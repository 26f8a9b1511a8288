import type { Clock, Logger } from '../contract/environment.ts'
import { BotError } from '../contract/errors.ts'
import type { Json } from '../contract/events.ts'
import type { NewOutboxRow, OutboxAdded, OutboxRow, Store, Write } from '../contract/store.ts'
import { Backlog } from './backlog.ts'
import { Lanes } from './lanes.ts'
import { asJson, outboxReplay, readProgress, reviveOutgoing, type Outgoing, type SentPart } from './payload.ts'

/** What became of transmitting a row; the row's last state is already in the store. */
export type Transmitted =
  { readonly state: 'done'; readonly sent: readonly SentPart[] } | { readonly state: 'dead' | 'ambiguous'; readonly error: string }

export interface OutboxOptions {
  readonly store: Store
  readonly clock: Clock
  readonly log: Logger
  readonly inMemory: number
  /** Sends one row, however long it takes, and records what became of it. Rejects only when the bot stops: the row waits for the next start. */
  transmit(row: OutboxRow, outgoing: Outgoing, later: LaterEdits): Promise<Transmitted>
}

/** Lets the transmitter pass over an edit that a later one makes pointless. */
export interface LaterEdits {
  isOutdated(outgoing: Outgoing, seq: number): boolean
}

export interface Queued {
  readonly key: string
  readonly seq: number
  /** There had been one under this key already: it stands, and nothing was added. */
  readonly existing: boolean
}

/** The way out: rows are committed, then sent lane by lane. The only way anything leaves the bot. */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #lanes: Lanes
  readonly #backlog: Backlog<OutboxRow>
  readonly #waiters = new Map<string, Waiter[]>()
  readonly #idle: { readonly instance: string; resolve(): void }[] = []
  readonly #pending = new Map<string, number>()
  /** The newest edit of a message that waits, by the message's key. */
  readonly #newestEdit = new Map<string, number>()
  #stopping = false

  constructor(options: OutboxOptions) {
    this.#options = options
    // A lane mostly waits for the network or its pace, so lanes are not bounded here; memory is, by the backlog.
    this.#lanes = new Lanes(Number.POSITIVE_INFINITY)
    this.#backlog = new Backlog({
      inMemory: options.inMemory,
      read: (afterSeq, limit) => options.store.readOutbox({ afterSeq, limit }),
      start: (row, recovered) => this.#start(row, recovered),
      failed: (error) => options.log.error({ err: error }, 'the outbox could not be read on'),
    })
  }

  /** Takes up what an earlier process left. */
  async open(): Promise<void> {
    await this.#backlog.recover()
  }

  /** Commits a row, with other writes, as one. Resolves when it is kept; the stored row wins over a new one under the same key. */
  async add(row: Omit<NewOutboxRow, 'payload'>, outgoing: Outgoing, writes: readonly Write[] = []): Promise<Queued> {
    if (this.#stopping) throw new BotError('BOT_CLOSED', 'The bot has stopped and sends nothing more.')
    const full: NewOutboxRow = { ...row, payload: asJson(outgoing) }
    const results = await this.#options.store.commit([...writes, { op: 'outbox.add', row: full }])
    const added = results[writes.length] as unknown as OutboxAdded
    if (added.existing !== undefined) {
      if (!sameJson(added.existing.payload, full.payload)) {
        const what = 'a handler that ran again said something else than before; what it said first stands'
        this.#options.log.warn({ event: 'reply-differs', key: row.key }, what)
      }
      return { key: row.key, seq: added.seq, existing: true }
    }
    this.#count(row.instance, 1)
    this.#backlog.committed({ ...full, seq: added.seq, state: 'ready', attempts: 0, notBefore: 0, progress: null })
    return { key: row.key, seq: added.seq, existing: false }
  }

  /** Resolves with the network's receipts when the row is sent; rejects when it never will be. */
  async delivered(key: string): Promise<readonly SentPart[]> {
    const waiting = new Promise<readonly SentPart[]>((resolve, reject) => {
      const waiters = this.#waiters.get(key) ?? []
      waiters.push({ resolve, reject })
      this.#waiters.set(key, waiters)
    })
    // It may be finished already; asking after registering leaves no gap.
    const row = await this.#options.store.findOutbox(key)
    if (row === undefined)
      this.#tell(key, (waiter) => waiter.reject(new BotError('DELIVERY_NOT_FOUND', `There is no message under ${key}.`)))
    else if (row.state === 'done') this.#tell(key, (waiter) => waiter.resolve(readProgress(row.progress).sent))
    else if (row.state !== 'ready') {
      const error = failure(row.state, row.error ?? 'no reason is known')
      this.#tell(key, (waiter) => waiter.reject(error))
    }
    return waiting
  }

  /** Sends a row again that was dead or ambiguous. */
  async replay(seq: number): Promise<boolean> {
    const before = await this.#options.store.findOutbox(seq)
    const [found] = before === undefined ? [] : await this.#options.store.commit(outboxReplay(before))
    const row = await this.#options.store.findOutbox(seq)
    if (found !== true || row === undefined) return false
    this.#count(row.instance, 1)
    this.#lanes.add(laneKey(row), () => this.#send(row, false))
    return true
  }

  /** Rows of an instance not yet sent. */
  pending(instance: string): number {
    return this.#pending.get(instance) ?? 0
  }

  /** Resolves when everything queued for an instance has been sent or given up. */
  idle(instance: string): Promise<void> {
    if (this.pending(instance) === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#idle.push({ instance, resolve })
    })
  }

  stop(): void {
    this.#stopping = true
    this.#backlog.stop()
  }

  #start(row: OutboxRow, recovered: boolean): void {
    if (recovered) this.#count(row.instance, 1)
    const outgoing = row.payload as { readonly op?: string; readonly target?: string }
    if (outgoing.op === 'edit' && outgoing.target !== undefined) this.#newestEdit.set(outgoing.target, row.seq)
    this.#lanes.add(laneKey(row), () => this.#send(row, true))
  }

  async #send(row: OutboxRow, inMemory: boolean): Promise<void> {
    if (this.#stopping) return
    let result: Transmitted
    try {
      const later: LaterEdits = {
        isOutdated: (outgoing, seq) => outgoing.op === 'edit' && (this.#newestEdit.get(outgoing.target) ?? seq) > seq,
      }
      result = await this.#options.transmit(row, reviveOutgoing(row.payload), later)
    } catch (error) {
      if (!this.#stopping)
        this.#options.log.error({ err: error, key: row.key }, 'a message could not be finished; it waits for the next start')
      return
    }
    const { op, target } = row.payload as { readonly op?: string; readonly target?: string }
    if (op === 'edit' && target !== undefined && this.#newestEdit.get(target) === row.seq) this.#newestEdit.delete(target)
    if (result.state === 'done') this.#tell(row.key, (waiter) => waiter.resolve(result.sent))
    else this.#tell(row.key, (waiter) => waiter.reject(failure(result.state, result.error)))
    this.#count(row.instance, -1)
    if (inMemory) this.#backlog.finished()
  }

  #tell(key: string, settle: (waiter: Waiter) => void): void {
    const waiters = this.#waiters.get(key)
    if (waiters === undefined) return
    this.#waiters.delete(key)
    waiters.forEach(settle)
  }

  #count(instance: string, by: 1 | -1): void {
    const count = (this.#pending.get(instance) ?? 0) + by
    if (count > 0) {
      this.#pending.set(instance, count)
      return
    }
    this.#pending.delete(instance)
    for (let index = this.#idle.length - 1; index >= 0; index--) {
      const waiting = this.#idle[index]
      if (waiting?.instance !== instance) continue
      this.#idle.splice(index, 1)
      waiting.resolve()
    }
  }
}

interface Waiter {
  resolve(sent: readonly SentPart[]): void
  reject(error: Error): void
}

function laneKey(row: { readonly instance: string; readonly lane: string }): string {
  return `${row.instance} ${row.lane}`
}

function sameJson(a: Json, b: Json): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function failure(state: 'dead' | 'ambiguous', error: string): BotError {
  return state === 'dead'
    ? new BotError('BACKEND_REFUSED', `The message was not sent: ${error}`)
    : new BotError('BACKEND_OUTCOME_UNKNOWN', `Nobody can tell whether the message was sent: ${error}`)
}

import type { Clock, Logger, Random } from '../contract/environment.ts'
import { BotError } from '../contract/errors.ts'
import type { Json } from '../contract/events.ts'
import type { CommitOptions, InboxAdded, InboxRow, NewInboxRow, Store, Write } from '../contract/store.ts'
import { Backlog } from './backlog.ts'
import { Lanes } from './lanes.ts'
import { GIVE_UP_ATTEMPTS, handlerRetryMs, storeFailed } from './retry.ts'

/** What became of handling a row. */
export type Outcome =
  /** Handled: these writes and "done" are committed together. */
  | { readonly do: 'finish'; readonly writes: readonly Write[]; readonly result?: Json }
  /** To be handled again later, until it is a dead letter. */
  | { readonly do: 'retry'; readonly error: string }
  | { readonly do: 'bury'; readonly error: string }

export interface InboxOptions {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly backlog: number
  readonly inMemory: number
  readonly concurrency: number
  /**
   * Handles one row. A rejection means that the handling could not be judged (the store failed under it, say): the row is handled again.
   */
  handle(row: InboxRow): Promise<Outcome>
}

/** A row that was taken in. */
export interface AcceptedRow extends InboxAdded {
  readonly id: string
}

/**
 * The way in: rows are committed, then handled lane by lane. What was accepted is handled at least once; its writes are committed exactly once, together
 * with "done".
 */
export class Inbox {
  readonly #options: InboxOptions
  readonly #lanes: Lanes
  readonly #backlog: Backlog<InboxRow>
  readonly #waiters = new Map<number, Waiter[]>()
  readonly #idle: { readonly source: string | undefined; resolve(): void }[] = []
  /** Unhandled rows by source. */
  readonly #pending = new Map<string, number>()
  #pendingTotal = 0
  #closed = true
  #stopping = false

  constructor(options: InboxOptions) {
    this.#options = options
    this.#lanes = new Lanes(options.concurrency)
    this.#backlog = new Backlog({
      inMemory: options.inMemory,
      read: (afterSeq, limit) => options.store.readInbox({ afterSeq, limit }),
      start: (row, recovered) => this.#start(row, recovered),
      failed: (error) => options.log.error({ err: error }, 'the inbox could not be read on'),
    })
  }

  /** Rows accepted and not yet handled. */
  get pending(): number {
    return this.#pendingTotal
  }

  /** Rows of one source accepted and not yet handled. */
  pendingFrom(source: string): number {
    return this.#pending.get(source) ?? 0
  }

  /** Opens the way in. What is accepted is kept, and waits until {@link handle} is called. */
  async open(): Promise<void> {
    const { ready } = (await this.#options.store.counts()).inbox
    this.#pendingTotal = ready
    this.#closed = false
    if (ready > 0) this.#options.log.info({ waiting: ready }, 'taking up what was accepted before')
  }

  /** Begins to handle what an earlier process left, and what has been accepted since {@link open}. */
  handle(): Promise<void> {
    return this.#backlog.recover()
  }

  /**
   * Commits rows, with other writes, as one. Resolves when they are kept. Rejects with `BOT_CLOSED`, `BOT_BUSY` or a `STORE_` code when none is.
   */
  async accept(rows: readonly NewInboxRow[], writes: readonly Write[] = [], options?: CommitOptions): Promise<readonly AcceptedRow[]> {
    if (this.#closed) throw new BotError('BOT_CLOSED', 'The bot is stopping and takes nothing new.')
    if (this.#pendingTotal + rows.length > this.#options.backlog) {
      const text = `${this.#pendingTotal} events wait to be handled, which is the bound; try again in a moment.`
      throw new BotError('BOT_BUSY', text, { retryAfterMs: 1000 })
    }
    // Counted before the commit: a burst must not pass the bound while it is written.
    this.#count(rows, 1)
    let results: readonly unknown[]
    try {
      results = await this.#options.store.commit([...rows.map((row): Write => ({ op: 'inbox.add', row })), ...writes], options)
    } catch (error) {
      this.#count(rows, -1)
      throw error
    }
    return rows.map((row, index) => {
      const added = results[index] as InboxAdded
      if (added.duplicate) this.#count([row], -1)
      else this.#backlog.committed({ ...row, seq: added.seq, state: 'ready', attempts: 0, notBefore: 0 })
      return { id: row.id, seq: added.seq, duplicate: added.duplicate }
    })
  }

  /** Settles when the row has been handled for good: with its result, or with the error that made it a dead letter or a retry. */
  done(seq: number): Promise<Json | undefined> {
    return new Promise((resolve, reject) => {
      const waiters = this.#waiters.get(seq) ?? []
      waiters.push({ resolve, reject })
      this.#waiters.set(seq, waiters)
    })
  }

  /** Starts a row again that was dead. */
  async replay(seq: number): Promise<boolean> {
    const [found] = await this.#options.store.commit([{ op: 'inbox.replay', seq }])
    if (found !== true) return false
    const row = await this.#options.store.findInbox(seq)
    if (row === undefined) return false
    this.#count([row], 1)
    this.#run(row)
    return true
  }

  /** Resolves when everything accepted from a source (or at all) has been handled. */
  idle(source?: string): Promise<void> {
    if (this.#isIdle(source)) return Promise.resolve()
    return new Promise((resolve) => {
      this.#idle.push({ source, resolve })
    })
  }

  /** Takes nothing new; rows in memory go on, those in the store wait for the next start. */
  close(): void {
    this.#closed = true
  }

  /** Starts no further row. */
  stop(): void {
    this.#closed = true
    this.#stopping = true
    this.#backlog.stop()
  }

  #start(row: InboxRow, recovered: boolean): void {
    const { clock } = this.#options
    if (recovered) this.#pending.set(row.source, (this.#pending.get(row.source) ?? 0) + 1)
    const wait = row.notBefore - clock.now()
    if (wait > 0) clock.after(wait, () => this.#enter(row, recovered), { background: true })
    else this.#enter(row, recovered)
  }

  #enter(row: InboxRow, recovered: boolean): void {
    this.#lanes.add(row.lane, async () => {
      if (this.#stopping) return
      if (recovered && !(await this.#recount(row))) return
      await this.#handle(row)
    })
  }

  /** For rows that come from people asking for it: not part of the backlog's memory. */
  #run(row: InboxRow): void {
    this.#lanes.add(row.lane, () => this.#handle(row, false))
  }

  /**
   * A row that an earlier process left may be what ended that process. So it is marked before it is tried again, and given up after too many ends.
   */
  async #recount(row: InboxRow): Promise<boolean> {
    const error = 'The process ended before the handler did.'
    try {
      if (row.attempts >= GIVE_UP_ATTEMPTS) {
        await this.#bury(row, error, true)
        return false
      }
      await this.#options.store.commit([{ op: 'inbox.retry', seq: row.seq, notBefore: row.notBefore, error }])
      return true
    } catch (failure) {
      this.#options.log.error({ err: failure, delivery: row.id }, 'the store failed; the event waits for the next start')
      return false
    }
  }

  async #handle(row: InboxRow, inMemory = true): Promise<void> {
    const { clock, log, random } = this.#options
    for (let storeFailures = 1; ; storeFailures++) {
      try {
        const outcome = await this.#options.handle(row)
        if (outcome.do === 'finish') {
          await this.#finish(row, outcome.writes, outcome.result)
          this.#settle(row, inMemory, (waiter) => waiter.resolve(outcome.result))
        } else if (outcome.do === 'bury') {
          await this.#bury(row, outcome.error, inMemory)
        } else {
          await this.#later(row, outcome.error, inMemory)
        }
        return
      } catch (error) {
        // The store failed, so nothing of the run was kept; the run is made again once the store takes writes. Stopping leaves that to the next process.
        if (this.#stopping) return
        log.error({ err: error, delivery: row.id }, 'the store failed while an event was handled; it will be handled again')
        await clock.sleep(Math.min(30_000, 500 * 2 ** storeFailures) * (0.5 + random.float() / 2))
      }
    }
  }

  async #finish(row: InboxRow, writes: readonly Write[], result: Json | undefined): Promise<void> {
    const { store, clock, log } = this.#options
    const done: Write = { op: 'inbox.done', seq: row.seq, at: clock.now() }
    try {
      await store.commit([...writes, result === undefined ? done : { ...done, result }])
    } catch (error) {
      if (storeFailed(error)) throw error
      // What the handler wants written is refused, and would be every time: the handler is done, its writes are not.
      log.error({ err: error, delivery: row.id }, 'what a handler wrote was refused and is discarded')
      await store.commit([done])
    }
  }

  async #later(row: InboxRow, error: string, inMemory: boolean): Promise<void> {
    const { store, clock, random, log } = this.#options
    const attempts = row.attempts + 1
    const wait = handlerRetryMs(attempts, clock.now() - row.receivedAt, random)
    if (wait === undefined) {
      await this.#bury(row, error, inMemory)
      return
    }
    const notBefore = clock.now() + wait
    await store.commit([{ op: 'inbox.retry', seq: row.seq, notBefore, error }])
    log.warn({ delivery: row.id, attempts, againInMs: Math.round(wait), error }, 'handling failed and will be tried again')
    this.#tell(row.seq, (waiter) => waiter.reject(new Error(error)))
    // It leaves its lane, so that one poisoned delivery does not hold up the rest for a day.
    clock.after(wait, () => this.#lanes.add(row.lane, () => this.#handle({ ...row, attempts, notBefore }, inMemory)), { background: true })
  }

  async #bury(row: InboxRow, error: string, inMemory: boolean): Promise<void> {
    await this.#options.store.commit([{ op: 'inbox.dead', seq: row.seq, at: this.#options.clock.now(), error }])
    this.#options.log.error(
      { delivery: row.id, attempts: row.attempts + 1, error },
      'a delivery is now a dead letter; see `bot deliveries`',
    )
    this.#settle(row, inMemory, (waiter) => waiter.reject(new Error(error)))
  }

  #settle(row: InboxRow, inMemory: boolean, settle: (waiter: Waiter) => void): void {
    this.#count([row], -1)
    this.#tell(row.seq, settle)
    if (inMemory) this.#backlog.finished()
  }

  #tell(seq: number, settle: (waiter: Waiter) => void): void {
    const waiters = this.#waiters.get(seq)
    if (waiters === undefined) return
    this.#waiters.delete(seq)
    waiters.forEach(settle)
  }

  #count(rows: readonly NewInboxRow[], by: 1 | -1): void {
    this.#pendingTotal += by * rows.length
    for (const { source } of rows) {
      const count = (this.#pending.get(source) ?? 0) + by
      if (count <= 0) this.#pending.delete(source)
      else this.#pending.set(source, count)
    }
    if (by < 0 && this.#idle.length > 0) this.#wakeIdle()
  }

  #isIdle(source: string | undefined): boolean {
    return (source === undefined ? this.#pendingTotal : this.pendingFrom(source)) === 0
  }

  #wakeIdle(): void {
    for (let index = this.#idle.length - 1; index >= 0; index--) {
      const waiting = this.#idle[index]
      if (waiting === undefined || !this.#isIdle(waiting.source)) continue
      this.#idle.splice(index, 1)
      waiting.resolve()
    }
  }
}

interface Waiter {
  resolve(result: Json | undefined): void
  reject(error: Error): void
}

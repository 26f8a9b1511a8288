import type { Json } from '../contract/events.ts'
import type { DeliveryFilter, OutboxState } from '../contract/store.ts'

/** The finished rows that can still be listed; of older ones only the id, the time and the progress are kept. */
const FINISHED_ROWS = 10_000

interface Row {
  readonly seq: number
  readonly state: OutboxState
  readonly finishedAt?: number
  readonly progress?: Json
}

/** What is left of a finished row that is no longer listed. */
export interface Trace {
  readonly seq: number
  readonly state: 'forgotten'
  readonly finishedAt: number
  readonly progress: Json
}

/** The rows of the inbox or the outbox. Rows are replaced and never changed, so a reader may keep one. */
export class MemoryDeliveries<R extends Row> {
  readonly counts: Record<OutboxState, number> = { ready: 0, done: 0, dead: 0, ambiguous: 0 }
  readonly #idOf: (row: R) => string
  /** The source or the instance. */
  readonly #of: (row: R) => string
  readonly #rows = new Map<number, R>()
  /** In the order of `seq`. */
  #ready = new Map<number, R>()
  readonly #forgotten = new Map<number, Trace>()
  /** The number that each id stands for: a change of a row leaves it alone, which is what makes one cheap. */
  readonly #ids = new Map<string, number>()
  /** The numbers of the rows last done: a ring, so that forgetting the oldest costs the same at any size. */
  readonly #done: number[] = []
  #doneNext = 0
  #lastSeq = 0

  constructor(idOf: (row: R) => string, of: (row: R) => string) {
    this.#idOf = idOf
    this.#of = of
  }

  nextSeq(): number {
    return ++this.#lastSeq
  }

  known(id: string): R | Trace | undefined {
    const seq = this.#ids.get(id)
    return seq === undefined ? undefined : (this.#rows.get(seq) ?? this.#forgotten.get(seq))
  }

  find(id: number | string): R | undefined {
    const seq = typeof id === 'number' ? id : this.#ids.get(id)
    return seq === undefined ? undefined : this.#rows.get(seq)
  }

  add(row: R): void {
    this.#ids.set(this.#idOf(row), row.seq)
    this.#rows.set(row.seq, row)
    this.#ready.set(row.seq, row)
    this.counts.ready++
  }

  replace(old: R, row: R): void {
    this.#rows.set(row.seq, row)
    this.counts[old.state]--
    this.counts[row.state]++
    if (row.state === 'ready') {
      const inOrder = old.state === 'ready'
      this.#ready.set(row.seq, row)
      if (!inOrder) this.#ready = new Map([...this.#ready].sort(([a], [b]) => a - b))
    } else {
      this.#ready.delete(row.seq)
      if (row.state === 'done' && old.state !== 'done') this.#forgetOldest(row.seq)
    }
  }

  remove(row: R): void {
    this.#rows.delete(row.seq)
    this.#ready.delete(row.seq)
    this.#ids.delete(this.#idOf(row))
    this.counts[row.state]--
  }

  read(afterSeq: number, limit: number, of?: string): R[] {
    const rows: R[] = []
    for (const row of this.#ready.values()) {
      if (rows.length >= limit) break
      if (row.seq > afterSeq && (of === undefined || this.#of(row) === of)) rows.push(row)
    }
    return rows
  }

  list({ state, of, beforeSeq = Infinity, finishedBefore, limit = 100 }: DeliveryFilter): R[] {
    return [...this.#rows.values()]
      .filter(
        (row) =>
          row.seq < beforeSeq &&
          (state === undefined || row.state === state) &&
          (of === undefined || this.#of(row) === of) &&
          (finishedBefore === undefined || (row.finishedAt ?? Infinity) < finishedBefore),
      )
      .sort((a, b) => b.seq - a.seq)
      .slice(0, limit)
  }

  /** Forgets what was done before that time, for good. Returns how many rows went. */
  prune(finishedBefore: number): number {
    let gone = 0
    for (const [id, seq] of this.#ids) {
      const row = this.#rows.get(seq) ?? this.#forgotten.get(seq)
      if ((row?.state !== 'done' && row?.state !== 'forgotten') || (row.finishedAt ?? Infinity) >= finishedBefore) continue
      this.#ids.delete(id)
      this.#rows.delete(seq)
      this.#forgotten.delete(seq)
      this.counts.done--
      gone++
    }
    return gone
  }

  values(): Iterable<R> {
    return this.#rows.values()
  }

  #forgetOldest(seq: number): void {
    const oldest = this.#done[this.#doneNext]
    this.#done[this.#doneNext] = seq
    this.#doneNext = (this.#doneNext + 1) % FINISHED_ROWS
    const row = oldest === undefined ? undefined : this.#rows.get(oldest)
    if (row?.state !== 'done') return
    this.#rows.delete(row.seq)
    this.#forgotten.set(row.seq, { seq: row.seq, state: 'forgotten', finishedAt: row.finishedAt ?? 0, progress: row.progress ?? null })
  }
}

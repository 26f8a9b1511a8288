/** A row of the inbox or the outbox, as far as its order matters. */
interface Numbered {
  readonly seq: number
}

export interface BacklogOptions<Row extends Numbered> {
  /** How many rows may be in memory. */
  readonly inMemory: number
  /** Ready rows after a number, in order. */
  read(afterSeq: number, limit: number): Promise<readonly Row[]>
  /** Starts working on a row; `Backlog.finished` is called when it no longer takes memory. `recovered`: an earlier process left it. */
  start(row: Row, recovered: boolean): void
  failed(error: unknown): void
}

/**
 * Keeps a queue that lies in the store running from memory. Rows are worked on as they are committed while there is room; once the bound is reached they
 * stay in the store alone, and are read from there, in order, as room comes free. So memory is bounded, and the order is that of the commits.
 */
export class Backlog<Row extends Numbered> {
  readonly #options: BacklogOptions<Row>
  /** Rows in memory. */
  #held = 0
  /** The last row taken into memory: everything up to it is there or finished. */
  #lastTaken = 0
  /** Whether rows lie in the store that are not in memory. So it is at first: an earlier process may have left some. */
  #left = true
  /** How many rows were left in the store when they were committed; tells whether one was while a page was read. */
  #skipped = 0
  /** The first row this process committed: the ones before it were left by an earlier one. */
  #firstOwn = Number.POSITIVE_INFINITY
  #reading = false
  #stopped = false

  constructor(options: BacklogOptions<Row>) {
    this.#options = options
  }

  get held(): number {
    return this.#held
  }

  /** Begins: takes up what an earlier process left, and what was committed until now. Resolves when it is in memory, or memory is full. */
  recover(): Promise<void> {
    return this.#readOn()
  }

  /** A row has been committed. Must be called in the order of the commits. */
  committed(row: Row): void {
    if (row.seq < this.#firstOwn) this.#firstOwn = row.seq
    if (this.#left || this.#held >= this.#options.inMemory) {
      this.#left = true
      this.#skipped++
      return
    }
    this.#take(row)
  }

  /** A row taken into memory needs it no longer. */
  finished(): void {
    this.#held--
    if (this.#left && this.#held <= this.#options.inMemory / 2) void this.#readOn()
  }

  stop(): void {
    this.#stopped = true
  }

  #take(row: Row): void {
    if (row.seq <= this.#lastTaken) return
    this.#lastTaken = row.seq
    this.#held++
    this.#options.start(row, row.seq < this.#firstOwn)
  }

  async #readOn(): Promise<void> {
    if (this.#reading || this.#stopped) return
    this.#reading = true
    try {
      while (this.#left && this.#held < this.#options.inMemory && !this.#stopped) {
        const skipped = this.#skipped
        const limit = Math.max(1, Math.min(1000, this.#options.inMemory - this.#held))
        const rows = await this.#options.read(this.#lastTaken, limit)
        for (const row of rows) this.#take(row)
        // A short page is the end, unless something was left in the store while it was read.
        if (rows.length < limit && this.#skipped === skipped) this.#left = false
      }
    } catch (error) {
      this.#options.failed(error)
    } finally {
      this.#reading = false
    }
  }
}

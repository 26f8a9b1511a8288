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
  /** The last row left in the store while memory was full; 0 when none is. */
  #lastLeft = 0
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

  /** Takes up what an earlier process left. Resolves when the first page is in memory. */
  async recover(): Promise<void> {
    this.#lastLeft = Number.MAX_SAFE_INTEGER
    await this.#readOn()
  }

  /** A row has been committed. Must be called in the order of the commits. */
  committed(row: Row): void {
    if (row.seq < this.#firstOwn) this.#firstOwn = row.seq
    if (this.#lastLeft > 0 || this.#held >= this.#options.inMemory) {
      // While an earlier process's rows are being read, "left" already means "to the end".
      if (this.#lastLeft !== Number.MAX_SAFE_INTEGER) this.#lastLeft = row.seq
      return
    }
    this.#take(row)
  }

  /** A row taken into memory needs it no longer. */
  finished(): void {
    this.#held--
    if (this.#lastLeft > 0 && this.#held <= this.#options.inMemory / 2) void this.#readOn()
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
      while (this.#lastLeft > 0 && this.#held < this.#options.inMemory && !this.#stopped) {
        const left = this.#lastLeft
        const limit = Math.max(1, Math.min(1000, this.#options.inMemory - this.#held))
        const rows = await this.#options.read(this.#lastTaken, limit)
        for (const row of rows) this.#take(row)
        // A short page is the end, unless something was left in the store while it was read.
        if (rows.length < limit && this.#lastLeft === left) this.#lastLeft = 0
      }
    } catch (error) {
      this.#options.failed(error)
    } finally {
      this.#reading = false
    }
  }
}

/**
 * The whole concurrency model, used twice (in and out): tasks of one lane run in order, lanes run in parallel, and no more than `concurrency` tasks run
 * at once. A task never rejects: what can go wrong in it is its own to deal with.
 */
export class Lanes {
  readonly #concurrency: number
  readonly #lanes = new Map<string, Lane>()
  /** Lanes that have something to do and wait for a place. */
  readonly #waiting: Lane[] = []
  #running = 0

  constructor(concurrency: number) {
    this.#concurrency = concurrency
  }

  /** Lanes with something to do. */
  get size(): number {
    return this.#lanes.size
  }

  /** Tasks waiting or running in a lane. */
  depth(key: string): number {
    return this.#lanes.get(key)?.tasks.length ?? 0
  }

  add(key: string, task: () => Promise<void> | void): void {
    const lane = this.#lanes.get(key)
    if (lane !== undefined) {
      lane.tasks.push(task)
      return
    }
    const fresh: Lane = { key, tasks: [task] }
    this.#lanes.set(key, fresh)
    if (this.#running < this.#concurrency) void this.#drain(fresh)
    else this.#waiting.push(fresh)
  }

  async #drain(lane: Lane): Promise<void> {
    this.#running++
    // One task a turn: with more lanes than places, every lane comes round.
    const task = lane.tasks[0] as () => Promise<void> | void
    await task()
    this.#running--
    lane.tasks.shift()
    if (lane.tasks.length === 0) this.#lanes.delete(lane.key)
    else this.#waiting.push(lane)
    const next = this.#waiting.shift()
    if (next !== undefined) void this.#drain(next)
  }
}

interface Lane {
  readonly key: string
  readonly tasks: (() => Promise<void> | void)[]
}

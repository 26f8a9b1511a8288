import type { Clock, Random, Timer } from '../src/contract/environment.ts'
import { sleepOn } from '../src/environment/clock.ts'

/** A clock that moves only when told to. */
export class ManualClock implements Clock {
  #now: number
  readonly #start: number
  #timers: { readonly at: number; readonly order: number; callback(): void }[] = []
  #order = 0

  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#start = start
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now - this.#start
  }

  after(ms: number, callback: () => void): Timer {
    const timer = { at: this.#now + Math.max(0, ms), order: this.#order++, callback }
    this.#timers.push(timer)
    return { cancel: () => void (this.#timers = this.#timers.filter((other) => other !== timer)) }
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, ms, signal)
  }

  /** Moves on, calling what falls due in its order; what each of them sets in motion gets its turn before the next. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    await settle()
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at || a.order - b.order)[0]
      if (next === undefined) break
      this.#timers = this.#timers.filter((other) => other !== next)
      this.#now = Math.max(this.#now, next.at)
      next.callback()
      await settle()
    }
    this.#now = until
  }

  /** Timers that wait. */
  get waiting(): number {
    return this.#timers.length
  }
}

/** Lets everything that is ready run: promises, and the store's group commit. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Repeatable chance (mulberry32). */
export function seededRandom(seed = 1): Random {
  let state = seed
  const float = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => Math.floor(float() * 256))
  const uuid = (): string => {
    const hex = Buffer.from(bytes(16)).toString('hex')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`
  }
  return { float, bytes, uuid }
}

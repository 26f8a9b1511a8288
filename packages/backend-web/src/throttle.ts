import type { Clock } from '@bot/core/backend'

const MAX_KEYS = 10_000

/** A token bucket for each key: `burst` at once, then one every `everyMs`. */
export class Throttle {
  readonly #clock: Clock
  readonly #burst: number
  readonly #everyMs: number
  readonly #buckets = new Map<string, { tokens: number; at: number }>()

  constructor(clock: Clock, burst: number, everyMs: number) {
    this.#clock = clock
    this.#burst = burst
    this.#everyMs = everyMs
  }

  /** Takes one; false where there is none left. */
  take(key: string): boolean {
    const bucket = this.#fill(key)
    if (bucket.tokens < 1) return false
    bucket.tokens -= 1
    return true
  }

  /** Gives back what was taken for something that turned out well. */
  giveBack(key: string): void {
    const bucket = this.#fill(key)
    bucket.tokens = Math.min(this.#burst, bucket.tokens + 1)
  }

  #fill(key: string): { tokens: number; at: number } {
    const now = this.#clock.monotonic()
    const bucket = this.#buckets.get(key) ?? { tokens: this.#burst, at: now }
    bucket.tokens = Math.min(this.#burst, bucket.tokens + (now - bucket.at) / this.#everyMs)
    bucket.at = now
    // Moves the key to the end: the front is what was not asked for longest.
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    const oldest = this.#buckets.keys().next().value
    if (this.#buckets.size > MAX_KEYS && oldest !== undefined) this.#buckets.delete(oldest)
    return bucket
  }
}

import type { Pace } from '../contract/backend.ts'

/** A bucket of permissions to send: `burst` at once, then `perSecond`. Time is handed in, in milliseconds of a clock that never goes back. */
export class TokenBucket {
  readonly #pace: Pace
  #tokens: number
  #at: number
  /** Nothing before this time: the network asked for a pause. */
  #notBefore = 0

  constructor(pace: Pace, now: number) {
    this.#pace = pace
    this.#tokens = pace.burst
    this.#at = now
  }

  /** Takes a permission and says how long to wait before using it. */
  take(now: number): number {
    this.#tokens = Math.min(this.#pace.burst, this.#tokens + ((now - this.#at) / 1000) * this.#pace.perSecond)
    this.#at = now
    this.#tokens -= 1
    const wait = this.#tokens >= 0 ? 0 : (-this.#tokens / this.#pace.perSecond) * 1000
    return Math.max(wait, this.#notBefore - now)
  }

  /** Whether it is as if nothing had ever been taken, so that it can be forgotten. */
  isFull(now: number): boolean {
    return this.#notBefore <= now && this.#tokens + ((now - this.#at) / 1000) * this.#pace.perSecond >= this.#pace.burst
  }

  /** The network asked for a pause: whatever had been saved up is gone. */
  pause(now: number, ms: number): void {
    this.#notBefore = Math.max(this.#notBefore, now + ms)
    this.#tokens = Math.min(this.#tokens, 0)
    this.#at = now
  }
}

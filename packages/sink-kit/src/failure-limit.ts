import { type Clock } from '@bot/core/backend'

/** So many failures in a row are answered before the peer is told to wait. */
const BURST = 10
/** One failure is forgiven in this time. */
const REFILL_MS = 6000
const MAX_PEERS = 10_000

/** Counts failed authentications per peer. It never stands in the way of a request that proves who sent it. */
export class FailureLimit {
  readonly #clock: Clock
  readonly #peers = new Map<string, { count: number; at: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Counts one; returns for how many milliseconds the peer should stay away, 0 while it has tries left. */
  fail(peer: string): number {
    const now = this.#clock.monotonic()
    const known = this.#peers.get(peer)
    const count = known === undefined ? 0 : Math.max(0, known.count - (now - known.at) / REFILL_MS)
    // Set anew, so that the map is in the order of the last failure and the quietest peer is the one forgotten.
    this.#peers.delete(peer)
    this.#peers.set(peer, { count: Math.min(count + 1, BURST + 1), at: now })
    if (this.#peers.size > MAX_PEERS) this.#peers.delete(this.#peers.keys().next().value as string)
    return count + 1 <= BURST ? 0 : Math.ceil((count + 1 - BURST) * REFILL_MS)
  }
}

import type { Clock, Logger } from '../contract/environment.ts'

/** How often something may be done: so many at once, and that many again in `perMs`. */
export interface Rate {
  readonly limit: number
  readonly perMs: number
}

export type RateResult = { readonly ok: true } | { readonly ok: false; readonly retryAfterMs: number }

interface Bucket {
  readonly tokens: number
  readonly at: number
}

/** How many commands and people, or rooms, are remembered; beyond it those that were quiet for longest are forgotten. */
const MOST_KEYS = 10_000

/** Limits how often each person uses each command: a token bucket each, in memory, so a restart forgives. */
export class RateLimiter {
  readonly #clock: Clock
  readonly #buckets: Recent<Bucket>

  constructor({ clock, mostKeys = MOST_KEYS }: { readonly clock: Clock; readonly mostKeys?: number }) {
    this.#clock = clock
    this.#buckets = new Recent(mostKeys)
  }

  /** Takes one use, or says when there will be one. `who`: the canonical id of the person, else of the identifier. */
  take(command: string, who: string, { limit, perMs }: Rate): RateResult {
    const now = this.#clock.monotonic()
    const key = `${command} ${who}`
    const { tokens, at } = this.#buckets.get(key) ?? { tokens: limit, at: now }
    const filled = Math.min(limit, tokens + ((now - at) * limit) / perMs)
    const isEnough = filled >= 1
    this.#buckets.set(key, { tokens: isEnough ? filled - 1 : filled, at: now })
    return isEnough ? { ok: true } : { ok: false, retryAfterMs: Math.ceil(((1 - filled) * perMs) / limit) }
  }

  /** How many are remembered. */
  get size(): number {
    return this.#buckets.size
  }
}

export interface BotLoopOptions {
  readonly clock: Clock
  readonly log: Logger
  /** Default 20. */
  readonly turnsPerMinute?: number
  readonly mostRooms?: number
}

interface Talk {
  /** When the bot answered a program, within the last minute. */
  readonly turns: readonly number[]
  /** When a program last spoke after the budget was spent. */
  readonly mutedAt?: number
}

const MINUTE_MS = 60_000

/** Ends conversations among programs: after so many turns in a minute a room's programs get no answer until they have been silent for a minute. */
export class BotLoopBudget {
  readonly #clock: Clock
  readonly #log: Logger
  readonly #turnsPerMinute: number
  readonly #rooms: Recent<Talk>

  constructor({ clock, log, turnsPerMinute = 20, mostRooms = MOST_KEYS }: BotLoopOptions) {
    this.#clock = clock
    this.#log = log
    this.#turnsPerMinute = turnsPerMinute
    this.#rooms = new Recent(mostRooms)
  }

  /** Whether what a program said in this room, by canonical id, may be answered. Ask once for each message. */
  allows(room: string): boolean {
    const now = this.#clock.monotonic()
    const { turns, mutedAt } = this.#rooms.get(room) ?? { turns: [] }
    if (mutedAt !== undefined && now - mutedAt < MINUTE_MS) {
      this.#rooms.set(room, { turns: [], mutedAt: now })
      return false
    }
    const recent = turns.filter((at) => now - at < MINUTE_MS)
    if (recent.length < this.#turnsPerMinute) {
      this.#rooms.set(room, { turns: [...recent, now] })
      return true
    }
    this.#rooms.set(room, { turns: [], mutedAt: now })
    this.#log.warn(
      { room, turnsPerMinute: this.#turnsPerMinute },
      'programs talk to each other here: they get no answer until they are silent for a minute',
    )
    return false
  }
}

/** A map that forgets what was set longest ago. */
class Recent<V> {
  readonly #most: number
  readonly #values = new Map<string, V>()

  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#values.size
  }

  get(key: string): V | undefined {
    return this.#values.get(key)
  }

  set(key: string, value: V): void {
    this.#values.delete(key)
    this.#values.set(key, value)
    if (this.#values.size <= this.#most) return
    const [oldest] = this.#values.keys()
    if (oldest !== undefined) this.#values.delete(oldest)
  }
}

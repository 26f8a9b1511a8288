import type { Backend } from '../contract/backend.ts'
import type { Clock, Logger, Random } from '../contract/environment.ts'
import { codeOf } from '../contract/errors.ts'
import type { Person } from '../contract/identifier.ts'

export type ConnectionState = 'connecting' | 'connected' | 'waiting' | 'refused' | 'stopped'

export interface ConnectionStatus {
  readonly state: ConnectionState
  /** Who the bot is there, once known. */
  readonly bot?: Person
  /** Why it is not connected. */
  readonly error?: string
  /** Failed attempts since it was last connected. */
  readonly failures: number
  /** When there was last a proof that events can arrive, in milliseconds since 1970. */
  readonly aliveAt?: number
}

const FIRST_PAUSE_MS = 1000
const PAUSE_GROWTH = 1.75
const LONGEST_PAUSE_MS = 60_000
const MOST_JITTER_MS = 3000

/** The seed's `serveForever`: one backend's connection, made again and again, with growing pauses that start over after a success. */
export class Connection {
  readonly #services: { readonly clock: Clock; readonly random: Random; readonly log: Logger }
  readonly #first = Promise.withResolvers<void>()
  #waiters: (() => void)[] = []
  #leaving = false
  #status: ConnectionStatus = { state: 'connecting', failures: 0 }

  constructor(services: { readonly clock: Clock; readonly random: Random; readonly log: Logger }) {
    this.#services = services
    // Whoever starts the bot asks for it; where nobody does, the log has the error.
    this.#first.promise.catch(() => {})
  }

  get status(): ConnectionStatus {
    return this.#status
  }

  get bot(): Person | undefined {
    return this.#status.bot
  }

  /**
   * Settles with the first attempt: resolves when it succeeded or failed in a way that time may mend; rejects when only a person can mend it (a port that is
   * taken, options that cannot work).
   */
  get firstAttempt(): Promise<void> {
    return this.#first.promise
  }

  /** Resolves once connected, at once when it is; rejects with the signal's reason. */
  whenConnected(signal: AbortSignal): Promise<void> {
    if (this.#status.state === 'connected') return Promise.resolve()
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason as Error)
      if (signal.aborted) return onAbort()
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiters.push(() => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      })
    })
  }

  connected(bot: Person): void {
    this.#services.log.info({ bot: bot.id }, 'connected')
    this.#status = { state: 'connected', bot, failures: 0, aliveAt: this.#services.clock.now() }
    const waiters = this.#waiters
    this.#waiters = []
    this.#first.resolve()
    for (const wake of waiters) wake()
  }

  alive(): void {
    this.#status = { ...this.#status, aliveAt: this.#services.clock.now() }
  }

  /** The backend itself is about to end its connection: that end is no failure. */
  leave(): void {
    this.#leaving = true
  }

  /** Resolves when `signal` has ended the connection, or nothing but a person can bring it back. Never rejects. */
  async serveForever(backend: Backend, signal: AbortSignal): Promise<void> {
    const { clock, random, log } = this.#services
    let pause = FIRST_PAUSE_MS
    while (!signal.aborted) {
      try {
        this.#status = { ...this.#status, state: 'connecting' }
        await backend.serveOnce(signal)
        if (this.#leaving) break
        if (!signal.aborted) log.warn('the connection ended')
        this.#left('The connection ended.')
      } catch (error) {
        if (signal.aborted) break
        if (needsPerson(error)) {
          log.error({ err: error }, 'not connecting again until the bot is started anew')
          this.#status = { ...this.#status, state: 'refused', error: messageOf(error) }
          if (codeOf(error) === 'BACKEND_AUTH') this.#first.resolve()
          else this.#first.reject(error)
          return
        }
        log.warn({ err: error, attempts: this.#status.failures + 1 }, 'the connection failed')
        this.#left(messageOf(error))
      }
      if (signal.aborted) break
      if (this.#status.failures === 1) pause = FIRST_PAUSE_MS
      const wait = pause + random.float() * Math.min(MOST_JITTER_MS, pause)
      pause = Math.min(LONGEST_PAUSE_MS, pause * PAUSE_GROWTH)
      log.info({ againInMs: Math.round(wait) }, 'connecting again after a pause')
      await clock.sleep(wait, signal).catch(() => {})
    }
    this.#status = { ...this.#status, state: 'stopped' }
    this.#first.resolve()
  }

  #left(error: string): void {
    this.#status = { ...this.#status, state: 'waiting', error, failures: this.#status.failures + 1 }
    this.#first.resolve()
  }
}

/** Whether trying again is pointless until somebody changes something. */
function needsPerson(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'BACKEND_AUTH' || code === 'BOT_CONFIG' || code === 'BOT_OPTIONS' || (code?.startsWith('LISTENER_') ?? false)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

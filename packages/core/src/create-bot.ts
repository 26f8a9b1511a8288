import type { BotOptions } from './bot-options.ts'
import type { BotStatus } from './bot-status.ts'
import type { Address } from './contract/backend.ts'
import type { Sendable } from './contract/content.ts'
import { BotError } from './contract/errors.ts'
import type { Identifier } from './contract/identifier.ts'
import type { SentMessage } from './contract/plugin.ts'
import type { Deliveries } from './deliveries.ts'

/** A bot. Made by `createBot`; does nothing before `start`. */
export interface Bot {
  readonly name: string
  /**
   * Opens the store, starts plugins, connects, and opens the sinks. Resolves when every backend has tried to connect once and every sink listens. Rejects,
   * with everything closed again, when only a person can mend what is wrong: `BOT_OPTIONS`, `STORE_`, `LISTENER_` and `BOT_EXTENSION_` codes.
   */
  start(): Promise<void>
  /**
   * Takes nothing new, finishes what is under way within `limits.stopMs`, and closes. What is not finished is on disk and is finished after the next start.
   */
  stop(reason?: string): Promise<void>
  /** Resolves when the bot has stopped, whoever asked for it. */
  readonly stopped: Promise<void>
  status(): Promise<BotStatus>
  /** Says something somewhere: a canonical id, an identifier, or an address. Resolves when it is in the outbox. */
  send(to: Identifier | Address | string, content: Sendable): Promise<SentMessage>
  readonly deliveries: Deliveries
}

/** Makes a bot of modules; `bot start` and `loadBot` find the modules that a configuration names. */
export function createBot(options: BotOptions): Bot {
  return new UnstartedBot(options)
}

/**
 * A bot before it starts, and its front afterwards. What a running bot is made of is loaded by `start`, so that a plugin or a tool that only imports this package
 * does not pay for it.
 */
class UnstartedBot implements Bot {
  readonly name: string
  readonly #options: BotOptions
  readonly #stopped = Promise.withResolvers<void>()
  #running: Bot | undefined
  #phase: 'new' | 'started' | 'stopped' = 'new'

  constructor(options: BotOptions) {
    this.#options = options
    this.name = options.name ?? 'bot'
  }

  get stopped(): Promise<void> {
    return this.#stopped.promise
  }

  get deliveries(): Deliveries {
    return this.#now().deliveries
  }

  async start(): Promise<void> {
    if (this.#phase !== 'new') throw new BotError('BOT_CLOSED', 'The bot has been started before; make a new one to start again.')
    this.#phase = 'started'
    try {
      const { runBot } = await import('./bot.ts')
      this.#running = runBot(this.#options)
    } catch (error) {
      this.#stopped.resolve()
      throw error
    }
    void this.#running.stopped.then(() => this.#stopped.resolve())
    if ((this.#phase as string) === 'stopped') return this.#running.stop('stopped before it had started')
    return this.#running.start()
  }

  async stop(reason?: string): Promise<void> {
    const isNew = this.#phase === 'new'
    this.#phase = 'stopped'
    if (isNew) this.#stopped.resolve()
    // While `start` still loads, it finds the phase changed and stops by itself.
    else await (this.#running?.stop(reason) ?? this.#stopped.promise)
  }

  async status(): Promise<BotStatus> {
    return this.#now().status()
  }

  async send(to: Identifier | Address | string, content: Sendable): Promise<SentMessage> {
    return this.#now().send(to, content)
  }

  #now(): Bot {
    if (this.#running === undefined) throw new BotError('BOT_CLOSED', 'The bot has not been started.')
    return this.#running
  }
}

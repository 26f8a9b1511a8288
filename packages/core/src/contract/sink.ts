import type { Sendable } from './content.ts'
import type { Clock, Logger, Random } from './environment.ts'
import type { Json } from './events.ts'
import type { HttpHost } from './http.ts'
import type { Identifier } from './identifier.ts'
import type { KeyValue } from './store.ts'

/** A request that a sink has verified and wants to keep. */
export interface NewSinkDelivery {
  /** The path that was posted to, percent-encoded, as `processRequest` gets it. */
  readonly path: string
  readonly query: string
  /** The headers worth keeping; never secrets or signatures. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** What makes a repeat recognisable: a signed id, an `Idempotency-Key`. Left out, every delivery is new. */
  readonly dedupe?: string
  /** Deliveries of one lane are handled in order; usually the conversation. */
  readonly lane: string
  readonly trace?: string
}

/** A delivery as it is handed to the handler, perhaps again after a crash. */
export interface SinkDelivery extends NewSinkDelivery {
  readonly id: string
  readonly receivedAt: number
  /** 1 for the first run. */
  readonly attempt: number
}

export interface Accepted {
  /** The id under which it is found in `bot deliveries`. */
  readonly id: string
  /** It had been accepted before; `id` is the first one's and it is not handled again. */
  readonly duplicate: boolean
  /**
   * Settles when the handler has: with what it returned, or with its error. Nobody has to await it. For a duplicate whose first has finished, resolves
   * with that result.
   */
  readonly done: Promise<Json | undefined>
}

/** What a sink's handler may do while it handles one delivery. */
export interface SinkContext {
  readonly signal: AbortSignal
  readonly log: Logger
  /** Says something. Resolves when it is in the outbox. On a re-run the n-th call finds what the first run left and sends nothing twice. */
  send(to: Identifier, content: Sendable): Promise<{ readonly key: string }>
}

export interface SinkHost {
  /** The name in the configuration. */
  readonly name: string
  readonly log: Logger
  readonly clock: Clock
  readonly random: Random
  /** The application's folder: relative paths in the options start here. */
  readonly appDir: string
  /** A folder of this sink's own, made when first asked for. */
  dataDir(): Promise<string>
  /** Registers text that must never appear in logs or messages. */
  secret(value: string): void

  /** Resolves when the delivery is committed. Rejects with `BOT_BUSY`, `BOT_CLOSED` or a `STORE_` code: then it is not kept, and must not be acknowledged. */
  accept(delivery: NewSinkDelivery): Promise<Accepted>
  /**
   * What a conversation id in a path stands for: an alias of this sink, a canonical identifier, or a room of the sink's backend. Rejects with
   * `SINK_CONVERSATION_UNKNOWN` or, where this sink may not post there, `SINK_CONVERSATION_FORBIDDEN`.
   */
  conversation(id: string): Promise<Identifier>
  /** The listener of this name from the configuration; rejects with `BOT_CONFIG` where there is none. */
  listener(name: string): Promise<HttpHost>
  readonly state: KeyValue
}

/** A running sink. */
export interface Sink {
  /** Opens the door. Called when the bot can take deliveries; resolves when it listens. */
  start(): Promise<void>
  /** Closes the door; requests under way are answered. */
  stop(): Promise<void>
  /**
   * Handles one accepted delivery. What it returns is kept as the result. A throw is tried again with growing pauses, at most 10 times or 24 hours, then
   * the delivery is a dead letter; `SINK_PAYLOAD` is a dead letter at once.
   */
  handle(delivery: SinkDelivery, context: SinkContext): Promise<Json | undefined>
  /** Where it listens, once started. */
  readonly url?: string
  /** Ready-to-paste lines for the start-up message, such as a curl command. */
  readonly examples?: readonly string[]
}

/** What the core reads from every sink's configuration beside the sink's own options. */
export interface SinkCoreOptions {
  /** The backend instance whose rooms bare names mean. Default: the only one. */
  readonly backend?: string
  /** The conversations this sink may post to: canonical ids, aliases, bare room names, or `*`. Default: the aliases. */
  readonly conversations?: readonly string[]
  /** Short names for canonical ids or rooms. */
  readonly aliases?: Readonly<Record<string, string>>
}

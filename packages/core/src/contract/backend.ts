import type { Content, FileRef } from './content.ts'
import type { Clock, Logger, Random } from './environment.ts'
import type { InboundEvent, IncomingFile, Json, Message, PresenceStatus, Speaker } from './events.ts'
import type { HttpHost } from './http.ts'
import type { Identifier, Person, Room } from './identifier.ts'
import type { MUCRoom, JoinOptions } from './room.ts'
import type { KeyValue } from './store.ts'

/** Where something is said. */
export interface Address {
  readonly to: Identifier
  /** The thread, by the network's id. */
  readonly thread?: string
  /** The message it answers, by the network's id. */
  readonly replyTo?: string
}

export interface ReplyOptions {
  /** Answer the asker alone. */
  readonly private?: boolean
  /** Answer in a thread, starting one where there is none. */
  readonly threaded?: boolean
}

/** One message as handed to a backend: already split to fit, so that it becomes one message of the network. */
export interface OutgoingMessage extends Address {
  /**
   * The same for every attempt at this message and for no other, and on disk before the first: what a network that can deduplicates by. Parts of a
   * split message have keys of their own. At most 200 characters of ASCII.
   */
  readonly key: string
  readonly content: Content
  /** 1 for the first try. Above 1 the earlier ones may have reached the network if `BACKEND_OUTCOME_UNKNOWN` was among them. */
  readonly attempt: number
}

/** What the network says of a message it took. */
export interface Receipt {
  /** The network's id of the message. */
  readonly messageId: string
  /** The thread it landed in or started, where the network has threads. */
  readonly thread?: string
  readonly time?: number
}

/** What a message may be, in the network's own unit. */
export interface MessageLimits {
  /** The most that one message may measure. */
  readonly max: number
  /** The size of a message in the network's unit, after encoding: characters, UTF-16 units, or bytes. Pure. */
  measure(content: Content): number
  /** The most files of one message. Default 10. */
  readonly files?: number
  /** The most bytes of one file. Default: no bound. */
  readonly fileBytes?: number
}

/** A token bucket: `burst` at once, then `perSecond`. */
export interface Pace {
  readonly burst: number
  readonly perSecond: number
}

/** What a message may carry natively; for the rest the core falls back by a written rule (docs/degradation.md). */
export type ContentFeature = 'threads' | 'cards' | 'actions' | 'files' | 'mentions'

/**
 * One connection to one chat service. The core calls `serveOnce` again and again (`serveForever`), hands it one message at a time per room, and is
 * the only place that retries: a backend tries once and says by its error code what happened.
 */
export interface Backend {
  /** What one message may be. The core splits by it. */
  readonly limits: MessageLimits
  readonly features: readonly ContentFeature[]
  /** How fast the network wants to be spoken to; learnt pauses (`BACKEND_RATE_LIMITED`) come on top. */
  readonly pace?: { readonly room?: Pace; readonly overall?: Pace }
  /**
   * For how long the network recognises a repeated `key`, in milliseconds (`Infinity`: for ever). Within it a send whose outcome is unknown is
   * repeated; after it, and with 0, it is looked up by `findSent`, or listed as ambiguous. Default 0.
   */
  readonly idempotentMs?: number
  /** Where people reach it, for backends that serve a page of their own. */
  readonly url?: string | undefined
  /** The class of the rooms it makes; what it overrides of `MUCRoom` is shown as the room abilities. */
  readonly roomClass?: { readonly prototype: MUCRoom }

  /**
   * Connects and serves until the connection ends. Calls `host.connected` once the network has accepted the bot. Resolves on an orderly end after
   * `signal` is aborted; rejects when the connection is lost (then it is called again after a pause) or cannot be had: `BACKEND_AUTH` is not tried again.
   */
  serveOnce(signal: AbortSignal): Promise<void>
  /** Sends once. Rejects with a `BACKEND_` code; "not sent" and "perhaps sent" are different codes. */
  sendMessage(message: OutgoingMessage): Promise<Receipt>
  /**
   * Resolves an address as people write it (`#ops`, `@alice`, the network's own mention) or a canonical form. Rejects with `BOT_ADDRESS_UNKNOWN` or
   * `BOT_ADDRESS_AMBIGUOUS`.
   */
  buildIdentifier(text: string): Promise<Identifier>

  /** Where an answer to a message goes. Default: the room, or the person in private; threads and `replyTo` where the features say so. */
  buildReply?(message: Message, options: ReplyOptions): Address
  /** Puts the network's way of addressing somebody in front of a group answer. Default: a mention and a comma. */
  prefixGroupchatReply?(content: Content, to: Speaker): Content
  /** Whether the bot itself said it. Default: `message.self`, or the bot's own id. Never by name. */
  isFromSelf?(message: Message): boolean
  changePresence?(status: PresenceStatus, text: string): Promise<void>

  /** A handle on a room, joined or not. Rejects with `ROOM_NOT_FOUND` only where the network can tell. */
  queryRoom?(room: string | Room): Promise<MUCRoom>
  joinRoom?(room: string | Room, options?: JoinOptions): Promise<MUCRoom>
  /** The rooms the bot is in. */
  rooms?(): Promise<readonly MUCRoom[]>

  /** Replaces a message. The receipt is the network's for the new text. */
  editMessage?(address: Address, messageId: string, message: OutgoingMessage): Promise<Receipt>
  deleteMessage?(address: Address, messageId: string): Promise<void>
  /** Shows a message to one person only. */
  sendEphemeral?(message: OutgoingMessage, onlyTo: Person): Promise<Receipt>
  /** Shows that the bot is writing, for as long as the network shows it. Best effort. */
  sendTyping?(address: Address): Promise<void>
  addReaction?(address: Address, messageId: string, reaction: string): Promise<void>
  removeReaction?(address: Address, messageId: string, reaction: string): Promise<void>
  /** The bytes of a file somebody sent. Ends with an error once it is larger than `maxBytes`. */
  fetchFile?(file: IncomingFile, options: { readonly signal: AbortSignal; readonly maxBytes: number }): AsyncIterable<Uint8Array>
  /** Messages of a room, newest last. */
  history?(room: Identifier, options: { readonly limit: number; readonly before?: string }): Promise<readonly Message[]>
  /** Registers commands as the network's own slash commands. Called after connecting and when the commands change. */
  registerCommands?(commands: readonly CommandDescriptor[]): Promise<void>
  /** Finds what an attempt with this key left at the network, or undefined when it surely left nothing. Rejects when it cannot tell. */
  findSent?(message: OutgoingMessage): Promise<Receipt | undefined>
}

/** A command as every chat service can show it. */
export interface CommandDescriptor {
  readonly name: string
  readonly description: string
  /** What it takes, the positional arguments first. Absent where it takes plain text, or nothing. */
  readonly options?: readonly CommandOption[]
}

/** One argument of a command. */
export interface CommandOption {
  /** Lower case, words joined with `-`. */
  readonly name: string
  readonly description: string
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'person' | 'room'
  readonly required: boolean
  /** The only values allowed. */
  readonly choices?: readonly (string | number)[]
  /** Several values may be given. */
  readonly many?: boolean
}

/** Which part of the contract a backend can do, for people, for the core's fall-backs, and for the contract suite. */
export interface Abilities {
  readonly features: readonly ContentFeature[]
  /** The optional methods it has. */
  readonly methods: readonly string[]
  /** The room operations it overrides; empty where it has no rooms. */
  readonly rooms: readonly string[]
}

/** What the core hands to a backend. A backend is handed a host; it is not the bot. */
export interface BackendHost {
  /** The instance's permanent id: the front of every identifier this backend makes. */
  readonly instance: string
  readonly log: Logger
  readonly clock: Clock
  readonly random: Random
  /** The application's folder: relative paths in the options start here. */
  readonly appDir: string
  /** A folder of this instance's own for what does not belong in the store; made when first asked for. */
  dataDir(): Promise<string>

  /**
   * Takes events in. Resolves when they and the cursor are committed together: only then acknowledge to the network, in whatever way it has. Rejects
   * when they are not kept (`BOT_BUSY`, `BOT_CLOSED`, a `STORE_` code): do not acknowledge. Waits while the backlog is full, which is the back-pressure.
   * Repeats are recognised by `event.id` and dropped.
   */
  receive(events: readonly InboundEvent[], options?: { readonly cursor?: Json }): Promise<void>
  /** The cursor last committed by `receive`; undefined at first. */
  cursor(): Promise<Json | undefined>

  /** The network has accepted the bot under this identity. Resets the pauses between attempts and turns the health green. */
  connected(bot: Person): void
  /** A proof that events can still arrive: a pong, a heartbeat's answer, an event. */
  alive(): void

  /**
   * Resolves when every event this instance delivered so far has been handled and everything queued for this instance has been sent: what the end of
   * a script waits for. Resolves at once when there is nothing to do.
   */
  idle(): Promise<void>
  /** Asks the bot to stop, as a user who closes the terminal does. `reason` is for the log. Returns at once; `serveOnce`'s signal is aborted later. */
  shutdown(reason: string): void

  /** The bytes of a file that is to be sent. */
  readFile(file: FileRef): Promise<Uint8Array>
  /** The commands there are, for completion and native registration; the asker's rights are applied where one is given. */
  commands(asker?: Identifier): readonly CommandDescriptor[]
  /** The listener of this name from the configuration; rejects with `BOT_CONFIG` where there is none. */
  listener(name: string): Promise<HttpHost>
  /** The backend's private storage. */
  readonly state: KeyValue
}

import type { MarkdownText, Sendable } from './content.ts'
import type { Clock, Logger, Random } from './environment.ts'
import type { ActionEvent, IncomingFile, InboundEvent, InboundKind, Message } from './events.ts'
import type { Identifier, Person } from './identifier.ts'
import type { Address, Receipt, ReplyOptions } from './backend.ts'
import type { OptionsSchema } from './module.ts'
import type { MUCRoom } from './room.ts'
import type { KeyValue } from './store.ts'

/** A message of the bot's own, from the moment it is in the outbox. */
export interface SentMessage {
  /** Stable: a re-run of the handler after a crash gets the same. */
  readonly key: string
  /** Replaces it, on networks that cannot by a follow-up. Resolves when the change is in the outbox. */
  edit(content: Sendable): Promise<void>
  delete(): Promise<void>
  /** Resolves with the network's receipts, one a part, when all of it is sent; rejects when it never will be. */
  delivered(): Promise<readonly Receipt[]>
}

/** What a handler gets. Everything said through it commits at once; everything stored through it commits together with "event done". */
export interface EventContext<E extends InboundEvent = InboundEvent> {
  readonly event: E
  readonly instance: string
  readonly log: Logger
  readonly clock: Clock
  readonly random: Random
  /** Aborted when the handler takes too long, is cancelled, or the bot stops. */
  readonly signal: AbortSignal
  /** The plugin's storage. Reads see this handler's own writes; the writes are kept only if the handler finishes. */
  readonly state: KeyValue
  /** Says something somewhere. Resolves when it is in the outbox. */
  send(to: Identifier | Address, content: Sendable): Promise<SentMessage>
  /** The room operations of this event's backend. Rejects with `ROOM_NOT_FOUND`, or `BACKEND_UNSUPPORTED` where it has no rooms. */
  room(room: string | Identifier): Promise<MUCRoom>
  /** The bytes of a file in the event, at most `maxBytes` (default 25 MiB). */
  fetchFile(file: IncomingFile, options?: { readonly maxBytes?: number }): Promise<Uint8Array>
}

/** What a handler of a message or an action gets: it can answer. */
export interface MessageContext<E extends Message | ActionEvent = Message> extends EventContext<E> {
  /** Who speaks. Compare `personOf(from)?.id`, never a name. */
  readonly from: E['from']
  /** Answers where the message was said. Resolves when the answer is in the outbox. */
  reply(content: Sendable, options?: ReplyOptions): Promise<SentMessage>
  /** Adds a reaction to the message. Networks without reactions get nothing. */
  react(reaction: string): Promise<void>
}

/** What is known about a command's arguments where its declaration is not at hand. */
export type CommandArguments = Readonly<Record<string, unknown>>

export interface CommandContext<Args = CommandArguments> extends MessageContext {
  /** The positional arguments and the options by name, read as the declaration says; empty for a command that declares none. */
  readonly args: Args
  /** What stood behind the command's name, trimmed; inner white space and newlines as they were. */
  readonly text: string
  /** The command's name as declared. */
  readonly command: string
}

/** What a command may return: something to say, several things one after the other, or nothing. */
export type CommandResult = Sendable | undefined | null | void | AsyncIterable<Sendable> | Iterable<Sendable | MarkdownText>

/** Who may call a command where no rule of the configuration says otherwise. */
export type CommandAccess = 'everyone' | 'admin' | { readonly roles: readonly string[] }

/**
 * A command, declared once: text command, native slash command, form, tool and help are made of it. The helper `command` infers the types of `args`
 * from the schemas.
 */
export interface CommandDefinition<Args = CommandArguments> {
  /** One line, shown in help. */
  readonly description: string
  /** Other names, of one or more words. */
  readonly aliases?: readonly string[]
  /** Calls as one would type them, without the prefix; shown in help. */
  readonly examples?: readonly string[]
  /** What stands behind the name, for help: `<service> [version]`. For commands that read `text` themselves; the others' is made of `args` and `options`. */
  readonly usage?: string
  /** Positional arguments, in the order of the keys: a schema each. The last may be a list or `restOfLine()`: it takes what is left. */
  readonly args?: Readonly<Record<string, OptionsSchema>>
  /** `--name value` and `--flag`: a schema each; `short` in a schema is its letter. */
  readonly options?: Readonly<Record<string, OptionsSchema>>
  /** Not listed, completed or suggested. Hidden is not forbidden: that is `access`. */
  readonly hidden?: boolean
  /** Whether `!!` brings it back. Default true. */
  readonly historize?: boolean
  /** It changes something outside the chat: tools have to ask before they call it. */
  readonly sideEffects?: boolean
  /** Default `everyone`. */
  readonly access?: CommandAccess
  /** Default `anywhere`. */
  readonly where?: 'anywhere' | 'private' | 'room'
  /** How often one person may call it. */
  readonly rateLimit?: { readonly count: number; readonly perMs: number }
  /** How long it may take. Default: the bot's limit. */
  readonly timeoutMs?: number
  /** A second person has to agree before it runs. */
  readonly approval?: boolean
  /** Runs beside the conversation's lane, not in it: for commands that cancel or approve what runs there. */
  readonly control?: boolean
  run(context: CommandContext<Args>): CommandResult | Promise<CommandResult>
}

/** A running plugin's hold on the bot outside of any event. */
export interface PluginHost<Config = unknown> {
  readonly name: string
  readonly config: Config
  readonly log: Logger
  readonly clock: Clock
  readonly random: Random
  readonly state: KeyValue
  /** Aborted when the plugin is taken away or the bot stops. */
  readonly signal: AbortSignal
  send(to: Identifier | Address | string, content: Sendable): Promise<SentMessage>
  /** Who the bot is on each instance that has connected. */
  readonly identities: ReadonlyMap<string, Person>
}

/** What `definePlugin` takes. */
export interface PluginDefinition<Config = unknown> {
  /** Lower-case letters, digits and `-`; unique in a bot. */
  readonly name: string
  readonly version?: string
  readonly description?: string
  /** JSON Schema of the configuration; without it the plugin takes none. */
  readonly config?: OptionsSchema
  /** Commands by name; a name may have several words. */
  readonly commands?: Readonly<Record<string, CommandDefinition>>
  /** Listeners by kind of event. A command's message goes to them too. */
  readonly on?: { readonly [K in InboundKind]?: (context: ContextOf<K>) => void | Promise<void> }
  /** Handlers for buttons and selects by the action's name. */
  readonly actions?: Readonly<Record<string, (context: MessageContext<ActionEvent>) => CommandResult | Promise<CommandResult>>>
  start?(host: PluginHost<Config>): void | Promise<void>
  stop?(): void | Promise<void>
}

export type ContextOf<K extends InboundKind> = K extends 'message'
  ? MessageContext
  : K extends 'action'
    ? MessageContext<ActionEvent>
    : EventContext<Extract<InboundEvent, { readonly kind: K }>>

/** What `definePlugin` makes and a plugin package exports. */
export interface Plugin<Config = unknown> extends PluginDefinition<Config> {
  readonly kind: 'plugin'
  readonly contract: number
}

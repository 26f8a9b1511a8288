import type { Address, Backend, ReplyOptions } from '../contract/backend.ts'
import type { Sendable } from '../contract/content.ts'
import type { Clock, Logger, Random } from '../contract/environment.ts'
import { BotError } from '../contract/errors.ts'
import { isGroup, type ActionEvent, type IncomingFile, type InboundEvent, type Message } from '../contract/events.ts'
import { personOf, type Identifier } from '../contract/identifier.ts'
import type { CommandArguments, CommandContext, EventContext, MessageContext, SentMessage } from '../contract/plugin.ts'
import type { MUCRoom } from '../contract/room.ts'
import type { KeyValue, Store, Write } from '../contract/store.ts'
import { bufferedKeyValue } from '../store/namespace.ts'
import { collect } from './bytes.ts'
import type { Voice } from './voice.ts'

/** What every handler's context is made of. */
export interface TurnServices {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly voice: Voice
  readonly fileBytes: number
  /** Where the event came from. */
  readonly instance: string
  readonly backend: Backend
}

/**
 * One plugin's share in handling one event. What it says is numbered, so that a re-run after a crash repeats nothing; what it writes is collected, to be
 * committed together with "done".
 */
export class Turn<E extends InboundEvent = InboundEvent> implements EventContext<E> {
  readonly event: E
  readonly plugin: string
  readonly instance: string
  protected readonly services: TurnServices
  readonly #id: string
  readonly #abort = new AbortController()
  #said = 0
  #state: { readonly kv: KeyValue; readonly writes: readonly Write[] } | undefined

  /** `id`: the inbox row's id, with the plugin's name behind it. */
  constructor(services: TurnServices, plugin: string, rowId: string, event: E) {
    this.services = services
    this.plugin = plugin
    this.instance = services.instance
    this.#id = `${rowId}#${plugin}`
    this.event = event
  }

  get log(): Logger {
    return this.services.log.child({ plugin: this.plugin, event: this.event.id })
  }

  get clock(): Clock {
    return this.services.clock
  }

  get random(): Random {
    return this.services.random
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get state(): KeyValue {
    this.#state ??= bufferedKeyValue(this.services.store, `plugin/${this.plugin}`, this.services.clock)
    return this.#state.kv
  }

  /** What the handler wants to be written. */
  get writes(): readonly Write[] {
    return this.#state?.writes ?? []
  }

  abort(reason: Error): void {
    this.#abort.abort(reason)
  }

  // Handlers take a context apart (`run({ reply, state })`), so what can be called is bound.

  readonly send = (to: Identifier | Address, content: Sendable): Promise<SentMessage> => this.services.voice.say(to, content, this.nextKey)

  readonly room = async (room: string | Identifier): Promise<MUCRoom> => {
    const { backend } = this.services
    if (backend.queryRoom === undefined) throw new BotError('BACKEND_UNSUPPORTED', `"${this.instance}" has no rooms.`)
    if (typeof room === 'string' || room.kind === 'room') return backend.queryRoom(room)
    if (room.kind === 'occupant') return backend.queryRoom(room.room)
    throw new BotError('ROOM_NOT_FOUND', `${room.id} is a person, not a room.`)
  }

  readonly fetchFile = async (file: IncomingFile, options: { readonly maxBytes?: number } = {}): Promise<Uint8Array> => {
    const { maxBytes = this.services.fileBytes } = options
    const { backend } = this.services
    if (backend.fetchFile === undefined) throw new BotError('BACKEND_UNSUPPORTED', `"${this.instance}" cannot fetch files.`)
    return collect(backend.fetchFile(file, { signal: this.signal, maxBytes }), maxBytes, file.name)
  }

  protected readonly nextKey = (): string => `${this.#id}/${this.#said++}`
}

/** A turn over something that can be answered. */
export class MessageTurn<E extends Message | ActionEvent = Message> extends Turn<E> implements MessageContext<E> {
  get from(): E['from'] {
    return this.event.from
  }

  readonly reply = (content: Sendable, options: ReplyOptions = {}): Promise<SentMessage> => {
    const { backend, voice } = this.services
    const address =
      this.event.kind === 'message' && backend.buildReply !== undefined
        ? backend.buildReply(this.event, options)
        : defaultReply(this.event, options)
    return voice.say(address, content, this.nextKey)
  }

  readonly react = (reaction: string): Promise<void> =>
    this.services.voice.react(defaultReply(this.event, {}), this.event.messageId, reaction, this.nextKey)
}

/** A command's turn: the same, and what was typed behind its name. */
export class CommandTurn extends MessageTurn<Message> implements CommandContext {
  readonly command: string
  readonly text: string
  readonly args: CommandArguments

  constructor(
    services: TurnServices,
    plugin: string,
    rowId: string,
    event: Message,
    command: string,
    text: string,
    args: CommandArguments = {},
  ) {
    super(services, plugin, rowId, event)
    this.command = command
    this.text = text
    this.args = args
  }
}

/** Where an answer goes unless the backend knows better: the room, or the person in private; in the thread the message stood in. */
export function defaultReply(message: Message | ActionEvent, { private: alone = false, threaded = false }: ReplyOptions): Address {
  const person = personOf(message.from) ?? message.from
  if (alone || !isGroup(message)) return { to: person, ...(alone || message.thread === undefined ? {} : { thread: message.thread }) }
  if (threaded) return { to: message.to, thread: message.thread ?? message.messageId, replyTo: message.messageId }
  return { to: message.to, ...(message.thread === undefined ? {} : { thread: message.thread }) }
}

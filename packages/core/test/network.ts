import type { Backend, BackendHost, ContentFeature, OutgoingMessage, Receipt } from '../src/contract/backend.ts'
import type { InboundEvent, Message } from '../src/contract/events.ts'
import { makeOccupant, makePerson, makeRoom, type Identifier, type Room } from '../src/contract/identifier.ts'
import { CONTRACT, type BackendModule } from '../src/contract/module.ts'
import { MUCRoom } from '../src/contract/room.ts'
import { plainText } from '../src/content/plain.ts'

class NetworkRoom extends MUCRoom {
  readonly #network: Network

  constructor(identifier: Room, network: Network) {
    super(identifier)
    this.#network = network
  }

  override exists(): Promise<boolean> {
    return Promise.resolve(this.#network.rooms?.includes(this.identifier.room) ?? false)
  }
}

export interface NetworkMessage {
  readonly messageId: string
  readonly to: string
  readonly key: string
  text: string
  readonly message: OutgoingMessage
}

/**
 * A chat network in memory, and the backend for it. The network outlives the bot: what it holds is what people see. `fail` decides what goes wrong with a call.
 */
export class Network {
  readonly messages: NetworkMessage[] = []
  readonly reactions: string[] = []
  /** Calls in progress or done, by what was asked. */
  readonly calls: string[] = []
  features: readonly ContentFeature[] = ['threads', 'cards', 'actions', 'files', 'mentions']
  max = 1000
  idempotentMs = 0
  pace: Backend['pace'] = undefined
  without: readonly (keyof Backend)[] = []
  /** Thrown by the call before the network has done anything. */
  failBefore: ((message: OutgoingMessage) => Error | undefined) | undefined
  /** Thrown by the call after the network has done it: the answer is lost. */
  failAfter: ((message: OutgoingMessage) => Error | undefined) | undefined
  /** What a send waits for. */
  gate: ((message: OutgoingMessage) => Promise<void>) | undefined
  findSent: Backend['findSent']
  connects = 0
  /** The rooms there are; undefined for a network without rooms. */
  rooms: readonly string[] | undefined
  host: BackendHost | undefined
  #drop: ((error: Error) => void) | undefined
  onConnect: (() => void) | undefined
  #next = 1
  #event = 1

  get texts(): string[] {
    return this.messages.map(({ text }) => text)
  }

  module(name = 'fake'): BackendModule<unknown> {
    return {
      kind: 'backend',
      name,
      contract: CONTRACT,
      create: (_options, host) => {
        this.host = host
        return this.#backend(host)
      },
      preview: (content) => ({ type: 'text/plain', body: plainText(content) }),
    }
  }

  /** Ends the connection as a network does that goes away. */
  drop(error: Error): void {
    this.#drop?.(error)
  }

  say(
    body: string,
    { from = 'alice', room = 'lobby', ...rest }: Partial<Omit<Message, 'from'>> & { from?: string; room?: string | undefined } = {},
  ): Promise<void> {
    return this.emit(this.message(body, { from, room, ...rest }))
  }

  message(
    body: string,
    { from = 'alice', room = 'lobby', ...rest }: Partial<Omit<Message, 'from'>> & { from?: string; room?: string | undefined } = {},
  ): Message {
    const instance = (this.host as BackendHost).instance
    const number = this.#event++
    const there = makeRoom(instance, room)
    return {
      kind: 'message',
      id: `e${number}`,
      messageId: `in${number}`,
      from: makeOccupant(there, from, { person: from, nick: from }),
      to: there,
      body,
      ...rest,
    }
  }

  privately(body: string, from = 'alice'): Promise<void> {
    const instance = (this.host as BackendHost).instance
    const person = makePerson(instance, from, { nick: from })
    return this.emit({ ...this.message(body), from: person, to: makePerson(instance, 'bot') })
  }

  emit(...events: InboundEvent[]): Promise<void> {
    return (this.host as BackendHost).receive(events)
  }

  #backend(host: BackendHost): Backend {
    const backend: Backend = {
      limits: { max: this.max, measure: (content) => plainText(content).length },
      features: this.features,
      idempotentMs: this.idempotentMs,
      ...(this.pace === undefined ? {} : { pace: this.pace }),
      ...(this.findSent === undefined ? {} : { findSent: this.findSent }),
      serveOnce: (signal) =>
        new Promise((resolve, reject) => {
          this.connects++
          try {
            this.onConnect?.()
          } catch (error) {
            reject(error)
            return
          }
          this.#drop = reject
          signal.addEventListener('abort', () => resolve(), { once: true })
          host.connected(makePerson(host.instance, 'bot', { nick: 'bot', bot: true }))
        }),
      sendMessage: (message) => this.#send(message),
      buildIdentifier: (text): Promise<Identifier> => Promise.resolve(makeRoom(host.instance, text)),
      editMessage: async (_address, messageId, message) => {
        this.calls.push(`edit ${messageId}`)
        const found = this.messages.find((other) => other.messageId === messageId)
        if (found === undefined) throw new Error(`no message ${messageId}`)
        found.text = plainText(message.content)
        return { messageId }
      },
      deleteMessage: async (_address, messageId) => {
        this.calls.push(`delete ${messageId}`)
        const index = this.messages.findIndex((other) => other.messageId === messageId)
        if (index >= 0) this.messages.splice(index, 1)
      },
      addReaction: async (_address, messageId, reaction) => void this.reactions.push(`${messageId} ${reaction}`),
      ...(this.rooms === undefined
        ? {}
        : { queryRoom: (room) => Promise.resolve(new NetworkRoom(makeRoom(host.instance, String(room)), this)) }),
      sendEphemeral: (message, onlyTo) => this.#send({ ...message, to: onlyTo }),
    }
    for (const method of this.without) delete (backend as unknown as Record<string, unknown>)[method]
    return backend
  }

  async #send(message: OutgoingMessage): Promise<Receipt> {
    this.calls.push(`send ${message.key}`)
    await this.gate?.(message)
    const before = this.failBefore?.(message)
    if (before !== undefined) throw before
    const repeated = this.idempotentMs > 0 ? this.messages.find(({ key }) => key === message.key) : undefined
    const messageId = repeated?.messageId ?? `m${this.#next++}`
    if (repeated === undefined)
      this.messages.push({ messageId, to: message.to.id, key: message.key, text: plainText(message.content), message })
    const after = this.failAfter?.(message)
    if (after !== undefined) throw after
    return { messageId }
  }
}

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

import type { Sendable } from '../contract/content.ts'
import type { Clock, Logger, Random } from '../contract/environment.ts'
import { BotError, codeOf } from '../contract/errors.ts'
import type { Json } from '../contract/events.ts'
import type { HttpHost } from '../contract/http.ts'
import { parseIdentifier, type Identifier } from '../contract/identifier.ts'
import type { SinkModule } from '../contract/module.ts'
import type { Accepted, NewSinkDelivery, Sink, SinkCoreOptions, SinkDelivery, SinkHost } from '../contract/sink.ts'
import type { InboxRow, Store } from '../contract/store.ts'
import type { Inbox, Outcome } from '../delivery/inbox.ts'
import { storeFailed } from '../delivery/retry.ts'
import type { Voice } from '../delivery/voice.ts'
import { keyValue } from '../store/namespace.ts'
import type { Instance } from './instance.ts'

/** How long a room that was found by its name is believed to be there. */
const ROOM_KNOWN_MS = 60_000

export interface SinkServices {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly inbox: Inbox
  readonly voice: Voice
  readonly appDir: string
  readonly dataDir: string
  readonly signal: AbortSignal
  readonly instances: ReadonlyMap<string, Instance>
  listener(name: string): Promise<HttpHost>
  secret(value: string): void
}

/** One configured sink: its host, and the handling of what it accepted. */
export class SinkSlot {
  readonly name: string
  readonly #services: SinkServices
  readonly #core: SinkCoreOptions
  readonly #rooms = new Map<string, { readonly identifier: Identifier; readonly until: number }>()
  #sink: Sink | undefined

  constructor(name: string, core: SinkCoreOptions, services: SinkServices) {
    this.name = name
    this.#core = core
    this.#services = { ...services, log: services.log.child({ sink: name }) }
  }

  get source(): string {
    return `sink:${this.name}`
  }

  get sink(): Sink {
    if (this.#sink === undefined) throw new BotError('BOT_CLOSED', `The sink "${this.name}" has not been created yet.`)
    return this.#sink
  }

  async create(module: SinkModule, options: unknown): Promise<void> {
    const { backend } = this.#core
    if (backend !== undefined && !this.#services.instances.has(backend)) {
      const known = [...this.#services.instances.keys()].join(', ') || 'none'
      throw new BotError('BOT_CONFIG', `sinks.${this.name}.backend: there is no backend "${backend}"; there are: ${known}.`)
    }
    this.#sink = await module.create(options as never, this.#host())
  }

  /** Handles one accepted delivery. */
  async handle(row: InboxRow): Promise<Outcome> {
    const { voice, log, signal } = this.#services
    const payload = row.payload as unknown as Omit<NewSinkDelivery, 'body'>
    const delivery: SinkDelivery = {
      ...payload,
      body: row.raw ?? new Uint8Array(),
      id: row.id,
      receivedAt: row.receivedAt,
      attempt: row.attempts + 1,
    }
    let said = 0
    const nextKey = (): string => `${row.id}#${said++}`
    const send = async (to: Identifier, content: Sendable): Promise<{ readonly key: string }> => voice.say(to, content, nextKey)
    try {
      const result = await this.sink.handle(delivery, { signal, log: log.child({ delivery: row.id }), send })
      return { do: 'finish', writes: [], ...(result === undefined ? {} : { result }) }
    } catch (error) {
      const code = codeOf(error)
      if (storeFailed(error) || code === 'BOT_CLOSED') throw error
      log.error({ err: error, delivery: row.id }, 'a sink failed to handle a delivery')
      const text = error instanceof Error ? error.message : String(error)
      return code === 'SINK_PAYLOAD' ? { do: 'bury', error: text } : { do: 'retry', error: text }
    }
  }

  #host(): SinkHost {
    const { name } = this
    const services = this.#services
    return {
      name,
      log: services.log,
      clock: services.clock,
      random: services.random,
      appDir: services.appDir,
      state: keyValue(services.store, `sink/${name}`, services.clock),
      dataDir: async () => {
        const dir = join(services.dataDir, 'sinks', name)
        await mkdir(dir, { recursive: true, mode: 0o700 })
        return dir
      },
      secret: (value) => services.secret(value),
      accept: (delivery) => this.#accept(delivery),
      conversation: (id) => this.#conversation(id),
      listener: (listener) => services.listener(listener),
    }
  }

  async #accept({ body, dedupe, ...rest }: NewSinkDelivery): Promise<Accepted> {
    const { inbox, random, clock, store } = this.#services
    const id = `${this.source}/${dedupe ?? random.uuid()}`
    const [accepted] = await inbox.accept([
      {
        id,
        source: this.source,
        lane: `${this.source} ${rest.lane}`,
        payload: rest,
        raw: body,
        receivedAt: clock.now(),
        ...(rest.trace === undefined ? {} : { trace: rest.trace }),
      },
    ])
    const { seq, duplicate } = accepted as { readonly seq: number; readonly duplicate: boolean }
    const done = duplicate ? this.#firstResult(store, seq) : inbox.done(seq)
    // Nobody has to await it; a failure is logged where it happens.
    done.catch(() => {})
    return { id, duplicate, done }
  }

  async #firstResult(store: Store, seq: number): Promise<Json | undefined> {
    const first = await store.findInbox(seq)
    if (first === undefined || first.state === 'done') return first?.result
    if (first.state === 'dead') throw new BotError('SINK_PAYLOAD', 'The delivery had been accepted before, and could not be handled.')
    return this.#services.inbox.done(seq)
  }

  async #conversation(id: string): Promise<Identifier> {
    const { conversations, aliases = {} } = this.#core
    const identifier = await this.#resolve(Object.hasOwn(aliases, id) ? (aliases[id] as string) : id)
    const allowed = conversations ?? Object.keys(aliases)
    if (allowed.includes('*')) return identifier
    for (const entry of allowed) {
      if (entry === id || entry === identifier.id) return identifier
      const target = await this.#resolve(Object.hasOwn(aliases, entry) ? (aliases[entry] as string) : entry).catch(() => undefined)
      if (target?.id === identifier.id) return identifier
    }
    throw new BotError(
      'SINK_CONVERSATION_FORBIDDEN',
      `The sink "${this.name}" may not post to ${identifier.id}; allow it in sinks.${this.name}.conversations.`,
    )
  }

  /** A canonical identifier, or the name of a room of the sink's backend. */
  async #resolve(text: string): Promise<Identifier> {
    const instance = text.slice(0, Math.max(0, text.indexOf(':')))
    if (this.#services.instances.has(instance)) {
      try {
        return parseIdentifier(text)
      } catch {
        // Not canonical: perhaps a room whose name has a colon in it.
      }
    }
    const known = this.#rooms.get(text)
    if (known !== undefined && known.until > this.#services.clock.now()) return known.identifier
    const identifier = await this.#findRoom(text)
    this.#rooms.set(text, { identifier, until: this.#services.clock.now() + ROOM_KNOWN_MS })
    return identifier
  }

  async #findRoom(name: string): Promise<Identifier> {
    const unknown = new BotError(
      'SINK_CONVERSATION_UNKNOWN',
      `The sink "${this.name}" knows no conversation ${JSON.stringify(name.slice(0, 200))}.`,
    )
    const instance = this.#defaultInstance()
    const backend = instance?.backend
    if (instance === undefined || backend?.queryRoom === undefined) throw unknown
    if (instance.connection.status.state !== 'connected') {
      throw new BotError('BACKEND_NOT_CONNECTED', `Whether "${instance.name}" has such a room is not known while it is not connected.`)
    }
    try {
      const room = await backend.queryRoom(name)
      if (await room.exists()) return room.identifier
    } catch (error) {
      if (!['ROOM_NOT_FOUND', 'BOT_IDENTIFIER', 'BOT_ADDRESS_UNKNOWN'].includes(codeOf(error) ?? '')) throw error
    }
    throw unknown
  }

  #defaultInstance(): Instance | undefined {
    const { instances } = this.#services
    if (this.#core.backend !== undefined) return instances.get(this.#core.backend)
    return instances.size === 1 ? instances.values().next().value : undefined
  }
}

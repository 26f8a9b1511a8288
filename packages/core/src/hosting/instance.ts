import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

import type { Backend, BackendHost, CommandDescriptor } from '../contract/backend.ts'
import type { Clock, Logger, Random } from '../contract/environment.ts'
import { BotError, codeOf } from '../contract/errors.ts'
import { TRANSIENT_KINDS, type InboundEvent, type Json } from '../contract/events.ts'
import type { HttpHost } from '../contract/http.ts'
import type { BackendModule } from '../contract/module.ts'
import type { Lease, NewInboxRow, Store, Write } from '../contract/store.ts'
import { Connection } from '../delivery/connection.ts'
import type { Inbox } from '../delivery/inbox.ts'
import type { Outbox } from '../delivery/outbox.ts'
import { asJson, laneOf } from '../delivery/payload.ts'
import { Transmitter } from '../delivery/transmitter.ts'
import { keyValue } from '../store/namespace.ts'

const LEASE_MS = 30_000
/** While the backlog is full, a backend's events knock again this often. */
const KNOCK_MS = 100
/** Ids come from outside; a longer one is a fault of the backend. */
const LONGEST_ID = 500
const CURSORS = 'core/cursors'

export interface InstanceServices {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly inbox: Inbox
  readonly outbox: Outbox
  readonly appDir: string
  readonly dataDir: string
  readonly signal: AbortSignal
  commands(): readonly CommandDescriptor[]
  listener(name: string): Promise<HttpHost>
  /** Hands a passing event to the listeners; it is kept nowhere. */
  pass(instance: string, event: InboundEvent): void
  shutdown(reason: string): void
}

/** One backend instance: its host, its connection, and its sending. */
export class Instance {
  readonly name: string
  readonly module: string
  readonly connection: Connection
  readonly #services: InstanceServices
  #backend: Backend | undefined
  #transmitter: Transmitter | undefined
  #lease: Lease | undefined
  #serving: Promise<void> = Promise.resolve()

  constructor(name: string, module: string, services: InstanceServices) {
    this.name = name
    this.module = module
    this.#services = { ...services, log: services.log.child({ backend: name }) }
    this.connection = new Connection(this.#services)
  }

  /** What an event's row names as its source. */
  get source(): string {
    return `backend:${this.name}`
  }

  get backend(): Backend {
    if (this.#backend === undefined) throw new BotError('BOT_CLOSED', `The backend "${this.name}" has not been created yet.`)
    return this.#backend
  }

  get transmitter(): Transmitter {
    if (this.#transmitter === undefined) throw new BotError('BOT_CLOSED', `The backend "${this.name}" has not been created yet.`)
    return this.#transmitter
  }

  /** Creates the backend from its module. Nothing is connected yet. */
  async create(module: BackendModule, options: unknown): Promise<void> {
    const backend = await module.create(options as never, this.#host())
    for (const method of ['serveOnce', 'sendMessage', 'buildIdentifier'] as const) {
      if (typeof backend[method] === 'function') continue
      throw new BotError('BOT_EXTENSION_SHAPE', `The backend "${module.name}" has no method "${method}", which every backend must have.`)
    }
    this.#backend = backend
    this.#transmitter = new Transmitter({ ...this.#services, instance: this.name, backend, connection: this.connection })
  }

  /** Starts connecting; see `connection` for how that goes. */
  start(): void {
    this.#serving = this.#serve()
  }

  /** Resolves when the connection has ended, after the services' signal was aborted. */
  stopped(): Promise<void> {
    return this.#serving
  }

  /** Holds the instance's lease and serves while it is held. */
  async #serve(): Promise<void> {
    const { store, clock, random, log, signal } = this.#services
    // A store that only one process can open needs no name for the owner that another process could not have.
    const owner = store.can.share ? random.uuid() : 'this process'
    while (!signal.aborted) {
      this.#lease = await store.acquireLease(`instance/${this.name}`, owner, LEASE_MS)
      if (this.#lease === undefined) {
        await clock.sleep(LEASE_MS / 3, signal).catch(() => {})
        continue
      }
      const lost = new AbortController()
      const renewal = this.#renew(lost)
      await this.connection.serveForever(this.backend, AbortSignal.any([signal, lost.signal]))
      lost.abort()
      await renewal
      if (this.connection.status.state === 'refused') return
    }
    if (this.#lease !== undefined)
      await store.releaseLease(this.#lease).catch((error: unknown) => log.warn({ err: error }, 'the lease was not released'))
  }

  async #renew(lost: AbortController): Promise<void> {
    const { store, clock, log, signal } = this.#services
    const ended = AbortSignal.any([signal, lost.signal])
    while (!ended.aborted) {
      try {
        await clock.sleep(LEASE_MS / 3, ended)
        const lease = this.#lease && (await store.renewLease(this.#lease, LEASE_MS))
        if (lease === undefined) {
          log.warn('another process has taken over; the connection is closed')
          lost.abort(new BotError('STORE_FENCED', 'The lease has passed to another process.'))
        }
        this.#lease = lease
      } catch (error) {
        if (!ended.aborted) log.warn({ err: error }, 'the lease could not be renewed')
      }
    }
  }

  #host(): BackendHost {
    const { services, name, connection } = { services: this.#services, name: this.name, connection: this.connection }
    return {
      instance: name,
      log: services.log,
      clock: services.clock,
      random: services.random,
      appDir: services.appDir,
      state: keyValue(services.store, `backend/${name}`, services.clock),
      dataDir: async () => {
        const dir = join(services.dataDir, name)
        await mkdir(dir, { recursive: true, mode: 0o700 })
        return dir
      },
      receive: (events, options) => this.#receive(events, options?.cursor),
      cursor: () => services.store.get(CURSORS, name),
      connected: (bot) => connection.connected(bot),
      alive: () => connection.alive(),
      readFile: async (file) => {
        const data = await services.store.getBlob(file.blob)
        if (data === undefined) throw new BotError('DELIVERY_NOT_FOUND', `The bytes of the file "${file.name}" are no longer in the store.`)
        return data
      },
      commands: () => services.commands(),
      listener: (listener) => services.listener(listener),
      idle: async () => {
        // What is handled may say something, and what is said may be answered.
        while (services.inbox.pendingFrom(this.source) > 0 || services.outbox.pending(name) > 0) {
          await services.inbox.idle(this.source)
          await services.outbox.idle(name)
        }
      },
      shutdown: (reason) => {
        connection.leave()
        services.shutdown(reason)
      },
    }
  }

  async #receive(events: readonly InboundEvent[], cursor: Json | undefined): Promise<void> {
    const { inbox, clock, signal } = this.#services
    const rows: NewInboxRow[] = []
    const passing: InboundEvent[] = []
    for (const event of events) {
      if (TRANSIENT_KINDS.has(event.kind)) passing.push(event)
      else if (!this.#isOwn(event)) rows.push(this.#row(event))
    }
    const writes: Write[] = cursor === undefined ? [] : [{ op: 'kv.put', ns: CURSORS, key: this.name, value: cursor }]
    if (rows.length > 0 || writes.length > 0) {
      for (;;) {
        try {
          await inbox.accept(rows, writes, this.#lease === undefined ? {} : { fence: this.#lease })
          break
        } catch (error) {
          if (codeOf(error) !== 'BOT_BUSY') throw error
          await clock.sleep(KNOCK_MS, signal)
        }
      }
    }
    this.connection.alive()
    for (const event of passing) this.#services.pass(this.name, event)
  }

  #row(event: InboundEvent): NewInboxRow {
    if (typeof event.id !== 'string' || event.id === '' || event.id.length > LONGEST_ID) {
      throw new BotError('BACKEND_PROTOCOL', `The backend "${this.name}" delivered a ${event.kind} event without a usable id.`)
    }
    return {
      id: `${this.name}/${event.id}`,
      source: this.source,
      lane: eventLane(event),
      payload: asJson(event),
      receivedAt: this.#services.clock.now(),
    }
  }

  #isOwn(event: InboundEvent): boolean {
    if (event.kind !== 'message') return false
    const own = this.backend.isFromSelf?.(event)
    if (own !== undefined) return own
    return event.self === true || (event.from.person !== undefined && event.from.person === this.connection.bot?.person)
  }
}

/** The conversation an event belongs to. */
function eventLane(event: InboundEvent): string {
  switch (event.kind) {
    case 'message':
    case 'message-edited':
    case 'action':
      return laneOf(event.to, event.from)
    case 'message-deleted':
      return event.room?.id ?? event.by?.id ?? event.id
    case 'reaction':
      return event.room?.id ?? laneOf(event.reactor, event.reactor)
    case 'room-joined':
    case 'room-left':
    case 'room-topic':
      return event.room.id
    case 'stream':
      return laneOf(event.from, event.from)
    case 'presence':
    case 'typing':
      return event.who.id
  }
}

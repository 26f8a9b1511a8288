import { BotError, makeRoom, parseIdentifier, systemClock, systemRandom } from '@bot/core'
import {
  type Accepted,
  type HttpHost,
  type Identifier,
  type Json,
  type KeyValue,
  type NewSinkDelivery,
  type Sendable,
  type Sink,
  type SinkContext,
  type SinkHost,
} from '@bot/core/backend'
import { onTestFinished } from 'vitest'
import { type SinkListenOptions } from '../src/index.ts'
import { freshCertificate, notedLogger } from './surroundings.ts'

/** The rooms this host knows; the last one is not for sinks. */
const ROOMS = ['lobby', 'ops', '#ops/x', 'board']

/** What a sink sees of a bot, with the inbox and the outbox in memory. Each delivery is handled once; a test hands it out again. */
export class MemorySinkHost implements SinkHost {
  readonly name = 'test'
  readonly clock = systemClock
  readonly random = systemRandom
  readonly notes = notedLogger()
  readonly log = this.notes.log
  readonly appDir: string
  readonly inbox: (NewSinkDelivery & { id: string })[] = []
  readonly said: { readonly to: string; readonly content: Sendable }[] = []
  readonly secrets: string[] = []
  /** When set, nothing is accepted. */
  refusal: BotError | undefined
  /** Resolves when the store has committed. */
  commit: () => Promise<void> = () => Promise.resolve()
  sink: Sink | undefined
  readonly #listeners: Readonly<Record<string, HttpHost>>
  readonly #done = new Map<string, Promise<Json | undefined>>()
  /** Rows of one lane run in order. */
  readonly #lanes = new Map<string, Promise<unknown>>()

  constructor(appDir: string, listeners: Readonly<Record<string, HttpHost>> = {}) {
    this.appDir = appDir
    this.#listeners = listeners
  }

  dataDir(): Promise<string> {
    return Promise.resolve(this.appDir)
  }

  secret(value: string): void {
    this.secrets.push(value)
  }

  async accept(delivery: NewSinkDelivery): Promise<Accepted> {
    if (this.refusal !== undefined) throw this.refusal
    await this.commit()
    const known = delivery.dedupe === undefined ? undefined : this.inbox.find(({ dedupe }) => dedupe === delivery.dedupe)
    if (known !== undefined) return { id: known.id, duplicate: true, done: this.#done.get(known.id) as Promise<Json | undefined> }
    const id = `d${this.inbox.length + 1}`
    this.inbox.push({ ...delivery, id })
    const done = (this.#lanes.get(delivery.lane) ?? Promise.resolve()).then(() => this.run(id))
    this.#lanes.set(
      delivery.lane,
      done.catch(() => undefined),
    )
    this.#done.set(id, done)
    return { id, duplicate: false, done }
  }

  /** Hands a delivery to the sink; again, as after a crash, with a higher `attempt`. */
  async run(id: string, attempt = 1): Promise<Json | undefined> {
    const delivery = this.inbox.find((row) => row.id === id)
    if (delivery === undefined || this.sink === undefined) throw new BotError('DELIVERY_NOT_FOUND', id)
    const context: SinkContext = {
      signal: new AbortController().signal,
      log: this.log,
      send: (to, content) => {
        this.said.push({ to: to.id, content })
        return Promise.resolve({ key: `k${this.said.length}` })
      },
    }
    try {
      return await this.sink.handle({ ...delivery, receivedAt: 1_767_225_600_000, attempt }, context)
    } catch (err) {
      this.log.error({ err, sink: this.name, delivery: id }, 'a sink failed to handle a delivery')
      throw err
    }
  }

  conversation(id: string): Promise<Identifier> {
    const name = ROOMS.find((room) => room === id || makeRoom('web', room).id === id)
    if (name === 'board') return Promise.reject(new BotError('SINK_CONVERSATION_FORBIDDEN', `"${id}" is not for sinks.`))
    if (name === undefined) return Promise.reject(new BotError('SINK_CONVERSATION_UNKNOWN', `There is no "${id}".`))
    return Promise.resolve(parseIdentifier(makeRoom('web', name).id))
  }

  listener(name: string): Promise<HttpHost> {
    const listener = this.#listeners[name]
    return listener === undefined ? Promise.reject(new BotError('BOT_CONFIG', `no listener "${name}"`)) : Promise.resolve(listener)
  }

  get state(): KeyValue {
    throw new BotError('BOT_CLOSED', 'This host keeps no state.')
  }
}

/** The options a configuration without any of them gives, on a free port of this machine. */
export const DEFAULTS: SinkListenOptions = {
  auth: { type: 'none' },
  mode: 'durable',
  maxBodyBytes: 1024 * 1024,
  port: 0,
  certfile: 'certificate.pem',
}

/** A sink that listens on a free port, stopped with the test. */
export async function runningSink<Options extends SinkListenOptions>(
  make: (host: MemorySinkHost, options: Options) => Sink | Promise<Sink>,
  options: Options,
  listeners: Readonly<Record<string, HttpHost>> = {},
): Promise<{ host: MemorySinkHost; sink: Sink; url: string; pem: string }> {
  const { folder, pem } = await freshCertificate()
  const host = new MemorySinkHost(folder, listeners)
  const sink = await make(host, options)
  host.sink = sink
  await sink.start()
  onTestFinished(() => sink.stop())
  return { host, sink, url: sink.url ?? '', pem }
}

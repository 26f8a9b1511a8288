import { join, resolve } from 'node:path'

import type { Address } from './contract/backend.ts'
import type { Sendable } from './contract/content.ts'
import type { Clock, Logger, Random } from './contract/environment.ts'
import { Gatekeeper } from './access/gatekeeper.ts'
import { BotError } from './contract/errors.ts'
import type { InboundEvent } from './contract/events.ts'
import type { HttpHost } from './contract/http.ts'
import { parseIdentifier, type Identifier } from './contract/identifier.ts'
import type { SentMessage } from './contract/plugin.ts'
import type { InboxRow, Store } from './contract/store.ts'
import { DEFAULT_LIMITS, type BotLimits, type BotOptions } from './bot-options.ts'
import { backendStatus, sinkStatus, type BotStatus } from './bot-status.ts'
import { Calling } from './calling.ts'
import type { Bot } from './create-bot.ts'
import { Deliveries } from './deliveries.ts'
import { Inbox, type Outcome } from './delivery/inbox.ts'
import { Outbox } from './delivery/outbox.ts'
import { reviveEvent } from './delivery/payload.ts'
import { Voice } from './delivery/voice.ts'
import { Dispatch } from './dispatch.ts'
import { systemClock } from './environment/clock.ts'
import { createLogger } from './environment/log.ts'
import { systemRandom } from './environment/random.ts'
import { Redactor } from './environment/redact.ts'
import { Instance } from './hosting/instance.ts'
import { pluginHost } from './hosting/plugin.ts'
import { SinkSlot } from './hosting/sink.ts'
import { helpPlugin } from './plugins/help.ts'
import { Registry, type AnyPlugin } from './plugins/registry.ts'
import { createMemoryStore } from './store/memory.ts'
import { createSqliteStore } from './store/sqlite.ts'

const PRUNE_EVERY_MS = 60 * 60 * 1000

/** The bot itself, behind `createBot`. Throws `BOT_CONFIG` or `BOT_PLUGIN` where what it is made of does not fit together. */
export function runBot(options: BotOptions): Bot {
  return new RunningBot(options)
}

class RunningBot implements Bot {
  readonly name: string
  readonly deliveries: Deliveries
  readonly #options: BotOptions
  readonly #clock: Clock
  readonly #random: Random
  readonly #log: Logger
  readonly #redactor: Redactor
  readonly #limits: BotLimits
  readonly #appDir: string
  readonly #dataDir: string
  readonly #store: Store
  readonly #inbox: Inbox
  readonly #outbox: Outbox
  readonly #voice: Voice
  readonly #dispatch: Dispatch
  readonly #gate: Gatekeeper
  readonly #registry = new Registry()
  readonly #instances = new Map<string, Instance>()
  readonly #sinks = new Map<string, SinkSlot>()
  readonly #listeners = new Map<string, HttpHost>()
  readonly #started: AnyPlugin[] = []
  readonly #abort = new AbortController()
  readonly #stopped = Promise.withResolvers<void>()
  #state: BotStatus['state'] = 'new'
  #stopping: Promise<void> | undefined

  constructor(options: BotOptions) {
    this.#options = options
    this.name = options.name ?? 'bot'
    this.#clock = options.environment?.clock ?? systemClock
    this.#random = options.environment?.random ?? systemRandom
    this.#redactor = options.redactor ?? new Redactor()
    this.#log = options.log ?? this.#defaultLog()
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits }
    this.#appDir = resolve(options.appDir ?? '.')
    this.#dataDir = resolve(this.#appDir, options.dataDir ?? 'data')
    this.#store = this.#createStore()
    const { inMemory, concurrency, backlog, handlerMs, fileBytes } = this.#limits
    const shared = { store: this.#store, clock: this.#clock, random: this.#random, log: this.#log }
    this.#inbox = new Inbox({ ...shared, backlog, inMemory, concurrency, handle: (row) => this.#handle(row) })
    this.#outbox = new Outbox({
      ...shared,
      inMemory,
      transmit: (row, outgoing, later) => this.#instance(row.instance).transmitter.transmit(row, outgoing, later),
    })
    this.#voice = new Voice({
      outbox: this.#outbox,
      clock: this.#clock,
      fileBytes,
      instances: new Set(Object.keys(options.backends ?? {})),
    })
    const prefix = options.prefix ?? '!'
    const { timeZone, ...prefixes } = options.commands ?? {}
    const instances = new Set(Object.keys(options.backends ?? {}))
    this.#gate = new Gatekeeper({ ...shared, access: options.access, instances })
    const calling = new Calling({ ...shared, registry: this.#registry, gate: this.#gate, prefixes: { ...prefixes, prefix }, timeZone })
    this.#dispatch = new Dispatch({
      ...shared,
      registry: this.#registry,
      calling,
      gate: this.#gate,
      voice: this.#voice,
      handlerMs,
      fileBytes,
      backend: (instance) => this.#instance(instance).backend,
      identity: (instance) => this.#instance(instance).connection.bot,
    })
    this.deliveries = new Deliveries(this.#store, { inbox: this.#inbox, outbox: this.#outbox })
    this.#registry.add(helpPlugin({ prefix, permitted: (message) => calling.permitted(message) }))
    for (const entry of options.plugins ?? []) this.#registry.add('plugin' in entry ? entry.plugin : entry)
  }

  get stopped(): Promise<void> {
    return this.#stopped.promise
  }

  async start(): Promise<void> {
    if (this.#state !== 'new') throw new BotError('BOT_CLOSED', 'The bot has been started before; make a new one to start again.')
    this.#state = 'starting'
    try {
      await this.#store.open()
      await this.#gate.open()
      await this.#openListeners()
      await this.#createInstances()
      await this.#createSinks()
      await this.#startPlugins()
      await this.#outbox.open()
      await this.#inbox.open()
      for (const instance of this.#instances.values()) instance.start()
      await Promise.all([...this.#instances.values()].map((instance) => instance.connection.firstAttempt))
      // Not before: what a handler asks of a backend, such as a room by its name, may be known only once it is connected.
      await this.#inbox.handle()
      for (const { sink } of this.#sinks.values()) await sink.start()
      this.#pruneLater(0)
      this.#state = 'running'
    } catch (error) {
      await this.stop('the start failed').catch((failure: unknown) =>
        this.#log.error({ err: failure }, 'closing after a failed start failed too'),
      )
      throw error
    }
  }

  stop(reason = 'asked to'): Promise<void> {
    this.#stopping ??= this.#shutDown(reason)
    return this.#stopping
  }

  async status(): Promise<BotStatus> {
    return {
      name: this.name,
      state: this.#state,
      backends: [...this.#instances.values()].map((instance) => backendStatus(instance, this.#outbox)),
      sinks: [...this.#sinks.values()].map(sinkStatus),
      plugins: [...this.#registry.plugins.keys()],
      deliveries: await this.#store.counts(),
    }
  }

  send(to: Identifier | Address | string, content: Sendable): Promise<SentMessage> {
    return this.#say(to, content)
  }

  async #say(to: Identifier | Address | string, content: Sendable): Promise<SentMessage> {
    return this.#voice.say(typeof to === 'string' ? parseIdentifier(to) : to, content, () => this.#random.uuid())
  }

  async #shutDown(reason: string): Promise<void> {
    this.#state = 'stopping'
    this.#log.info({ reason }, 'stopping')
    const done = new AbortController()
    const late = this.#clock.sleep(this.#limits.stopMs, done.signal).catch(() => {})
    const within = (work: Promise<unknown>): Promise<unknown> => Promise.race([work, late])
    await within(Promise.all([...this.#sinks.values()].map((slot) => this.#attempt('a sink', () => slot.sink.stop()))))
    this.#inbox.close()
    await within(this.#inbox.idle())
    if (this.#inbox.pending > 0)
      this.#log.warn({ waiting: this.#inbox.pending }, 'not everything was handled in time; the rest is handled after the next start')
    this.#dispatch.abort(new BotError('BOT_CLOSED', 'The bot is stopping.'))
    this.#inbox.stop()
    await within(Promise.all([...this.#instances.keys()].map((name) => this.#outbox.idle(name))))
    for (const plugin of this.#started.toReversed()) await within(this.#attempt(`the plugin ${plugin.name}`, async () => plugin.stop?.()))
    this.#outbox.stop()
    this.#abort.abort(new BotError('BOT_CLOSED', 'The bot is stopping.'))
    await within(Promise.all([...this.#instances.values()].map((instance) => instance.stopped())))
    await within(Promise.all([...this.#listeners.values()].map((host) => this.#attempt('a listener', () => host.close()))))
    await this.#store.close()
    done.abort()
    this.#state = 'stopped'
    this.#log.info('stopped')
    this.#stopped.resolve()
  }

  async #attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#log.error({ err: error }, `stopping ${what} failed`)
    }
  }

  async #handle(row: InboxRow): Promise<Outcome> {
    const [kind, name = ''] = [row.source.slice(0, row.source.indexOf(':')), row.source.slice(row.source.indexOf(':') + 1)]
    if (kind === 'backend' && this.#instances.has(name)) return this.#dispatch.handle(name, row.id, reviveEvent(row.payload))
    const sink = kind === 'sink' ? this.#sinks.get(name) : undefined
    if (sink !== undefined) return sink.handle(row)
    return { do: 'bury', error: `The configuration no longer has what brought it: ${row.source}.` }
  }

  #pass(instance: string, event: InboundEvent): void {
    this.#dispatch
      .handle(instance, `${instance}/${this.#random.uuid()}`, event)
      .then(async (outcome) => {
        if (outcome.do === 'finish' && outcome.writes.length > 0) await this.#store.commit(outcome.writes)
      })
      .catch((error: unknown) => this.#log.error({ err: error, kind: event.kind }, 'a passing event could not be handled'))
  }

  async #openListeners(): Promise<void> {
    for (const [name, { module, options }] of Object.entries(this.#options.listeners ?? {})) {
      const checked = await this.#checked(`listeners.${name}`, module.options, options)
      const services = { name, log: this.#log, clock: this.#clock, random: this.#random, appDir: this.#appDir }
      this.#listeners.set(name, await module.create(checked, services))
    }
  }

  async #createInstances(): Promise<void> {
    for (const [name, { module, options }] of Object.entries(this.#options.backends ?? {})) {
      const instance = new Instance(name, module.name, {
        ...this.#services(),
        commands: () => this.#registry.descriptors(),
        outbox: this.#outbox,
        pass: (from, event) => this.#pass(from, event),
        shutdown: (reason) => void this.stop(reason),
      })
      await instance.create(module, await this.#checked(`backends.${name}`, module.options, options))
      this.#instances.set(name, instance)
    }
  }

  async #createSinks(): Promise<void> {
    for (const [name, { module, options, core = {} }] of Object.entries(this.#options.sinks ?? {})) {
      const slot = new SinkSlot(name, core, {
        ...this.#services(),
        voice: this.#voice,
        instances: this.#instances,
        secret: (value) => this.#redactor.add(value),
      })
      await slot.create(module, await this.#checked(`sinks.${name}`, module.options, options))
      this.#sinks.set(name, slot)
    }
  }

  async #startPlugins(): Promise<void> {
    const configs = new Map(
      (this.#options.plugins ?? []).map((entry) => ('plugin' in entry ? [entry.plugin.name, entry.config] : [entry.name, undefined])),
    )
    for (const plugin of this.#registry.plugins.values()) {
      const { name } = plugin
      const config =
        plugin.config === undefined ? undefined : await this.#checked(`plugins.${name}`, plugin.config, configs.get(name) ?? {})
      const host = pluginHost(name, config, {
        ...this.#services(),
        instances: this.#instances,
        say: (to, content) => this.#say(to, content),
      })
      await plugin.start?.(host)
      this.#started.push(plugin)
    }
  }

  #services() {
    return {
      store: this.#store,
      clock: this.#clock,
      random: this.#random,
      log: this.#log,
      inbox: this.#inbox,
      appDir: this.#appDir,
      dataDir: this.#dataDir,
      signal: this.#abort.signal,
      listener: (name: string) => this.#listener(name),
    }
  }

  async #listener(name: string): Promise<HttpHost> {
    const host = this.#listeners.get(name)
    if (host !== undefined) return Promise.resolve(host)
    const known = [...this.#listeners.keys()].join(', ') || 'none'
    throw new BotError('BOT_CONFIG', `There is no listener "${name}" under listeners in the configuration; there are: ${known}.`)
  }

  #instance(name: string): Instance {
    const instance = this.#instances.get(name)
    if (instance === undefined) throw new BotError('BOT_INSTANCE_UNKNOWN', `This bot runs no backend called "${name}".`)
    return instance
  }

  async #checked(path: string, schema: object | undefined, value: unknown): Promise<unknown> {
    // Loaded when first needed, like everything that only a start needs: importing this package stays cheap.
    const { checkOptions } = await import('./config/options.ts')
    return checkOptions(schema ?? { type: 'object' }, value ?? {}, { path, env: {}, secret: (secret) => this.#redactor.add(secret) })
  }

  #createStore(): Store {
    const { module, options } = this.#options.store ?? { module: 'sqlite' as const }
    if (module === 'memory') return createMemoryStore({ clock: this.#clock })
    if (module === 'sqlite') return createSqliteStore({ path: join(this.#dataDir, 'bot.db'), clock: this.#clock, log: this.#log })
    return module.create(options, { log: this.#log, clock: this.#clock, dataDir: this.#dataDir })
  }

  #pruneLater(ms: number): void {
    this.#clock.after(
      ms,
      () => {
        if (this.#state !== 'running' && this.#state !== 'starting') return
        this.#store
          .prune({ finishedBefore: this.#clock.now() - this.#limits.retentionMs })
          .catch((error: unknown) => this.#log.error({ err: error }, 'old deliveries could not be removed'))
          .finally(() => this.#pruneLater(PRUNE_EVERY_MS))
      },
      { background: true },
    )
  }

  #defaultLog(): Logger {
    const write = (line: string): void => void process.stderr.write(`${line}\n`)
    return createLogger({ level: 'info', clock: this.#clock, redactor: this.#redactor, write })
  }
}

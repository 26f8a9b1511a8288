import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes, randomUUID } from 'node:crypto'
import type { BackendHost, CommandDescriptor, HttpHost, InboundEvent, Json, KeyValue, Logger } from '@bot/core/backend'
import { Type } from '@bot/core/backend'
import { openListener } from '@bot/sink-kit'
import { Value } from 'typebox/value'
import web, { type WebBackend, type WebOptions } from '../src/index.ts'
import { webOptions } from '../src/options.ts'

/** A bot as a backend sees it: what it is told stands in `events`; its storage outlives it, so a restart is another bot on the same one. */
export class TestBot {
  readonly events: InboundEvent[] = []
  readonly storage: Storage
  readonly backend: WebBackend
  readonly http: HttpHost
  readonly logged: string[]
  /** Called before events are taken: may wait, or throw as a bot does that cannot take them. */
  receiving: (events: readonly InboundEvent[]) => Promise<void> = () => Promise.resolve()
  #stop: AbortController
  #served: Promise<void>
  #connected: Promise<void>

  private constructor(backend: WebBackend, storage: Storage, http: HttpHost, logged: string[]) {
    this.backend = backend
    this.storage = storage
    this.http = http
    this.logged = logged
    this.#stop = new AbortController()
    this.#served = Promise.resolve()
    this.#connected = Promise.resolve()
  }

  static async start(
    options: Partial<WebOptions> = {},
    from: { storage?: Storage; port?: number; commands?: CommandDescriptor[] } = {},
  ): Promise<TestBot> {
    const storage = from.storage ?? (await Storage.make())
    const logged: string[] = []
    const log = logger(logged)
    const services = { name: 'the test listener', log, clock: storage.clock, random, appDir: '.' }
    const http = await openListener({ host: '127.0.0.1', port: from.port ?? 0 }, services)
    const commands = from.commands ?? []
    const host: BackendHost = {
      instance: 'web',
      log,
      clock: storage.clock,
      random,
      appDir: storage.folder,
      dataDir: () => Promise.resolve(storage.folder),
      receive: async (events, given) => {
        await bot.receiving(events)
        for (const event of events) {
          if (storage.received.has(event.id)) continue
          storage.received.add(event.id)
          bot.events.push(event)
        }
        if (given?.cursor !== undefined) storage.cursor = given.cursor
      },
      cursor: () => Promise.resolve(storage.cursor),
      connected: () => ready(),
      alive: () => undefined,
      idle: () => Promise.resolve(),
      shutdown: () => undefined,
      readFile: (file) => Promise.resolve(storage.blobs.get(file.blob) ?? new Uint8Array()),
      commands: () => commands,
      listener: () => Promise.resolve(http),
      state: storage.state,
    }
    let ready = (): void => undefined
    const full = Value.Parse(webOptions, Value.Default(Type.Object({ ...webOptions.properties }), { ...options, listener: 'page' }))
    const backend = (await web.create(full, host)) as WebBackend
    const bot = new TestBot(backend, storage, http, logged)
    bot.#connected = new Promise((resolve) => (ready = resolve))
    bot.#served = backend.serveOnce(bot.#stop.signal)
    await Promise.race([bot.#connected, bot.#served])
    return bot
  }

  get url(): string {
    return this.http.url
  }

  get port(): number {
    return Number(new URL(this.http.url).port)
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#served
    await this.http.close()
  }

  /** The events of a kind, once there are `count`. */
  async told<K extends InboundEvent['kind']>(kind: K, count = 1): Promise<Extract<InboundEvent, { kind: K }>[]> {
    const found = () => this.events.filter((event) => event.kind === kind) as Extract<InboundEvent, { kind: K }>[]
    await until(() => found().length >= count, `${count} events ${kind}`)
    return found()
  }
}

/** What is left of a bot when it has ended. */
export class Storage {
  readonly folder: string
  readonly state = new MemoryState()
  readonly received = new Set<string>()
  readonly blobs = new Map<string, Uint8Array>()
  readonly clock = new TestClock()
  cursor: Json | undefined

  private constructor(folder: string) {
    this.folder = folder
  }

  static async make(): Promise<Storage> {
    return new Storage(await mkdtemp(join(tmpdir(), 'web-')))
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** Runs in real time; `skip` moves it ahead. */
export class TestClock {
  #ahead = 0
  readonly #timers = new Set<{ at: number; run: () => void }>()

  now(): number {
    return Date.now() + this.#ahead
  }

  monotonic(): number {
    return performance.now() + this.#ahead
  }

  after(ms: number, callback: () => void): { cancel(): void } {
    const entry = { at: this.monotonic() + ms, run: () => undefined as void }
    entry.run = () => {
      clearTimeout(timer)
      if (this.#timers.delete(entry)) callback()
    }
    const timer = setTimeout(entry.run, ms)
    timer.unref()
    this.#timers.add(entry)
    return {
      cancel: () => {
        clearTimeout(timer)
        this.#timers.delete(entry)
      },
    }
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve))
  }

  skip(ms: number): void {
    this.#ahead += ms
    for (const entry of [...this.#timers]) if (entry.at <= this.monotonic()) entry.run()
  }
}

class MemoryState implements KeyValue {
  readonly entries = new Map<string, string>()

  async get(key: string): Promise<Json | undefined> {
    const value = this.entries.get(key)
    return value === undefined ? undefined : (JSON.parse(value) as Json)
  }

  async set(key: string, value: Json): Promise<void> {
    this.entries.set(key, JSON.stringify(value))
  }

  async delete(key: string): Promise<void> {
    this.entries.delete(key)
  }

  async update(key: string, change: (current: Json | undefined) => Json | undefined): Promise<void> {
    const next = change(await this.get(key))
    if (next === undefined) this.entries.delete(key)
    else await this.set(key, next)
  }

  async list({ prefix = '', after = '', limit = 1000 } = {}): Promise<{ key: string; value: Json }[]> {
    const keys = [...this.entries.keys()].filter((key) => key.startsWith(prefix) && key > after).sort()
    return keys.slice(0, limit).map((key) => ({ key, value: JSON.parse(this.entries.get(key) ?? 'null') as Json }))
  }
}

const random = {
  float: () => Math.random(),
  uuid: () => randomUUID() as string,
  bytes: (length: number) => new Uint8Array(randomBytes(length)),
}

function logger(lines: string[]): Logger {
  const write = (fields: unknown, message?: string) =>
    void lines.push(typeof fields === 'string' ? fields : `${message} ${String((fields as { error?: unknown }).error)}`)
  const log = { trace: write, debug: write, info: write, warn: write, error: write, fatal: write, child: () => log }
  return log
}

/** Waits for something that happens soon. */
export async function until(condition: () => unknown, what: string, withinMs = 5000): Promise<void> {
  const end = performance.now() + withinMs
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited ${withinMs} ms in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Content of one paragraph. */
export function say(text: string) {
  return { blocks: [{ type: 'paragraph' as const, children: [{ type: 'text' as const, text }] }] }
}

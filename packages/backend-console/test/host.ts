import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import {
  markdownContent,
  type BackendHost,
  type CommandDescriptor,
  type Content,
  type FileRef,
  type InboundEvent,
  type InboundKind,
  type Json,
  type KeyValue,
  type Logger,
  type Person,
} from '@bot/core/backend'
import { createConsole, type ConsoleOptions, type Terminal } from '../src/index.ts'
import type { ConsoleBackend } from '../src/backend.ts'

export type Handler = (event: InboundEvent, backend: ConsoleBackend) => Promise<void> | void

const quiet = (): void => undefined
const log = { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet, fatal: quiet, child: () => log } as Logger

/** The other side of the contract: keeps what it receives, hands it to a handler in order, and stops when asked to. */
export class RecordingHost implements BackendHost {
  readonly instance = 'console'
  readonly log = log
  readonly events: InboundEvent[] = []
  readonly values: Map<string, Json>
  readonly state: KeyValue
  readonly stop = new AbortController()
  readonly clock: BackendHost['clock']
  readonly random: BackendHost['random']
  readonly #folder: string
  shutdownReason: string | undefined
  bot: Person | undefined
  known: readonly CommandDescriptor[] = []
  backend: ConsoleBackend | undefined
  handler: Handler = quiet
  #handled: Promise<void> = Promise.resolve()
  #now = 0
  #ids = 0
  readonly #timers: (() => void)[] = []

  constructor(folder: string, values = new Map<string, Json>()) {
    this.#folder = folder
    this.values = values
    this.state = keyValue(values)
    this.clock = {
      now: () => ++this.#now,
      monotonic: () => this.#now,
      after: (_ms, callback) => {
        this.#timers.push(callback)
        return { cancel: () => this.#timers.splice(this.#timers.indexOf(callback), 1) }
      },
      sleep: () => Promise.resolve(),
    }
    this.random = {
      float: () => 0.5,
      uuid: () => `${String(++this.#ids).padStart(8, '0')}-0000-4000-8000-000000000000`,
      bytes: (length) => new Uint8Array(length),
    }
  }

  readonly appDir = '.'

  dataDir = (): Promise<string> => Promise.resolve(this.#folder)
  cursor = (): Promise<undefined> => Promise.resolve(undefined)
  alive = quiet
  commands = (): readonly CommandDescriptor[] => this.known
  listener = (): Promise<never> => Promise.reject(new Error('no listener here'))
  readFile = (file: FileRef): Promise<Uint8Array> => Promise.resolve(Buffer.from(`bytes of ${file.blob}`))

  receive(events: readonly InboundEvent[]): Promise<void> {
    this.events.push(...events)
    // Kept now, handled later: as the core does it.
    for (const event of events) this.#handled = this.#handled.then(async () => this.handler(event, this.backend as ConsoleBackend))
    return Promise.resolve()
  }

  idle(): Promise<void> {
    return this.#handled
  }

  connected(bot: Person): void {
    this.bot = bot
  }

  shutdown(reason: string): void {
    this.shutdownReason = reason
    this.stop.abort()
  }

  /** Calls back what waits for the clock. */
  expireTimers(): void {
    for (const callback of this.#timers.splice(0)) callback()
  }

  of<Kind extends InboundKind>(kind: Kind): Extract<InboundEvent, { kind: Kind }>[] {
    return this.events.filter((event): event is Extract<InboundEvent, { kind: Kind }> => event.kind === kind)
  }
}

function keyValue(values: Map<string, Json>): KeyValue {
  return {
    get: (key) => Promise.resolve(values.get(key)),
    set: (key, value) => Promise.resolve(void values.set(key, structuredClone(value))),
    delete: (key) => Promise.resolve(void values.delete(key)),
    update: (key, fn) => Promise.resolve(void values.set(key, fn(values.get(key)) as Json)),
    list: ({ prefix = '' } = {}) =>
      Promise.resolve([...values].filter(([key]) => key.startsWith(prefix)).map(([key, value]) => ({ key, value }))),
  }
}

export interface Running {
  readonly host: RecordingHost
  readonly backend: ConsoleBackend
  readonly input: PassThrough
  /** Everything written so far. */
  output(): string
  /** The same without escape sequences. */
  text(): string
  /** Resolves when the console has ended in good order. */
  readonly ended: Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export interface Setting {
  readonly tty?: boolean
  readonly columns?: number
  readonly options?: Partial<ConsoleOptions>
  readonly handler?: Handler
  readonly values?: Map<string, Json>
  readonly commands?: readonly CommandDescriptor[]
  /** Where the output goes, instead of being gathered. */
  readonly output?: Writable
}

/** A console on streams, as it runs in a bot. */
export async function start(setting: Setting = {}): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'console-'))
  const host = new RecordingHost(folder, setting.values)
  host.handler = setting.handler ?? quiet
  host.known = setting.commands ?? []
  const input = new PassThrough()
  let written = ''
  const gathering = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written += chunk.toString()
      done()
    },
  })
  const output = setting.output ?? gathering
  const columns = setting.columns ?? 80
  const terminal: Terminal = { input, output: Object.assign(output, { columns }), isTTY: setting.tty === true, columns }
  const options: ConsoleOptions = { user: 'alice', botName: 'bot', rooms: ['lobby'], ...setting.options }
  const backend = createConsole(options, host, terminal)
  host.backend = backend
  const ended = backend.serveOnce(host.stop.signal)
  await until(() => host.of('presence').length > 0)
  return {
    host,
    backend,
    input,
    ended,
    output: () => written,
    text: () => stripVTControlCharacters(written),
    async [Symbol.asyncDispose]() {
      host.stop.abort()
      await ended
      await rm(folder, { recursive: true })
    },
  }
}

/** Pipes a script in and resolves to the lines that came out, once the console has ended. */
export async function script(lines: string, setting: Setting = {}): Promise<{ lines: string[]; running: Running }> {
  const running = await start(setting)
  running.input.end(lines)
  await running.ended
  return { lines: running.output().split('\n').slice(0, -1), running }
}

/** Answers messages that a function has an answer to. */
export function answering(answer: (body: string) => string | Content | undefined): Handler {
  let count = 0
  return async (event, backend) => {
    if (event.kind !== 'message') return
    const content = answer(event.body)
    if (content === undefined) return
    const address = backend.buildReply(event, {})
    await backend.sendMessage({
      ...address,
      key: `k${++count}`,
      attempt: 1,
      content: typeof content === 'string' ? markdownContent(content) : content,
    })
  }
}

/** Resolves once a condition holds; rejects when it does not in time. */
export async function until(condition: () => boolean, withinMs = 3000): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`gave up waiting for: ${condition.toString()}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/**
 * Proves the promises P1 and P2 the hard way: programs post to a sink while the bot is killed with SIGKILL again and again and started anew; what was not
 * answered is posted again. Then the room is read as the page shows it.
 *
 *   node scripts/kill-proof.ts [--posts 10000] [--kills 10] [--no-keys]
 *
 * With an `Idempotency-Key`, nothing that was answered may be missing and nothing may stand there twice. Without, nothing may be missing, and repeats are counted.
 * Prints one line of figures; exits 1 where a promise is broken.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const CLI = join(ROOT, 'packages/core/src/cli/main.ts')
const CLIENTS = 16
/** So long without any delivery being finished means that nothing will be. */
const STUCK_MS = 30_000
/** A life of the bot lasts this long once it listens, so that it is killed in the middle of everything. */
const LIFE_MS = { least: 150, most: 400 }

export interface KillProofOptions {
  readonly posts: number
  readonly kills: number
  /** Whether posts carry an `Idempotency-Key`. */
  readonly keys: boolean
}

export interface KillProof {
  readonly answered: number
  /** Requests made, with the repeated ones. */
  readonly requests: number
  readonly kills: number
  /** Answered with 2xx and not in the room. */
  readonly lost: readonly number[]
  /** In the room more than once, by post. */
  readonly repeated: readonly number[]
  readonly seconds: number
}

export async function killProof({ posts, kills, keys }: KillProofOptions): Promise<KillProof> {
  const started = performance.now()
  const app = await mkdtemp(join(tmpdir(), 'kill-proof-'))
  const life = new Lives(app, kills)
  try {
    const [pagePort, sinkPort] = [await freePort(), await freePort()]
    await writeApp(app, pagePort, sinkPort, posts)
    await life.begin(`127.0.0.1:${sinkPort}`)
    const agent = new Agent({ keepAlive: true, rejectUnauthorized: false, maxSockets: CLIENTS })
    let next = 0
    let requests = 0
    const client = async (): Promise<void> => {
      while (next < posts) {
        const number = next++
        do {
          requests++
        } while (!(await post(agent, sinkPort, number, keys ? `post-${number}` : undefined)))
      }
    }
    await Promise.all(Array.from({ length: CLIENTS }, client))
    agent.destroy()
    await life.settle()
    const shown = await readRoom(pagePort, posts)
    await life.end('SIGTERM')
    const times = new Map<number, number>()
    for (const number of shown) times.set(number, (times.get(number) ?? 0) + 1)
    const lost = Array.from({ length: posts }, (_, number) => number).filter((number) => !times.has(number))
    const repeated = [...times].filter(([, count]) => count > 1).map(([number]) => number)
    return { answered: posts, requests, kills: life.kills, lost, repeated, seconds: (performance.now() - started) / 1000 }
  } finally {
    await life.end('SIGKILL')
    await rm(app, { recursive: true, force: true })
  }
}

/** The bot's process, killed and started again until it has been killed often enough. */
class Lives {
  kills = 0
  readonly #app: string
  #sink = ''
  readonly #wanted: number
  #child: ChildProcess | undefined
  /** The end of what the present process printed. */
  #log = ''
  #killing: Promise<void> = Promise.resolve()

  constructor(app: string, kills: number) {
    this.#app = app
    this.#wanted = kills
  }

  async begin(sink: string): Promise<void> {
    this.#sink = sink
    await this.#start()
    this.#killing = this.#killOn()
  }

  /** Resolves when no further kill comes and the bot has said everything. */
  async settle(): Promise<void> {
    await this.#killing
    let [least, since] = [Number.POSITIVE_INFINITY, performance.now()]
    for (;;) {
      const waiting = JSON.parse(await run(this.#app, 'deliveries', 'list', '--state', 'ready', '--limit', '100000', '--json')) as unknown[]
      if (waiting.length === 0) return
      if (waiting.length < least) [least, since] = [waiting.length, performance.now()]
      else if (performance.now() - since > STUCK_MS)
        throw new Error(`${least} deliveries wait and nothing moves, such as ${JSON.stringify(waiting[0])}; the log ends: ${this.#log}`)
      await pause(200)
    }
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.kill(signal)
    await once(child, 'exit')
  }

  async #killOn(): Promise<void> {
    while (this.kills < this.#wanted) {
      await pause(LIFE_MS.least + Math.random() * (LIFE_MS.most - LIFE_MS.least))
      const child = this.#child as ChildProcess
      child.kill('SIGKILL')
      await once(child, 'exit')
      this.kills++
      await this.#start()
    }
  }

  async #start(): Promise<void> {
    const child = spawn(process.execPath, [CLI, 'start', '--json'], { cwd: this.#app, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    this.#log = ''
    child.stderr.on('data', (chunk: Buffer) => void (this.#log = (this.#log + String(chunk)).slice(-4000)))
    const [first] = (await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])) as unknown[]
    if (!(first instanceof Buffer)) throw new Error(`the bot for ${this.#sink} did not start: ${this.#log}`)
    child.stdout.resume()
  }
}

/** Posts once. Resolves to whether it was answered with 2xx; anything else is to be tried again. */
async function post(agent: Agent, port: number, number: number, key: string | undefined): Promise<boolean> {
  const body = JSON.stringify({ echo: `post ${number}` })
  const headers = { 'content-length': Buffer.byteLength(body), ...(key === undefined ? {} : { 'idempotency-key': key }) }
  const status = await new Promise<number>((resolve) => {
    const outgoing = request({ agent, host: '127.0.0.1', port, path: '/lobby', method: 'POST', headers }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
      response.on('error', () => resolve(0))
    })
    outgoing.on('error', () => resolve(0))
    outgoing.end(body)
  })
  if (status >= 200 && status < 300) return true
  if (status >= 400 && status < 500 && status !== 429) throw new Error(`post ${number} was answered ${status}, which repeating cannot mend`)
  await pause(10)
  return false
}

/** The posts that stand in the room, oldest first, read through the page's own socket. */
async function readRoom(port: number, most: number): Promise<readonly number[]> {
  const origin = `http://127.0.0.1:${port}`
  const login = await fetch(`${origin}/session`, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json' },
    body: '{"name":"reader"}',
  })
  const { session } = (await login.json()) as { session: string }
  const socket = new WebSocket(`ws://127.0.0.1:${port}/socket`, { headers: { origin } })
  const frames: Frame[] = []
  let wake = (): void => {}
  socket.addEventListener('message', ({ data }) => {
    frames.push(JSON.parse(String(data)) as Frame)
    wake()
  })
  const find = async (wanted: (frame: Frame) => boolean): Promise<Frame> => {
    const deadline = AbortSignal.timeout(20_000)
    for (;;) {
      const index = frames.findIndex(wanted)
      if (index >= 0) return frames.splice(index, 1)[0] as Frame
      await Promise.race([new Promise<void>((resolve) => (wake = resolve)), once(deadline, 'abort')])
      if (deadline.aborted) throw new Error('the page did not get its history within 20 s')
    }
  }
  await once(socket, 'open')
  socket.send(JSON.stringify({ t: 'hello', v: 1, session }))
  const isLobby = (frame: Frame): boolean => frame.t === 'messages' && frame.conv === '#lobby'
  let page = await find(isLobby)
  const shown: WireMessage[] = [...(page.messages ?? [])]
  while (page.more === true && shown.length < most * 3) {
    socket.send(JSON.stringify({ t: 'history', conv: '#lobby', before: shown[0]?.seq }))
    page = await find((frame) => isLobby(frame) && frame.page === true)
    shown.unshift(...(page.messages ?? []))
  }
  socket.close()
  return shown.flatMap((message) => {
    const number = /post (\d+)/.exec(JSON.stringify(message.content))?.[1]
    return number === undefined ? [] : [Number(number)]
  })
}

interface Frame {
  readonly t: string
  readonly conv?: string
  readonly messages?: readonly WireMessage[]
  readonly page?: boolean
  readonly more?: boolean
}

interface WireMessage {
  readonly seq: number
  readonly content: unknown
}

async function writeApp(app: string, pagePort: number, sinkPort: number, posts: number): Promise<void> {
  const dependencies = { '@bot/core': '*', '@bot/backend-web': '*', '@bot/sink-generic': '*', '@bot/sink-kit': '*' }
  await writeFile(join(app, 'package.json'), JSON.stringify({ name: 'kill-proof', private: true, type: 'module', dependencies }))
  await mkdir(join(app, 'node_modules'))
  await symlink(join(ROOT, 'examples/starter/node_modules/@bot'), join(app, 'node_modules/@bot'))
  const config = {
    log: { level: 'error' },
    backends: { web: { use: 'web', port: pagePort, rooms: ['lobby'], historySize: posts * 3 } },
    sinks: { generic: { use: 'generic', port: sinkPort, certfile: 'certificate.pem', auth: { type: 'none' }, conversations: ['lobby'] } },
  }
  await writeFile(join(app, 'bot.config.json'), JSON.stringify(config))
  await run(app, 'generate-certificate', 'certificate.pem')
}

async function run(app: string, ...args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [CLI, ...args], { cwd: app, stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => void (out += String(chunk)))
  child.stderr.on('data', (chunk: Buffer) => void (out += String(chunk)))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`bot ${args.join(' ')} ended with ${code}: ${out}`)
  return out
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return port
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      posts: { type: 'string', default: '10000' },
      kills: { type: 'string', default: '10' },
      'no-keys': { type: 'boolean', default: false },
    },
  })
  const keys = !values['no-keys']
  const proof = await killProof({ posts: Number(values.posts), kills: Number(values.kills), keys })
  const { answered, requests, kills, lost, repeated, seconds } = proof
  console.log(
    `${keys ? 'with' : 'without'} Idempotency-Key: ${answered} posts answered, ${requests} requests, ${kills} kills, lost ${lost.length}, repeated ${repeated.length}, ${seconds.toFixed(1)} s`,
  )
  if (lost.length > 0 || (keys && repeated.length > 0)) process.exit(1)
}

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const STARTER = fileURLToPath(new URL('..', import.meta.url))
const CLI = join(STARTER, 'node_modules/@bot/core/src/cli/main.ts')
const START_MS = 30_000

/** The starter in a folder of its own, as somebody has it who copied it; only its two ports are others. */
export class Starter {
  readonly dir: string
  readonly pagePort: number
  readonly sinkPort: number
  /** Everything printed so far. */
  printed = ''
  #child: ChildProcess | undefined

  private constructor(dir: string, pagePort: number, sinkPort: number) {
    this.dir = dir
    this.pagePort = pagePort
    this.sinkPort = sinkPort
  }

  static async copy(): Promise<Starter> {
    const dir = await mkdtemp(join(tmpdir(), 'starter-'))
    for (const part of ['package.json', 'bot.config.ts', 'plugins']) await cp(join(STARTER, part), join(dir, part), { recursive: true })
    await symlink(join(STARTER, 'node_modules'), join(dir, 'node_modules'))
    const starter = new Starter(dir, await freePort(), await freePort())
    const config = join(dir, 'bot.config.ts')
    const text = await readFile(config, 'utf8')
    await writeFile(config, text.replace('port: 3000', `port: ${starter.pagePort}`).replace('port: 9002', `port: ${starter.sinkPort}`))
    return starter
  }

  get page(): string {
    return `http://127.0.0.1:${this.pagePort}/`
  }

  /** What its start script does. Resolves when the start-up message is complete; rejects with what was printed when it ends before. */
  async start(): Promise<void> {
    await this.bot('generate-certificate', 'data/certificate.pem', '--if-missing')
    const child = this.#spawn('start')
    this.#child = child
    const deadline = AbortSignal.timeout(START_MS)
    while (!/^ +curl .*$/m.test(this.printed)) {
      await Promise.race([once(child.stderr as NodeJS.ReadableStream, 'data'), once(child, 'exit'), once(deadline, 'abort')])
      if (child.exitCode !== null || deadline.aborted) throw new Error(this.printed)
    }
  }

  /** Runs another command of the CLI to its end. */
  async bot(...args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> {
    const child = this.#spawn(...args)
    let output = ''
    child.stdout?.on('data', (chunk: Buffer) => void (output += String(chunk)))
    child.stderr?.on('data', (chunk: Buffer) => void (output += String(chunk)))
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, output }
  }

  /** Closes this side of its output, as a terminal does that goes away. */
  stopReading(): void {
    this.#child?.stdout?.destroy()
    this.#child?.stderr?.destroy()
  }

  /** Resolves to the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
    const exit = once(child, 'exit') as Promise<[number | null]>
    child.kill(signal)
    this.printed = ''
    return (await exit)[0]
  }

  async remove(): Promise<void> {
    await this.stop('SIGKILL')
    await rm(this.dir, { recursive: true, force: true })
  }

  #spawn(...args: readonly string[]): ChildProcess {
    const child = spawn(process.execPath, [CLI, ...args], { cwd: this.dir, stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.on('data', (chunk: Buffer) => void (this.printed += String(chunk)))
    child.stderr.on('data', (chunk: Buffer) => void (this.printed += String(chunk)))
    return child
  }
}

/** Chromium of the system, or undefined. */
export async function findChromium(): Promise<string | undefined> {
  const named = process.env['CHROMIUM_PATH']
  const candidates = [...(named === undefined ? [] : [named]), '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
  for (const path of candidates) {
    if (
      await readFile(path).then(
        () => true,
        () => false,
      )
    )
      return path
  }
  return undefined
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { readonly port: number }
  server.close()
  return port
}

/** The smallest picture: one transparent pixel. */
export const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

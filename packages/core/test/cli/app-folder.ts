import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished, vi } from 'vitest'

import { run } from '../../src/cli/run.ts'

// Processes are started, on machines that may have much else to do.
vi.setConfig({ testTimeout: 60_000 })

const PACKAGES = fileURLToPath(new URL('../../..', import.meta.url))
const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export type Files = Readonly<Record<string, string | object>>

/** A folder outside of the workspace with these files; objects are written as JSON. Gone when the test is over. */
export function makeFolder(files: Files): string {
  // The real path: on some systems the temporary folder is behind a link.
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'bot-app-')))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  addFiles(dir, files)
  return dir
}

export function addFiles(dir: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), typeof content === 'string' ? content : JSON.stringify(content))
  }
}

/** Installs packages of the workspace into a folder, as links. */
export function linkPackages(dir: string, ...names: readonly string[]): void {
  mkdirSync(join(dir, 'node_modules/@bot'), { recursive: true })
  for (const name of names) symlinkSync(join(PACKAGES, name), join(dir, 'node_modules/@bot', name), 'junction')
}

export interface Finished {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs `bot` as people do, in a process of its own. */
export async function bot(cwd: string, words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Finished> {
  return running(cwd, words, env).finished
}

/** Runs `bot` in this process: quicker, for commands that load nothing and leave nothing open. */
export async function botHere(cwd: string, words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Finished> {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const code = await run(words, { cwd, env, stdout, stderr, isTerminal: false })
  stdout.end()
  stderr.end()
  return { code, out: await text(stdout), err: await text(stderr) }
}

export interface Running {
  readonly child: ChildProcess
  readonly finished: Promise<Finished>
  /** Resolves when standard error holds this text; rejects when the process ends without. */
  saysOnError(text: string): Promise<string>
}

export function running(cwd: string, words: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(process.execPath, [MAIN, ...words], {
    cwd,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let out = ''
  let err = ''
  const waiting: (() => void)[] = []
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString()
    for (const look of waiting) look()
  })
  const finished = new Promise<Finished>((resolve) => child.on('close', (code) => resolve({ code, out, err })))
  return {
    child,
    finished,
    saysOnError: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (err.includes(text)) resolve(err)
        }
        waiting.push(look)
        look()
        void finished.then(() => reject(new Error(`it ended without ${JSON.stringify(text)}: ${err}`)))
      }),
  }
}

import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'

import { BotError, codeOf } from './contract/errors.ts'

/*
 * The way into a running bot for its operator: a socket of the machine that only the owner of the data directory may open. One JSON object a line:
 * { id, method, params } goes in, { id, result } or { id, error: { code, message } } comes out, in whatever order they are done.
 */

/** A call by the operator. What it resolves to is sent as JSON. */
export type ControlMethod = (params: unknown) => unknown

export interface Control {
  readonly path: string
  /** Takes nothing new and hangs up. */
  close(): Promise<void>
}

/** Systems keep the path of a socket in about a hundred bytes. */
const LONGEST_PATH_BYTES = 100

/** Where the socket of a data directory lies: in it, or under a name made from it where its path is too long for a socket. */
export function controlPath(dataDir: string, platform: NodeJS.Platform = process.platform): string {
  const hash = createHash('sha256').update(dataDir).digest('hex').slice(0, 24)
  if (platform === 'win32') return `\\\\.\\pipe\\bot-${hash}`
  const path = join(dataDir, 'control.sock')
  return Buffer.byteLength(path) < LONGEST_PATH_BYTES ? path : join(tmpdir(), `bot-${hash}`, 'control.sock')
}

/**
 * Listens for the operator. Resolves when the socket takes calls; one that a killed process left behind is replaced. Rejects with `STORE_LOCKED` where
 * another bot answers on it.
 */
export async function openControl(path: string, methods: Readonly<Record<string, ControlMethod>>): Promise<Control> {
  const isFile = !path.startsWith('\\\\')
  if (isFile) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    if (existsSync(path)) await removeStale(path)
  }
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    serve(socket, methods)
  })
  await listen(server, path)
  if (isFile) chmodSync(path, 0o600)
  return {
    path,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroySoon()
      }),
  }
}

function serve(socket: Socket, methods: Readonly<Record<string, ControlMethod>>): void {
  const lines = createInterface({ input: socket, crlfDelay: Infinity })
  // The other side may hang up at any time; there is nobody to tell. The reader hands the socket's errors on.
  socket.on('error', () => socket.destroy())
  lines.on('error', () => lines.close())
  lines.on('line', (line) => {
    void answer(line, methods).then((text) => {
      if (!socket.destroyed) socket.write(`${text}\n`)
    })
  })
}

async function answer(line: string, methods: Readonly<Record<string, ControlMethod>>): Promise<string> {
  let id: unknown = null
  try {
    const call = JSON.parse(line) as { readonly id?: unknown; readonly method?: unknown; readonly params?: unknown } | null
    id = call?.id ?? null
    const name = call?.method
    const method = typeof name === 'string' && Object.hasOwn(methods, name) ? methods[name] : undefined
    if (method === undefined)
      throw new BotError('BOT_USAGE', `The running bot knows no call ${JSON.stringify(name)}; is it of the same version?`)
    return JSON.stringify({ id, result: (await method(call?.params)) ?? null })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return JSON.stringify({ id, error: { code: codeOf(error) ?? 'BOT_USAGE', message } })
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

async function removeStale(path: string): Promise<void> {
  const alive = await new Promise<boolean>((resolve) => {
    const probe = createConnection(path, () => {
      probe.destroy()
      resolve(true)
    })
    probe.on('error', () => resolve(false))
  })
  if (alive) throw new BotError('STORE_LOCKED', `Another bot runs in this data directory and answers on ${path}. Stop it first.`)
  rmSync(path, { force: true })
}

import { createConnection } from 'node:net'
import { createInterface } from 'node:readline'

import { BotError, codeOf } from '../contract/errors.ts'
import { controlPath } from '../control.ts'

/** A line to a running bot. */
export interface ControlClient {
  /** Resolves to what the bot answers; rejects with the bot's own error, or with `BOT_CLOSED` when it hangs up. */
  call(method: string, params?: unknown): Promise<unknown>
  close(): void
}

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

interface Answer {
  readonly id: number
  readonly result?: unknown
  readonly error?: { readonly code: string; readonly message: string }
}

/** Connects to the bot that runs with this data directory. Resolves to undefined where none does. */
export function connectControl(dataDir: string): Promise<ControlClient | undefined> {
  return new Promise((resolve, reject) => {
    const path = controlPath(dataDir)
    const socket = createConnection(path)
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // No socket, or one that a killed bot left behind.
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined)
      else
        reject(
          new BotError('BOT_CLOSED', `The running bot could not be reached on ${path} (${String(error.code)}): are you its user?`, {
            cause: error,
          }),
        )
    })
    socket.once('connect', () => {
      const waiting = new Map<number, Waiting>()
      let last = 0
      const lines = createInterface({ input: socket, crlfDelay: Infinity })
      lines.on('line', (line) => {
        const answer = JSON.parse(line) as Answer
        const asker = waiting.get(answer.id)
        waiting.delete(answer.id)
        if (answer.error === undefined) asker?.resolve(answer.result)
        else asker?.reject(new BotError(codeOf(answer.error) ?? 'BOT_CLOSED', answer.error.message))
      })
      // The bot may go at any time: `close` tells those who wait. The reader hands the socket's errors on.
      socket.on('error', () => socket.destroy())
      lines.on('error', () => lines.close())
      socket.on('close', () => {
        for (const { reject: fail } of waiting.values())
          fail(new BotError('BOT_CLOSED', 'The running bot hung up before it answered. Is it stopping?'))
      })
      resolve({
        call(method, params) {
          return new Promise((done, fail) => {
            waiting.set(++last, { resolve: done, reject: fail })
            socket.write(`${JSON.stringify({ id: last, method, params })}\n`)
          })
        },
        close: () => socket.end(),
      })
    })
  })
}

import { once } from 'node:events'
import { type IncomingMessage, type ServerResponse } from 'node:http'
import { type Duplex } from 'node:stream'
import { type Clock, type HttpRequest, type HttpResponse, type Logger } from '@bot/core/backend'
import { plainAddress } from './address.ts'
import { type Answer, type Arrival } from './exchange.ts'

/** How long an answer to a request that was not read to its end stays on the line, so that the peer can take it before the connection closes. */
const LINGER_MS = 500
const SLICE_BYTES = 64 * 1024

/**
 * Why a request is refused before anything looks at it: two readers of one request, such as a proxy and this listener, might understand it
 * differently. Undefined where nothing is wrong.
 */
export function ambiguity(message: IncomingMessage): string | undefined {
  const count = (name: string): number =>
    message.rawHeaders.filter((header, index) => index % 2 === 0 && header.toLowerCase() === name).length
  if (count('host') > 1) return 'There may be only one Host header.'
  const encodings = count('transfer-encoding')
  if (encodings > 0) {
    if (count('content-length') > 0) return 'Transfer-Encoding and Content-Length exclude each other.'
    if (encodings > 1 || message.headers['transfer-encoding']?.toLowerCase() !== 'chunked') return 'The only Transfer-Encoding is chunked.'
    if (message.httpVersion === '1.0') return 'HTTP/1.0 has no Transfer-Encoding.'
  }
  return undefined
}

/** The parts of a request that are known once its head has arrived. */
export function headOf(message: IncomingMessage, secure: boolean): Pick<HttpRequest, 'method' | 'headers' | 'remoteAddress' | 'secure'> {
  return {
    method: message.method ?? '',
    headers: joinHeaders(message.rawHeaders),
    remoteAddress: plainAddress(message.socket.remoteAddress ?? ''),
    secure,
  }
}

function joinHeaders(raw: readonly string[]): Record<string, string | undefined> {
  const headers = Object.create(null) as Record<string, string | undefined>
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] as string).toLowerCase()
    const value = raw[index + 1] as string
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
  }
  return headers
}

export function arrivalOf(message: IncomingMessage, secure: boolean, signal: AbortSignal, proceed: () => void): Arrival {
  return {
    ...headOf(message, secure),
    target: message.url ?? '',
    signal,
    readBody: async (maxBytes) => {
      proceed()
      const chunks: Buffer[] = []
      let size = 0
      // Destroying the request would take the connection, and with it the answer.
      for await (const chunk of message.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        size += chunk.length
        if (size > maxBytes) return undefined
        chunks.push(chunk)
      }
      return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size)
    },
  }
}

export interface WriteOptions {
  readonly clock: Clock
  readonly log: Logger
  readonly timeoutMs: number
  /** Aborted when the peer is gone. */
  readonly signal: AbortSignal
}

/** Writes an answer; resolves when it has left or can no longer. */
export async function writeAnswer(
  message: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  options: WriteOptions,
): Promise<void> {
  const { clock, log, timeoutMs, signal } = options
  if (signal.aborted || response.destroyed) return
  const unread = !message.complete
  if (answer.close || unread) response.shouldKeepAlive = false
  const closed = new Promise((resolve) => response.once('close', resolve))
  try {
    const { body } = answer.response
    if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
      const bytes = typeof body === 'string' ? Buffer.from(body) : (body ?? new Uint8Array())
      response.writeHead(answer.response.status, headersOf(answer.response, bytes.byteLength))
      for (let start = 0; start < bytes.byteLength; start += SLICE_BYTES) {
        if (!response.write(bytes.subarray(start, start + SLICE_BYTES))) await drained(response, options)
      }
    } else {
      response.writeHead(answer.response.status, headersOf(answer.response))
      for await (const chunk of body) {
        if (!response.write(chunk)) await drained(response, options)
      }
    }
    if (unread) {
      response.flushHeaders()
      await clock.sleep(LINGER_MS, signal)
    }
    response.end()
  } catch (err) {
    if (!signal.aborted) log.error({ err }, 'an answer could not be written to its end')
    response.destroy()
  }
  const stalled = clock.after(timeoutMs, () => response.destroy(), { background: true })
  await closed.finally(() => stalled.cancel())
}

function headersOf(response: HttpResponse, length?: number): Record<string, string> {
  const bodiless = response.status === 204 || response.status === 304
  return {
    'x-content-type-options': 'nosniff',
    ...(length === undefined || bodiless ? {} : { 'content-length': String(length) }),
    ...response.headers,
  }
}

/** Resolves when the peer has taken what was written; rejects when it went away or takes nothing for too long. */
async function drained(response: ServerResponse, { clock, timeoutMs, signal }: WriteOptions): Promise<void> {
  const stall = new AbortController()
  const timer = clock.after(timeoutMs, () => stall.abort(), { background: true })
  try {
    await once(response, 'drain', { signal: AbortSignal.any([stall.signal, signal]) })
  } finally {
    timer.cancel()
  }
}

/** Answers on a connection that never became, or is no longer, a request and response, then closes it. */
export function writeRaw(socket: Duplex, response: HttpResponse, statusText: string): void {
  const body = Buffer.from(typeof response.body === 'string' ? response.body : '')
  const headers = { ...headersOf(response, body.length), connection: 'close' }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = Buffer.from(`HTTP/1.1 ${response.status} ${statusText}\r\n${lines.join('')}\r\n`, 'latin1')
  socket.end(Buffer.concat([head, body]), () => socket.destroy())
}

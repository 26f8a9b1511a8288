import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { request as httpRequest, type Agent } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { systemClock, systemRandom, type Clock, type Logger } from '@bot/core'
import { onTestFinished } from 'vitest'
import { generateCertificate, openListener, type ListenOptions } from '../src/index.ts'

/** A folder that goes when the test does. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sink-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A certificate made by our own command; returns its folder and its text, for clients that trust it. */
export async function freshCertificate(options: { folder?: string; days?: number; clock?: Clock; force?: boolean } = {}) {
  const folder = options.folder ?? (await temporaryFolder())
  const file = path.join(folder, 'certificate.pem')
  const made = await generateCertificate({ path: file, clock: systemClock, random: systemRandom, ...options })
  return { folder, file, made, pem: await readFile(file, 'utf8') }
}

export interface Record {
  readonly level: string
  readonly message: string
  readonly fields: Readonly<globalThis.Record<string, unknown>>
}

/** A logger that keeps what it is told. */
export function notedLogger(): { log: Logger; records: Record[]; text(): string } {
  const records: Record[] = []
  const at =
    (level: string) =>
    (first: string | globalThis.Record<string, unknown>, message?: string): void => {
      records.push(typeof first === 'string' ? { level, message: first, fields: {} } : { level, message: message ?? '', fields: first })
    }
  const log: Logger = {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
    child: () => log,
  }
  const text = () => records.map(({ level, message, fields }) => `${level} ${message} ${describe(fields)}`).join('\n')
  return { log, records, text }
}

function describe(fields: object): string {
  return Object.entries(fields)
    .map(([key, value]) => `${key}=${value instanceof Error ? value.stack : JSON.stringify(value)}`)
    .join(' ')
}

/** A listener on a free port of this machine, closed with the test. */
export async function listening(options: Partial<ListenOptions> = {}, clock: Clock = systemClock) {
  const { folder, file, pem } = await freshCertificate()
  const { log, records, text } = notedLogger()
  const services = { name: 'listener test', log, clock, random: systemRandom, appDir: folder }
  const listener = await openListener({ host: '127.0.0.1', port: 0, tls: { certfile: 'certificate.pem' }, ...options }, services)
  onTestFinished(() => listener.close())
  return { listener, folder, file, pem, records, logText: text, services, port: Number(new URL(listener.url).port) }
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<globalThis.Record<string, string | string[] | undefined>>
  readonly body: string
  readonly json: () => Readonly<globalThis.Record<string, unknown>>
}

export interface Sent {
  readonly method?: string
  readonly headers?: globalThis.Record<string, string | string[]>
  readonly body?: string | Uint8Array
  readonly ca?: string
  readonly agent?: Agent
}

/** Sends one request as it is: no redirects, nothing added. */
export function send(url: string, { method = 'POST', headers = {}, body, ca, agent }: Sent = {}): Promise<Reply> {
  const { protocol, host } = new URL(url)
  return new Promise((resolve, reject) => {
    const request = protocol === 'https:' ? httpsRequest : httpRequest
    const secure = ca === undefined ? { rejectUnauthorized: false } : { ca }
    // The path by hand: URL would tidy what a test wants untidy.
    const target = url.slice(`${protocol}//${host}`.length) || '/'
    const sent = request(`${protocol}//${host}`, { method, path: target, headers, agent, ...secure }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const json = () => JSON.parse(text) as globalThis.Record<string, unknown>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text, json })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** Waits for a condition, with a deadline. */
export async function until(condition: () => boolean | Promise<boolean>, what: string, deadlineMs = 5000): Promise<void> {
  const end = systemClock.monotonic() + deadlineMs
  while (!(await condition())) {
    if (systemClock.monotonic() > end) throw new Error(`did not happen within ${deadlineMs} ms: ${what}`)
    await systemClock.sleep(5)
  }
}

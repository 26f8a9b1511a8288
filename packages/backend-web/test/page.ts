import { randomUUID } from 'node:crypto'
import { WebSocket } from 'ws'
import type { ServerFrame, WireFile } from '../src/protocol.ts'
import type { TestBot } from './bot.ts'
import { until } from './bot.ts'

type Answer = Extract<ServerFrame, { t: 'ok' | 'no' }>

/** Somebody at the page, without the page: speaks its protocol over a real socket. */
export class Person {
  readonly frames: ServerFrame[] = []
  readonly session: string
  closed: number | undefined
  readonly socket: WebSocket
  readonly #url: string

  private constructor(url: string, session: string, socket: WebSocket) {
    this.#url = url
    this.session = session
    this.socket = socket
    socket.on('message', (data: Buffer) => this.frames.push(JSON.parse(data.toString('utf8')) as ServerFrame))
    socket.on('close', (code) => (this.closed = code))
  }

  static async enter(bot: TestBot, name: string): Promise<Person> {
    const response = await post(bot.url, '/session', { name })
    const answer = (await response.json()) as { session: string; message?: string }
    if (!response.ok) throw new Error(`${response.status}: ${answer.message}`)
    return Person.resume(bot.url, answer.session)
  }

  static async resume(url: string, session: string, known: { since?: number; epoch?: string } = {}): Promise<Person> {
    const person = new Person(url, session, open(url))
    await until(() => person.socket.readyState === WebSocket.OPEN || person.closed !== undefined, 'an open socket')
    person.send({ t: 'hello', v: 1, session, ...known })
    await until(() => person.closed !== undefined || person.frames.some((frame) => frame.t === 'ready'), 'the welcome')
    return person
  }

  send(frame: object): void {
    this.socket.send(JSON.stringify(frame))
  }

  /** Does an operation; resolves to its answer. */
  async act(frame: { t: string; id?: string } & Record<string, unknown>): Promise<Answer> {
    const id = frame.id ?? randomUUID()
    const before = this.frames.length
    this.send({ ...frame, id })
    const answer = () => this.frames.slice(before).find((one): one is Answer => (one.t === 'ok' || one.t === 'no') && one.id === id)
    await until(answer, `the answer to ${frame.t}`)
    return answer() as Answer
  }

  async say(conv: string, text: string, more: Record<string, unknown> = {}) {
    const answer = await this.act({ t: 'post', conv, text, ...more })
    if (answer.t === 'no') throw new Error(answer.reason)
    return answer.message as NonNullable<typeof answer.message>
  }

  /** The frame that fits, once it has come. */
  async got<T extends ServerFrame['t']>(
    t: T,
    fits: (frame: Extract<ServerFrame, { t: T }>) => boolean = () => true,
  ): Promise<Extract<ServerFrame, { t: T }>> {
    const found = () =>
      this.frames.find((frame): frame is Extract<ServerFrame, { t: T }> => frame.t === t && fits(frame as Extract<ServerFrame, { t: T }>))
    await until(found, `a frame ${t}`)
    return found() as Extract<ServerFrame, { t: T }>
  }

  /** All messages this page knows of, in their latest form. */
  get messages() {
    const known = new Map(
      this.frames
        .flatMap((frame) => (frame.t === 'messages' ? frame.messages : frame.t === 'message' ? [frame.message] : []))
        .map((m) => [m.id, m]),
    )
    return [...known.values()]
  }

  async upload(name: string, data: Uint8Array, type = 'application/octet-stream'): Promise<WireFile> {
    const headers = { authorization: `Bearer ${this.session}`, 'x-file-name': encodeURIComponent(name), 'content-type': type }
    const response = await fetch(`${this.#url}/files`, { method: 'POST', headers, body: Buffer.from(data) })
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
    return (await response.json()) as WireFile
  }

  download(file: { id: string; name: string }): Promise<Response> {
    return fetch(`${this.#url}/files/${file.id}/${encodeURIComponent(file.name)}`, { headers: { authorization: `Bearer ${this.session}` } })
  }

  async leave(): Promise<void> {
    this.socket.close()
    await until(() => this.closed !== undefined, 'the close')
  }
}

export function open(url: string, headers: Record<string, string> = {}): WebSocket {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket`, { headers: { origin: url, ...headers } })
  // A refusal is what some tests look for; the others wait for a state.
  return socket.on('error', () => undefined)
}

export function post(url: string, path: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
}

export const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')

import { codeOf, type BackendHost, type Timer } from '@bot/core/backend'
import type { WebSocket } from 'ws'
import type { StoredMessage } from './archive.ts'
import type { Chat } from './chat.ts'
import type { Link } from './hub.ts'
import { addressFor, conversationKey } from './identity.ts'
import type { People } from './people.ts'
import { CLOSE, PROTOCOL_VERSION, decodeFrame, type AnyPageFrame, type Hello, type Operation, type ServerFrame } from './protocol.ts'
import type { Session, Sessions } from './sessions.ts'

const PING_MS = 20_000
const HELLO_MS = 10_000
/** A page that was left has this long to come back before its person counts as gone: a reload is no departure. */
const RETURN_MS = 5_000
/** What may wait for a slow reader. Beyond it the page is cut off, and catches up when it reconnects. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024
const MAX_WAITING_OPERATIONS = 256
const CHUNK_BYTES = 256 * 1024
const PAGE_SIZE = 60

export interface SocketServices {
  readonly chat: Chat
  readonly people: People
  readonly sessions: Sessions
  readonly host: BackendHost
  readonly title: string
  readonly maxFileBytes: number
}

/** Serves one open page. Its operations are done one after another, so that what a person says stays in order. */
export class PageSocket {
  readonly #ws: WebSocket
  readonly #services: SocketServices
  #link: Link | undefined
  #timer: Timer
  #answered = true
  #turn: Promise<void> = Promise.resolve()
  #waiting = 0

  constructor(ws: WebSocket, services: SocketServices) {
    this.#ws = ws
    this.#services = services
    this.#timer = services.host.clock.after(HELLO_MS, () => ws.close(CLOSE.malformed, 'no hello'), { background: true })
    ws.on('message', (data: Buffer, binary: boolean) => this.#received(data, binary))
    ws.on('pong', () => {
      this.#answered = true
      services.host.alive()
    })
    ws.on('close', () => this.#closed())
    ws.on('error', (error: Error) => services.host.log.debug({ error }, 'the connection of a page failed'))
  }

  #received(data: Buffer, binary: boolean): void {
    const frame = binary ? undefined : decodeFrame(data.toString('utf8'))
    if (frame === undefined || (this.#link === undefined) !== (frame.t === 'hello')) {
      this.#services.host.log.warn('a page sent what is not a frame of the protocol; its connection was closed')
      this.#ws.close(CLOSE.malformed, 'not a frame of this protocol')
      return
    }
    this.#answered = true
    if (frame.t === 'hello') this.#greet(frame)
    else if (this.#link !== undefined) this.#handle(frame, this.#link.session)
  }

  #greet(hello: Hello): void {
    const { sessions, chat, people } = this.#services
    this.#timer.cancel()
    if (hello.v !== PROTOCOL_VERSION) return this.#ws.close(CLOSE.otherVersion, 'reload the page')
    const session = sessions.find(hello.session)
    if (session === undefined) return this.#ws.close(CLOSE.badSession, 'log in again')
    const link: Link = { session, send: (frame) => this.#send(frame), close: (code, reason) => this.#ws.close(code, reason) }
    this.#link = link
    this.#ping()
    this.#inTurn(async () => {
      for (const room of await chat.directory.meet({ id: session.person, name: session.name })) chat.tellRoom(room)
      if (chat.hub.add(link)) people.present(session, chat.hub.status(session.person))
      await this.#catchUp(hello, session.person)
    })
  }

  #handle(frame: Exclude<AnyPageFrame, Hello>, session: Session): void {
    const { chat, people } = this.#services
    switch (frame.t) {
      case 'typing':
        return people.typing(session, frame)
      case 'presence':
        chat.hub.setStatus(session.person, frame.status)
        return people.present(session, frame.status)
      case 'history':
        return this.#inTurn(() => this.#sendHistory(frame.conv, session.person, frame.before))
      default:
        return this.#inTurn(() => this.#perform(session, frame))
    }
  }

  async #perform(session: Session, operation: Operation): Promise<void> {
    try {
      const message = await this.#services.people.perform(session, operation)
      this.#send({ t: 'ok', id: operation.id, ...(message !== undefined && { message }) })
    } catch (error) {
      const { reason, again } = explain(error)
      if (again) this.#services.host.log.warn({ error, operation: operation.t }, 'an operation of the web page was not accepted')
      this.#send({ t: 'no', id: operation.id, reason, again })
    }
  }

  /** Sends all that is new, then `ready`: only now may the page count its gap as closed. */
  async #catchUp(hello: Hello, person: string): Promise<void> {
    const { chat, title, maxFileBytes } = this.#services
    const { archive } = chat
    const known = hello.epoch === archive.epoch ? hello.since : undefined
    this.#send(chat.welcome(person, title, maxFileBytes, known === undefined))
    const rev = archive.rev
    for (const conv of [...chat.conversationsOf(person)]) {
      if (known === undefined) await this.#sendHistory(addressFor(conv, person), person)
      else
        await this.#sendMessages(
          conv,
          person,
          archive.messages(conv).filter((message) => message.rev > known),
          false,
          false,
        )
    }
    this.#send({ t: 'ready', rev })
  }

  async #sendHistory(address: string, person: string, before = Infinity): Promise<void> {
    const { chat } = this.#services
    const conv = conversationKey(address, person)
    if (!chat.isIn(conv, person)) return
    const older = chat.archive.messages(conv).filter((message) => message.seq < before && chat.canSee(message, person))
    await this.#sendMessages(conv, person, older.slice(-PAGE_SIZE), true, older.length > PAGE_SIZE)
  }

  async #sendMessages(conv: string, person: string, messages: readonly StoredMessage[], page: boolean, more: boolean): Promise<void> {
    const { chat } = this.#services
    const address = addressFor(conv, person)
    const visible = messages.filter((message) => chat.canSee(message, person)).map((message) => chat.wireMessage(message, person))
    let chunk: typeof visible = []
    let size = 0
    for (const message of visible) {
      chunk.push(message)
      size += JSON.stringify(message).length
      if (size < CHUNK_BYTES) continue
      await this.#sendDrained({ t: 'messages', conv: address, messages: chunk, page, more })
      chunk = []
      size = 0
    }
    if (chunk.length > 0 || page) await this.#sendDrained({ t: 'messages', conv: address, messages: chunk, page, more })
  }

  #inTurn(work: () => Promise<void>): void {
    this.#waiting += 1
    if (this.#waiting > MAX_WAITING_OPERATIONS) return this.#ws.close(CLOSE.tooSlow, 'too much at once')
    const turn = async () => {
      try {
        await work()
      } catch (error) {
        this.#services.host.log.error({ error }, 'serving a page failed; it reconnects')
        this.#ws.terminate()
      } finally {
        this.#waiting -= 1
      }
    }
    this.#turn = this.#turn.then(turn)
  }

  #send(frame: ServerFrame): void {
    if (this.#ws.readyState !== this.#ws.OPEN) return
    if (this.#ws.bufferedAmount > MAX_WAITING_BYTES) {
      this.#services.host.log.warn(
        { person: this.#link?.session.person },
        'a page reads too slowly and was cut off; it catches up when it reconnects',
      )
      return this.#ws.terminate()
    }
    this.#ws.send(JSON.stringify(frame))
  }

  #sendDrained(frame: ServerFrame): Promise<void> {
    return new Promise((resolve) => {
      if (this.#ws.readyState !== this.#ws.OPEN) return resolve()
      // An error here is a lost connection, which its close event deals with.
      this.#ws.send(JSON.stringify(frame), () => resolve())
    })
  }

  #ping(): void {
    this.#timer = this.#services.host.clock.after(
      PING_MS,
      () => {
        if (!this.#answered) return this.#ws.terminate()
        this.#answered = false
        this.#ws.ping()
        this.#ping()
      },
      { background: true },
    )
  }

  #closed(): void {
    this.#timer.cancel()
    const link = this.#link
    if (link === undefined) return
    const { chat, people, sessions, host } = this.#services
    const { session } = link
    sessions.seen(session)
    if (!chat.hub.remove(link)) return
    const gone = () => {
      if (chat.hub.status(session.person) === 'offline') people.present(session, 'offline')
    }
    host.clock.after(RETURN_MS, gone, { background: true })
  }
}

function explain(error: unknown): { readonly reason: string; readonly again: boolean } {
  const code = codeOf(error)
  const final = code === 'BACKEND_REFUSED' || code === 'ROOM_NOT_FOUND' || code === 'ROOM_REFUSED'
  if (final) return { reason: (error as Error).message, again: false }
  if (code === 'BOT_BUSY')
    return { reason: 'The bot has too much to do right now. Your text is kept: send it again in a moment.', again: true }
  if (code === 'BOT_CLOSED') return { reason: 'The bot is stopping. Your text is kept: send it again when it is back.', again: true }
  return {
    reason: 'The bot could not keep this. Your text is kept: send it again, and tell whoever runs the bot if it goes on.',
    again: true,
  }
}

import type { Duplex } from 'node:stream'
import type { IncomingMessage } from 'node:http'
import {
  BotError,
  type Address,
  type Backend,
  type BackendHost,
  type CommandDescriptor,
  type Content,
  type HttpHost,
  type Identifier,
  type IncomingFile,
  type Message,
  type MessageLimits,
  type OutgoingMessage,
  type Person,
  type PresenceStatus,
  type Receipt,
  type Room,
  type UpgradeRequest,
} from '@bot/core/backend'
import { openListener } from '@bot/sink-kit'
import { WebSocketServer } from 'ws'
import { conversationWithBot, resolveAddress, resolveRoom } from './addresses.ts'
import { Chat } from './chat.ts'
import { plainBody, storeContent } from './encode.ts'
import { messageEvent } from './decode.ts'
import { Identities, addressFor, roomId } from './identity.ts'
import { checkExposure, exposed, type WebOptions } from './options.ts'
import { OriginGuard } from './origin.ts'
import { People, withReaction } from './people.ts'
import { CLOSE } from './protocol.ts'
import { WebRoom } from './room.ts'
import { Sessions } from './sessions.ts'
import { createSite } from './site.ts'
import { PageSocket } from './socket.ts'

const MAX_FRAME_BYTES = 256 * 1024
const MAX_PAGES = 1000

/**
 * The web page: a chat service of the bot's own, over HTTP and WebSocket. Rooms, people and messages stand in the bot's storage, so a send is on disk
 * when it resolves and a repeated key is recognised for ever. Slow or lost pages never hold the bot up: they are cut off and catch up by themselves.
 * There are no voice, no search and no push when no page is open.
 */
export class WebBackend implements Backend {
  readonly limits: MessageLimits
  readonly features = ['threads', 'cards', 'actions', 'files', 'mentions'] as const
  readonly idempotentMs = Infinity
  readonly roomClass = WebRoom
  readonly #options: WebOptions
  readonly #host: BackendHost
  readonly #chat: Chat
  readonly #sending = new Map<string, Promise<Receipt>>()
  #url: string | undefined

  constructor(options: WebOptions, host: BackendHost) {
    checkExposure(options)
    this.#options = options
    this.#host = host
    // On loopback whoever reaches the page is the operator; a shared password vouches for nobody's name.
    const ids = new Identities(host.instance, options.botName, options.auth.type !== 'password')
    const rooms = options.rooms.map((name) => roomId(name) ?? name)
    this.#chat = new Chat(host, ids, { rooms, historySize: options.historySize })
    this.limits = { max: 40_000, measure, files: 10, fileBytes: options.maxFileBytes }
  }

  async serveOnce(signal: AbortSignal): Promise<void> {
    const { random, clock, state } = this.#host
    const chat = this.#chat
    await chat.load()
    const sessions = new Sessions({ random, clock, state }, this.#options.auth, chat.ids.bot.person, (session) =>
      chat.hub.isConnected(session),
    )
    await sessions.load()
    const people = new People(chat)
    await people.catchUp()
    const listening = await this.#listen()
    try {
      const serving = await this.#serve(listening.http, sessions, people)
      this.#host.connected(chat.ids.bot)
      await ended(signal)
      chat.hub.closeAll(CLOSE.goingAway, 'the bot is stopping')
      await serving.unmount()
    } finally {
      if (listening.own) await listening.http.close()
    }
  }

  async #listen(): Promise<{ readonly http: HttpHost; readonly own: boolean }> {
    const { listener, host, port, certfile, keyfile, auth } = this.#options
    if (listener !== undefined) {
      const http = await this.#host.listener(listener)
      if (auth.type === 'none' && !http.loopback) throw exposed(`the listener "${listener}" can be reached from beyond this machine`)
      return { http, own: false }
    }
    const tls = certfile === undefined ? {} : { tls: { certfile, ...(keyfile !== undefined && { keyfile }) } }
    const { log, clock, random, appDir } = this.#host
    const services = { name: `backend ${this.#host.instance}`, log, clock, random, appDir }
    return { http: await openListener({ host, port, ...tls }, services), own: true }
  }

  async #serve(http: HttpHost, sessions: Sessions, people: People): Promise<{ unmount(): Promise<void> }> {
    const { title, maxFileBytes, allowedOrigins, listener, path, auth } = this.#options
    const prefix = listener === undefined ? '/' : path
    const chat = this.#chat
    const host = this.#host
    const guard = new OriginGuard(allowedOrigins, http.loopback)
    const site = await createSite({ chat, sessions, guard, options: this.#options, host }, prefix === '/' ? '' : prefix)
    const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_FRAME_BYTES })
    const upgrade = (request: UpgradeRequest) => {
      const socket = request.socket as Duplex
      if (request.path !== '/socket') return refuseUpgrade(socket, '404 Not Found')
      if (!guard.hostAllowed(request) || !guard.originAllowed(request)) return refuseUpgrade(socket, '403 Forbidden')
      if (sockets.clients.size >= MAX_PAGES) return refuseUpgrade(socket, '503 Service Unavailable')
      sockets.handleUpgrade(request.raw as IncomingMessage, socket, Buffer.from(request.head), (ws) => {
        new PageSocket(ws, { chat, people, sessions, host, title, maxFileBytes })
      })
    }
    const mount = http.mount(prefix, site, {
      auth: auth.type === 'none' ? 'none' : 'self',
      owner: `backend ${host.instance}`,
      maxBodyBytes: maxFileBytes,
      upgrade,
    })
    this.#url = mount.url
    return {
      unmount: async () => {
        for (const ws of sockets.clients) ws.terminate()
        await mount.unmount()
      },
    }
  }

  /** Where the page is, once it is open. */
  get url(): string | undefined {
    return this.#url
  }

  sendMessage(message: OutgoingMessage): Promise<Receipt> {
    return this.#send(message)
  }

  sendEphemeral(message: OutgoingMessage, onlyTo: Person): Promise<Receipt> {
    return this.#send(message, onlyTo.person)
  }

  /** Attempts at one key share one send. */
  #send(message: OutgoingMessage, onlyTo?: string): Promise<Receipt> {
    const running = this.#sending.get(message.key)
    if (running !== undefined) return running
    const sent = this.#sendOnce(message, onlyTo).finally(() => this.#sending.delete(message.key))
    this.#sending.set(message.key, sent)
    return sent
  }

  async #sendOnce(message: OutgoingMessage, onlyTo?: string): Promise<Receipt> {
    const { archive, ids } = this.#chat
    const kept = await archive.kept(message.key)
    if (kept !== undefined) return receipt(kept)
    const conv = conversationWithBot(this.#chat, message.to)
    const id = this.#host.random.uuid()
    const content = await storeContent(this.#chat, this.#host, message.content, id)
    const root = message.thread === undefined ? undefined : archive.find(message.thread)
    const thread = root === undefined ? message.thread : (root.thread ?? root.id)
    const stored = await archive.add({
      id,
      seq: archive.nextSeq(),
      key: message.key,
      conv,
      from: ids.bot.person,
      name: ids.bot.nick ?? ids.bot.person,
      time: this.#host.clock.now(),
      content,
      ...(thread !== undefined && { thread }),
      ...(message.replyTo !== undefined && { replyTo: message.replyTo }),
      ...(onlyTo !== undefined && { onlyTo }),
    })
    this.#chat.tell(stored)
    return receipt(stored)
  }

  async editMessage(_address: Address, messageId: string, message: OutgoingMessage): Promise<Receipt> {
    const before = this.#own(messageId)
    const content = await storeContent(this.#chat, this.#host, message.content, messageId, before.content.files)
    const edited = await this.#chat.archive.change(messageId, () => ({ content, editedAt: this.#host.clock.now() }))
    if (edited === undefined) throw gone(messageId)
    const kept = new Set(content.files?.map((file) => file.id))
    for (const file of before.content.files ?? []) if (!kept.has(file.id)) await this.#chat.files.remove(file.id)
    this.#chat.tell(edited)
    return receipt(edited)
  }

  async deleteMessage(_address: Address, messageId: string): Promise<void> {
    const before = this.#chat.archive.find(messageId)
    if (before === undefined || before.deleted === true) return
    this.#own(messageId)
    const deleted = await this.#chat.archive.change(messageId, () => ({ deleted: true, content: { blocks: [] }, reactions: [] }))
    for (const file of before.content.files ?? []) await this.#chat.files.remove(file.id)
    if (deleted !== undefined) this.#chat.tell(deleted)
  }

  addReaction(_address: Address, messageId: string, reaction: string): Promise<void> {
    return this.#react(messageId, reaction, true)
  }

  removeReaction(_address: Address, messageId: string, reaction: string): Promise<void> {
    return this.#react(messageId, reaction, false)
  }

  async #react(messageId: string, reaction: string, on: boolean): Promise<void> {
    if (this.#chat.archive.find(messageId)?.deleted !== undefined) throw gone(messageId)
    const bot = this.#chat.ids.bot.person
    const changed = await this.#chat.archive.change(messageId, (message) => withReaction(message, reaction, bot, on))
    if (changed !== undefined) this.#chat.tell(changed)
    else if (this.#chat.archive.find(messageId) === undefined) throw gone(messageId)
  }

  sendTyping(address: Address): Promise<void> {
    const { hub, ids } = this.#chat
    const conv = conversationWithBot(this.#chat, address.to)
    const thread = address.thread === undefined ? {} : { thread: address.thread }
    for (const person of hub.people) {
      if (this.#chat.isIn(conv, person)) hub.send(person, { t: 'typing', conv: addressFor(conv, person), who: ids.bot.person, ...thread })
    }
    return Promise.resolve()
  }

  changePresence(status: PresenceStatus, text: string): Promise<void> {
    this.#chat.botStatus = { status, text }
    this.#chat.tellPerson(this.#chat.ids.bot.person)
    return Promise.resolve()
  }

  registerCommands(_commands: readonly CommandDescriptor[]): Promise<void> {
    this.#chat.tellCommands()
    return Promise.resolve()
  }

  async queryRoom(room: string | Room): Promise<WebRoom> {
    return new WebRoom(this.#chat.ids.room(resolveRoom(this.#chat, room)), this.#chat)
  }

  async joinRoom(room: string | Room): Promise<WebRoom> {
    const handle = await this.queryRoom(room)
    await handle.join()
    return handle
  }

  rooms(): Promise<readonly WebRoom[]> {
    const { directory, ids } = this.#chat
    const mine = [...directory.rooms].filter((room) => room.members.includes(ids.bot.person))
    return Promise.resolve(mine.map((room) => new WebRoom(ids.room(room.name), this.#chat)))
  }

  async history(room: Identifier, options: { readonly limit: number; readonly before?: string }): Promise<readonly Message[]> {
    const { archive, ids } = this.#chat
    const before = options.before === undefined ? undefined : archive.find(options.before)
    if (options.limit <= 0 || (options.before !== undefined && before === undefined)) return []
    const said = archive
      .messages(conversationWithBot(this.#chat, room))
      .filter((message) => message.deleted !== true && message.onlyTo === undefined)
    const older = before === undefined ? said : said.filter((message) => message.seq < before.seq)
    return older
      .slice(-options.limit)
      .map((message) => ({ ...messageEvent(ids, message), body: message.text ?? plainBody(message.content) }))
  }

  async *fetchFile(file: IncomingFile, options: { readonly signal: AbortSignal; readonly maxBytes: number }): AsyncGenerator<Uint8Array> {
    const { ref } = file
    const id = typeof ref === 'object' && ref !== null && 'id' in ref && typeof ref.id === 'string' ? ref.id : ''
    if (this.#chat.files.find(id) === undefined)
      throw new BotError('BACKEND_REFUSED', `The file "${file.name}" is no longer on the web page.`)
    let size = 0
    for await (const part of await this.#chat.files.read(id)) {
      options.signal.throwIfAborted()
      size += part.byteLength
      if (size > options.maxBytes)
        throw new BotError('BACKEND_REFUSED', `The file "${file.name}" is larger than ${options.maxBytes} bytes.`)
      yield part
    }
  }

  async buildIdentifier(text: string): Promise<Identifier> {
    return resolveAddress(this.#chat, text.trim())
  }

  #own(messageId: string) {
    const message = this.#chat.archive.find(messageId)
    if (message === undefined || message.deleted === true) throw gone(messageId)
    if (message.from !== this.#chat.ids.bot.person) throw new BotError('BACKEND_REFUSED', `Message ${messageId} is not the bot's own.`)
    return message
  }
}

function receipt({ id, thread, time }: { readonly id: string; readonly thread?: string; readonly time: number }): Receipt {
  return { messageId: id, time, ...(thread !== undefined && { thread }) }
}

function gone(messageId: string): BotError {
  return new BotError('BACKEND_REFUSED', `Message ${messageId} is no longer on the web page.`)
}

function measure({ blocks, card, actions }: Content): number {
  return JSON.stringify({ blocks, card, actions }).length
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

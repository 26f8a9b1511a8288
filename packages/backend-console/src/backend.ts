/*
 * The terminal as a chat service: one person types, or a script is piped in, and the bot's messages are printed. A line is taken when the bot has
 * committed it, a message is sent when the stream has written it; a slow reader of the output slows the bot's sending, nothing is dropped. At the
 * end of a script the bot stops once everything is said. A new process is a new screen: what an earlier one showed cannot be looked up.
 */
import {
  BotError,
  plainText,
  type Address,
  type Backend,
  type BackendHost,
  type Content,
  type Identifier,
  type IncomingFile,
  type JoinOptions,
  type Message,
  type MessageLimits,
  type OutgoingMessage,
  type Person,
  type PresenceStatus,
  type Receipt,
  type ReplyOptions,
  type Room,
  type Timer,
} from '@bot/core/backend'
import { complete } from './completion.ts'
import { Deliveries } from './deliveries.ts'
import { Directory } from './directory.ts'
import { Editor } from './editor.ts'
import { readSent, saveFile } from './files.ts'
import { PlainScreen } from './input.ts'
import { LineHistory } from './line-history.ts'
import { readAll } from './loop.ts'
import { messageLines, noteLines, placeText, speakerSpans } from './message.ts'
import type { ConsoleOptions } from './options.ts'
import type { View } from './render.ts'
import { ConsoleRoom } from './room.ts'
import { Session } from './session.ts'
import { span } from './style.ts'
import { takesColor, type Screen, type Terminal } from './terminal.ts'
import { messageOf, Transcript, type Entry, type NewEntry, type Place } from './transcript.ts'

const TYPING_MS = 5000
/** A repeat follows its first attempt closely, so the latest keys are enough. */
const KEYS_KEPT = 10_000

/** Makes a console on the given terminal. */
export function createConsole(options: ConsoleOptions, host: BackendHost, terminal: Terminal): ConsoleBackend {
  return new ConsoleBackend(options, host, terminal)
}

export class ConsoleBackend implements Backend {
  readonly limits: MessageLimits = { max: 100_000, measure: (content) => plainText(content).length }
  readonly features = ['threads', 'cards', 'actions', 'files', 'mentions'] as const
  /** A key is recognised within the process, and on the screen of a new one nothing has been shown yet. */
  readonly idempotentMs = Infinity
  readonly roomClass = ConsoleRoom
  readonly directory: Directory

  readonly #options: ConsoleOptions
  readonly #host: BackendHost
  readonly #terminal: Terminal
  readonly #deliveries: Deliveries
  readonly #transcript: Transcript
  readonly #sent = new Map<string, Promise<Receipt>>()
  #screen: Screen | undefined
  #session: Session | undefined
  #typing: Timer | undefined
  #loaded: Promise<void> | undefined

  constructor(options: ConsoleOptions, host: BackendHost, terminal: Terminal) {
    this.#options = options
    this.#host = host
    this.#terminal = terminal
    this.#deliveries = new Deliveries(host)
    this.#transcript = new Transcript(host.random.uuid().slice(0, 8), () => host.clock.now())
    this.directory = new Directory(host.instance, options.botName, host.state, {
      happened: (event) => {
        this.#deliveries
          .send(event)
          .catch((error: unknown) => host.log.warn({ err: error, kind: event.kind }, 'the bot did not take an event'))
      },
      note: (text) => {
        if (this.#screen === undefined) return
        this.#note(text).catch((error: unknown) => host.log.warn({ err: error }, 'a remark could not be printed'))
      },
    })
    // A reader that goes away, as `head` does, must not bring the process down unasked.
    terminal.output.on('error', (error) => {
      host.log.warn({ err: error }, 'the terminal takes no more output')
      host.shutdown('the terminal takes no more output')
    })
  }

  async serveOnce(signal: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    if (signal.aborted) return
    await this.#load()
    const history = new LineHistory(this.#host, await this.#host.dataDir())
    const screen = await this.#openScreen(history)
    this.#screen = screen
    const session = new Session({ ...this.#parts(screen), echoed: this.#terminal.isTTY && !screen.interactive }, this.#options.user)
    this.#session = session
    const close = (): void => screen.close()
    signal.addEventListener('abort', close, { once: true })
    if (signal.aborted) close()
    try {
      this.#host.connected(this.directory.bot)
      if (screen.interactive) await session.note(`Talking to ${this.#options.botName}. Tab completes, /help lists more, Ctrl-D ends.`)
      const [first] = this.#options.rooms
      await session.start(first === undefined ? undefined : this.directory.roomName(first))
      await readAll({ screen, session, deliveries: this.#deliveries, host: this.#host, signal, aborted })
      screen.close()
      await this.#goOffline(session)
      if (!signal.aborted) this.#host.shutdown(session.ended ? `${session.who} ended it with /quit` : 'the input has ended')
      await aborted
    } finally {
      signal.removeEventListener('abort', close)
      screen.close()
      this.#typing?.cancel()
      await history.saved()
      this.#screen = undefined
      this.#session = undefined
    }
  }

  #parts(screen: Screen): { directory: Directory; transcript: Transcript; deliveries: Deliveries; screen: Screen } {
    return { directory: this.directory, transcript: this.#transcript, deliveries: this.#deliveries, screen }
  }

  async #openScreen(history: LineHistory): Promise<Screen> {
    if (this.#options.plain ?? !this.#terminal.isTTY) return new PlainScreen(this.#terminal)
    return new Editor(this.#terminal, {
      color: this.#options.color ?? takesColor(this.#terminal.output),
      history: await history.read(),
      onHistory: (lines) => history.save(lines),
      complete: async (typed) => {
        const session = this.#session
        if (session === undefined) return [[], typed]
        return complete(typed, session, this.#host.commands(this.directory.person(session.who)))
      },
    })
  }

  async #goOffline(session: Session): Promise<void> {
    try {
      await session.presence('offline')
    } catch (error) {
      // The bot may be closed already, and a failure here must not keep the terminal from ending.
      this.#host.log.debug({ err: error }, 'the bot was not told that the user went')
    }
  }

  sendMessage(message: OutgoingMessage): Promise<Receipt> {
    return this.#once(message.key, () => this.#show(message, {}, ''))
  }

  sendEphemeral(message: OutgoingMessage, onlyTo: Person): Promise<Receipt> {
    const who = onlyTo.person === this.#session?.who ? 'you' : onlyTo.person
    return this.#once(message.key, () => this.#show(message, { onlyTo: onlyTo.person }, ` (only ${who})`))
  }

  editMessage(_address: Address, messageId: string, message: OutgoingMessage): Promise<Receipt> {
    return this.#once(message.key, async () => {
      const entry = this.#transcript.byId(messageId)
      // Of an earlier run, or long gone: it stands on this screen for the first time.
      if (entry === undefined) return this.#show(message, { messageId }, ' ✎')
      const saved = await this.#save(message.content)
      entry.body = plainText(message.content)
      entry.actions = message.content.actions ?? []
      const parts = { mark: '✎', lead: [span(`${entry.number}:`, 'dim')], content: message.content }
      await this.#connected().print(messageLines(parts, this.#view(saved)))
      return this.#receipt(entry)
    })
  }

  async deleteMessage(_address: Address, messageId: string): Promise<void> {
    await this.#note(`${this.directory.botName} deleted ${this.#transcript.label(messageId)}`)
    const entry = this.#transcript.byId(messageId)
    if (entry !== undefined) entry.deleted = true
  }

  async sendTyping(address: Address): Promise<void> {
    const screen = this.#connected()
    const { botName } = this.directory
    screen.setStatus(`${botName}${placeText(this.#place(address.to), botName, botName)} is writing…`)
    this.#typing?.cancel()
    this.#typing = this.#host.clock.after(TYPING_MS, () => screen.setStatus(undefined), { background: true })
  }

  async addReaction(_address: Address, messageId: string, reaction: string): Promise<void> {
    await this.#note(`${this.directory.botName} reacted ${reaction} to ${this.#transcript.label(messageId)}`)
    this.#transcript.byId(messageId)?.reactions.add(`${this.directory.botName} ${reaction}`)
  }

  async removeReaction(_address: Address, messageId: string, reaction: string): Promise<void> {
    await this.#note(`${this.directory.botName} took ${reaction} off ${this.#transcript.label(messageId)}`)
    this.#transcript.byId(messageId)?.reactions.delete(`${this.directory.botName} ${reaction}`)
  }

  fetchFile(file: IncomingFile, options: { readonly signal: AbortSignal; readonly maxBytes: number }): AsyncIterable<Uint8Array> {
    return readSent(file, options)
  }

  async history(room: Identifier, options: { readonly limit: number; readonly before?: string }): Promise<readonly Message[]> {
    if (room.kind !== 'room') throw new BotError('BACKEND_UNSUPPORTED', `${room.id} is no room; the terminal has a history of rooms only.`)
    const entries = this.#transcript.history(this.directory.roomName(room), options.limit, options.before)
    return entries.map((entry) => messageOf(entry, this.directory))
  }

  async buildIdentifier(text: string): Promise<Identifier> {
    await this.#load()
    return this.directory.resolve(text)
  }

  /** In a terminal the answer follows at once, so it names what it answers only in a thread. */
  buildReply(message: Message, options: ReplyOptions): Address {
    const { from, to, thread, messageId } = message
    if (options.private === true || to.kind !== 'room') {
      const person = this.directory.person(from.kind === 'occupant' ? from.occupant : from.person)
      if (to.kind === 'room') return { to: person }
      return thread === undefined && options.threaded !== true
        ? { to: person }
        : { to: person, thread: thread ?? messageId, replyTo: messageId }
    }
    return thread === undefined && options.threaded !== true ? { to } : { to, thread: thread ?? messageId, replyTo: messageId }
  }

  changePresence(status: PresenceStatus, text: string): Promise<void> {
    return this.#note(`${this.directory.botName} is ${status}${text === '' ? '' : `: ${text}`}`)
  }

  async queryRoom(room: string | Room): Promise<ConsoleRoom> {
    await this.#load()
    return new ConsoleRoom(this.directory, this.directory.roomName(room))
  }

  async joinRoom(room: string | Room, options?: JoinOptions): Promise<ConsoleRoom> {
    const found = await this.queryRoom(room)
    await found.join(options)
    return found
  }

  async rooms(): Promise<readonly ConsoleRoom[]> {
    await this.#load()
    const { directory } = this
    return directory.roomNames.filter((name) => directory.isInside(name, directory.botName)).map((name) => new ConsoleRoom(directory, name))
  }

  /** Reads the rooms of earlier runs, once, when they are first asked for: a backend may be made only to be looked at. */
  #load(): Promise<void> {
    this.#loaded ??= this.directory.load(this.#options.rooms).catch((error: unknown) => {
      this.#loaded = undefined
      throw error
    })
    return this.#loaded
  }

  async #show(message: OutgoingMessage, extra: Partial<NewEntry>, addition: string): Promise<Receipt> {
    const screen = this.#connected()
    const place = this.#place(message.to)
    const saved = await this.#save(message.content)
    const { content, thread, replyTo } = message
    const entry = this.#transcript.add({
      author: this.directory.botName,
      place,
      body: plainText(content),
      actions: content.actions ?? [],
      ...(thread === undefined ? {} : { thread }),
      ...(replyTo === undefined ? {} : { replyTo }),
      ...extra,
    })
    const answers = replyTo ?? thread
    const parts = {
      mark: String(entry.number),
      lead: speakerSpans(entry, this.directory.botName, addition),
      content,
      answers: answers === undefined ? undefined : this.#transcript.label(answers),
    }
    screen.setStatus(undefined)
    await screen.print(messageLines(parts, this.#view(saved)))
    return this.#receipt(entry)
  }

  #receipt({ messageId, thread, time }: Entry): Receipt {
    return thread === undefined ? { messageId, time } : { messageId, time, thread }
  }

  #place(to: Identifier): Place {
    if (to.kind !== 'room') return { kind: 'private', person: to.kind === 'person' ? to.person : to.occupant }
    const room = this.directory.roomName(to)
    if (!this.directory.has(room))
      throw new BotError('ROOM_NOT_FOUND', `There is no room #${room} on "${this.#host.instance}" to speak in.`)
    if (this.directory.isInside(room, this.directory.botName)) return { kind: 'room', room }
    throw new BotError('ROOM_NOT_JOINED', `The bot is not in #${room}; it has to join the room before it speaks there.`)
  }

  #save(content: Content): Promise<string[]> {
    return Promise.all((content.files ?? []).map((file) => saveFile(this.#host, file)))
  }

  #view(saved: readonly string[]): View {
    const { color, width } = this.#connected()
    const reader = this.directory.person(this.#session?.who ?? this.#options.user).id
    return { color, width, reader, saved }
  }

  async #note(text: string): Promise<void> {
    const screen = this.#connected()
    await screen.print(noteLines(text, screen.width))
  }

  #connected(): Screen {
    if (this.#screen !== undefined) return this.#screen
    throw new BotError('BACKEND_NOT_CONNECTED', `The terminal of "${this.#host.instance}" is not open; nothing was shown.`)
  }

  /** Does what belongs to a key once; a failed attempt may be repeated. */
  #once(key: string, show: () => Promise<Receipt>): Promise<Receipt> {
    const known = this.#sent.get(key)
    if (known !== undefined) return known
    const receipt = show()
    this.#sent.set(key, receipt)
    receipt.catch(() => this.#sent.delete(key))
    const [oldest] = this.#sent.size > KEYS_KEPT ? this.#sent.keys() : []
    if (oldest !== undefined) this.#sent.delete(oldest)
    return receipt
  }
}

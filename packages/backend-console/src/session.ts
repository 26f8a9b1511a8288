import { stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, resolve } from 'node:path'
import { BotError, type PresenceStatus } from '@bot/core/backend'
import type { Deliveries } from './deliveries.ts'
import type { Directory } from './directory.ts'
import { messageLines, nameStyle, noteLines, placeText, speakerSpans, typedContent } from './message.ts'
import { pressables } from './render.ts'
import { span } from './style.ts'
import type { Screen } from './terminal.ts'
import { messageOf, type Entry, type NewEntry, type Place, type Transcript } from './transcript.ts'

export interface SessionParts {
  readonly directory: Directory
  readonly transcript: Transcript
  readonly deliveries: Deliveries
  readonly screen: Screen
  /** Whether what is said shows on the terminal already, as a terminal echoes what is typed where no editor runs. */
  readonly echoed: boolean
}

/** The person at the terminal: who they are, where they speak, and what they can do. */
export class Session {
  readonly directory: Directory
  readonly #transcript: Transcript
  readonly #deliveries: Deliveries
  readonly #screen: Screen
  readonly #echoed: boolean
  #who: string
  #place: Place
  #ended = false

  constructor(parts: SessionParts, user: string) {
    this.directory = parts.directory
    this.#transcript = parts.transcript
    this.#deliveries = parts.deliveries
    this.#screen = parts.screen
    this.#echoed = parts.echoed
    this.#who = parts.directory.meet(user)
    this.#place = { kind: 'private', person: this.#who }
  }

  get who(): string {
    return this.#who
  }

  get place(): Place {
    return this.#place
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Comes online, in the first room where there is one. */
  async start(room: string | undefined): Promise<void> {
    await this.presence('online')
    if (room !== undefined) {
      await this.directory.enter(room, this.#who)
      this.#place = { kind: 'room', room }
    }
    this.#showPrompt()
  }

  presence(status: PresenceStatus): Promise<void> {
    return this.#deliveries.send({ kind: 'presence', who: this.directory.person(this.#who), status })
  }

  end(): void {
    this.#ended = true
  }

  /** Prints a remark that nobody said. */
  note(text: string): Promise<void> {
    return this.#screen.print(noteLines(text, this.#screen.width))
  }

  /** Becomes another person, in the same place. */
  async become(name: string): Promise<void> {
    const { place } = this
    await this.presence('offline')
    this.#who = this.directory.meet(name)
    await this.presence('online')
    if (place.kind === 'room' && this.directory.has(place.room)) await this.directory.enter(place.room, this.#who)
    else this.#place = { kind: 'private', person: this.#who }
    this.#showPrompt()
  }

  /** Goes to a room; where it is new, the bot comes along. */
  async enter(address: string): Promise<void> {
    const room = this.directory.roomName(address)
    if (await this.directory.create(room)) {
      await this.directory.enter(room, this.directory.botName)
      await this.note(`#${room} is new; ${this.directory.botName} is here too`)
    } else if (!this.directory.isInside(room, this.directory.botName)) {
      await this.note(`${this.directory.botName} is not in #${room} and hears nothing said there`)
    }
    await this.directory.enter(room, this.#who)
    this.#place = { kind: 'room', room }
    this.#showPrompt()
  }

  /** Leaves a room, the present one where none is named. */
  async leave(address: string): Promise<void> {
    const room = address === '' ? this.#room('leave') : this.directory.roomName(address)
    if (!(await this.directory.exit(room, this.#who))) throw new BotError('ROOM_NOT_JOINED', `${this.#who} is not in #${room}.`)
    await this.note(`${this.#who} has left #${room}`)
    if (this.#place.kind === 'room' && this.#place.room === room) this.goPrivate()
  }

  goPrivate(): void {
    this.#place = { kind: 'private', person: this.#who }
    this.#showPrompt()
  }

  async setTopic(topic: string): Promise<void> {
    const room = this.#room('set the topic of')
    await this.directory.setTopic(room, topic, this.directory.occupant(room, this.#who))
    await this.note(`the topic of #${room} is now: ${topic}`)
  }

  /** The room spoken in. */
  #room(what: string): string {
    if (this.#place.kind === 'room') return this.#place.room
    throw new BotError('BOT_USAGE', `You are in private, so there is no room to ${what}. Go to one with /in #room.`)
  }

  async say(body: string): Promise<void> {
    if (this.#place.kind === 'room' && !this.directory.isInside(this.#place.room, this.#who)) {
      const { room } = this.#place
      throw new BotError('ROOM_NOT_JOINED', `${this.#who} is no longer in #${room}; nothing was said. /in #${room} goes there again.`)
    }
    await this.#said({ author: this.#who, place: this.#place, body })
  }

  /** Answers a message where it stands, in its thread where it has one. */
  async reply(number: string, body: string): Promise<void> {
    const { place, messageId, thread } = this.#find(number)
    await this.#said({ author: this.#who, place, body, replyTo: messageId, ...(thread === undefined ? {} : { thread }) })
  }

  async sendFile(path: string): Promise<void> {
    const full = resolve(path.replace(/^~(?=\/|$)/, homedir()))
    const found = await stat(full).catch((cause: unknown) => {
      throw new BotError('BOT_USAGE', `The file ${full} cannot be read; give the path of a file.`, { cause })
    })
    if (!found.isFile()) throw new BotError('BOT_USAGE', `${full} is not a file.`)
    const file = { name: basename(full), sizeBytes: found.size, ref: full }
    await this.#said({ author: this.#who, place: this.#place, body: '', files: [file] })
  }

  async edit(number: string, body: string): Promise<void> {
    const entry = this.#ownFind(number)
    entry.body = body
    const { kind: _kind, ...message } = messageOf(entry, this.directory)
    await this.#screen.print(
      messageLines({ mark: '✎', lead: [span(`${entry.number}:`, 'dim')], content: typedContent(body) }, this.#screen),
    )
    await this.#deliveries.send({ ...message, kind: 'message-edited' })
  }

  async delete(number: string): Promise<void> {
    const entry = this.#ownFind(number)
    entry.deleted = true
    await this.note(`${this.#who} deleted ${entry.number}`)
    const by = this.#speaker(entry)
    await this.#deliveries.send({ kind: 'message-deleted', messageId: entry.messageId, by, ...this.#roomOf(entry) })
  }

  /** Adds a reaction; takes it away where it is there already. */
  async react(number: string, reaction: string): Promise<void> {
    const entry = this.#find(number)
    const mark = `${this.#who} ${reaction}`
    const removed = entry.reactions.delete(mark)
    if (!removed) entry.reactions.add(mark)
    await this.note(removed ? `${this.#who} took ${reaction} off ${entry.number}` : `${this.#who} reacted ${reaction} to ${entry.number}`)
    await this.#deliveries.send({
      kind: 'reaction',
      action: removed ? 'removed' : 'added',
      reactor: this.#speaker(entry),
      reaction,
      messageId: entry.messageId,
      reactedToOwner:
        entry.place.kind === 'room' ? this.directory.occupant(entry.place.room, entry.author) : this.directory.person(entry.author),
      ...this.#roomOf(entry),
    })
  }

  async press(number: string, which: string): Promise<void> {
    const entry = this.#find(number)
    const all = pressables(entry.actions)
    const pressed = all[Number(which) - 1]
    if (pressed === undefined) {
      const what = all.length === 0 ? 'nothing to press' : `1 to ${all.length} to press`
      throw new BotError('BOT_USAGE', `Message ${entry.number} has ${what}.`)
    }
    const { action, label, value } = pressed
    await this.note(`${this.#who} pressed [${label}] of ${entry.number}`)
    await this.#deliveries.send({
      kind: 'action',
      from: this.#speaker(entry),
      to: entry.place.kind === 'room' ? this.directory.room(entry.place.room) : this.directory.bot,
      messageId: entry.messageId,
      action,
      ...(value === undefined ? {} : { value }),
      ...(entry.thread === undefined ? {} : { thread: entry.thread }),
    })
  }

  async #said(said: NewEntry): Promise<void> {
    const entry = this.#transcript.add(said)
    if (!this.#echoed) await this.#screen.print(this.#linesOf(entry))
    if (entry.place.kind === 'room' && !this.directory.isInside(entry.place.room, this.directory.botName)) return
    await this.#deliveries.send(messageOf(entry, this.directory))
  }

  #linesOf(entry: Entry): ReturnType<typeof messageLines> {
    const files = entry.files?.map(({ name, sizeBytes = 0 }) => ({ blob: '', name, type: '', sizeBytes })) ?? []
    const answers = entry.thread ?? entry.replyTo
    return messageLines(
      {
        mark: String(entry.number),
        lead: speakerSpans(entry, this.directory.botName),
        content: { ...typedContent(entry.body), files },
        answers: answers === undefined ? undefined : this.#transcript.label(answers),
      },
      this.#screen,
    )
  }

  #speaker({ place }: Entry): ReturnType<Directory['occupant']> | ReturnType<Directory['person']> {
    return place.kind === 'room' ? this.directory.occupant(place.room, this.#who) : this.directory.person(this.#who)
  }

  #roomOf({ place }: Entry): { room?: ReturnType<Directory['room']> } {
    return place.kind === 'room' ? { room: this.directory.room(place.room) } : {}
  }

  #find(number: string): Entry {
    const entry = this.#transcript.numbered(Number(number))
    if (entry === undefined)
      throw new BotError(
        'BOT_USAGE',
        `There is no message ${number === '' ? 'without a number' : number} here; give the number in front of it.`,
      )
    if (entry.deleted) throw new BotError('BOT_USAGE', `Message ${number} was deleted.`)
    const only = entry.onlyTo ?? (entry.place.kind === 'private' ? entry.place.person : this.#who)
    if (only !== this.#who) throw new BotError('BOT_USAGE', `Message ${number} is private to ${only}; /as ${only} first.`)
    return entry
  }

  #ownFind(number: string): Entry {
    const entry = this.#find(number)
    if (entry.author !== this.#who) {
      throw new BotError(
        'BOT_USAGE',
        `Message ${number} is ${entry.author}'s, not ${this.#who}'s; everybody can change their own messages only.`,
      )
    }
    return entry
  }

  #showPrompt(): void {
    const where = placeText(this.#place, this.#who, this.directory.botName)
    this.#screen.setPrompt([span(this.#who, 'bold', nameStyle(this.#who)), span(where, 'dim'), span('> ')])
  }
}

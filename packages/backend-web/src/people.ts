import { BotError, codeOf, type InboundEvent, type PresenceStatus } from '@bot/core/backend'
import type { StoredMessage } from './archive.ts'
import type { Chat } from './chat.ts'
import { deleteEvent, editEvent, messageEvent, placeOf, speakerIn } from './decode.ts'
import { addMember, removeMember } from './directory.ts'
import { addressFor, conversationKey, directPair, personId, roomId } from './identity.ts'
import { readTyped } from './markdown.ts'
import type { Operation, PageFrame, WireMessage } from './protocol.ts'
import type { Session } from './sessions.ts'

/**
 * What people do. An operation resolves once the bot has it, and may come again under the same id: it takes effect once. A message stands on disk
 * before the bot is told, and the cursor says up to where the bot has been told: what a crash left between the two is told at the next start.
 */
export class People {
  readonly #chat: Chat
  readonly #running = new Map<string, Promise<WireMessage | undefined>>()
  /** Messages on disk of which the bot does not know yet, by seq. */
  readonly #untold = new Set<number>()
  #toldUpTo = 0

  constructor(chat: Chat) {
    this.#chat = chat
  }

  /** Tells the bot what it was not told before the last end. */
  async catchUp(): Promise<void> {
    const cursor = await this.#chat.host.cursor()
    this.#toldUpTo = typeof cursor === 'number' ? cursor : 0
    const from = this.#toldUpTo
    const { archive } = this.#chat
    const missed: StoredMessage[] = []
    for (const conv of archive.conversations) {
      for (const message of archive.messages(conv)) {
        if (message.seq > from && message.forBot === true && message.deleted !== true) missed.push(message)
      }
    }
    missed.sort((a, b) => a.seq - b.seq)
    for (const message of missed) this.#untold.add(message.seq)
    for (const message of missed) await this.#tellBot(message)
  }

  /** Rejects with a BotError whose message is fit for the person. */
  perform(session: Session, operation: Operation): Promise<WireMessage | undefined> {
    const key = `${session.person}/${operation.id}`
    const running = this.#running.get(key)
    if (running !== undefined) return running
    const done = this.#perform(session, operation, key).finally(() => this.#running.delete(key))
    this.#running.set(key, done)
    return done
  }

  /** A passing state: told to others at once, to the bot as it can take it. */
  typing({ person, name }: Session, frame: PageFrame['typing']): void {
    const conv = conversationKey(frame.conv, person)
    if (!this.#chat.isIn(conv, person)) return
    for (const other of this.#chat.hub.people) {
      if (other !== person && this.#chat.isIn(conv, other))
        this.#chat.hub.send(other, { t: 'typing', conv: addressFor(conv, other), who: person })
    }
    const who = speakerIn(this.#chat.ids, conv, person, name)
    const room = who.kind === 'occupant' ? { room: who.room } : {}
    if (this.#chat.botHears(conv)) this.#passing({ kind: 'typing', id: `typing/${this.#chat.host.random.uuid()}`, who, ...room })
  }

  present({ person, name }: Session, status: PresenceStatus): void {
    this.#chat.tellPerson(person)
    this.#passing({ kind: 'presence', id: `presence/${this.#chat.host.random.uuid()}`, who: this.#chat.ids.person(person, name), status })
  }

  #passing(event: InboundEvent): void {
    this.#chat.host.receive([event]).catch((error: unknown) => {
      // A stopping bot takes nothing; a passing state is not worth more than a note.
      if (codeOf(error) !== 'BOT_CLOSED') this.#chat.host.log.warn({ error, kind: event.kind }, 'the bot did not take a passing state')
    })
  }

  #perform(session: Session, operation: Operation, key: string): Promise<WireMessage | undefined> {
    switch (operation.t) {
      case 'post':
        return this.#post(session, operation, key)
      case 'edit':
        return this.#edit(session, operation, key)
      case 'delete':
        return this.#delete(session, operation, key)
      case 'react':
        return this.#react(session, operation, key)
      case 'press':
        return this.#press(session, operation, key)
      case 'join':
        return this.#join(session, operation, key)
      case 'leave':
        return this.#leave(session, operation, key)
      case 'topic':
        return this.#topic(session, operation, key)
    }
  }

  async #post({ person, name }: Session, post: PageFrame['post'], key: string): Promise<WireMessage | undefined> {
    const { archive, files, host } = this.#chat
    const conv = this.#conversation(post.conv, person)
    const kept = await archive.kept(key)
    if (kept !== undefined) {
      const message = archive.find(kept.id)
      if (message !== undefined && this.#untold.has(message.seq)) await this.#tellBot(message)
      return message && this.#chat.wireMessage(message, person)
    }
    const text = post.text.trimEnd()
    const uploads = post.files ?? []
    if (text.trim() === '' && uploads.length === 0) throw refused('There is nothing to send: the message is empty.')
    const root = post.thread === undefined ? undefined : this.#message(post.thread, conv, person)
    const typed = this.#read(text)
    const id = host.random.uuid()
    const attached = await files.attach(uploads, person, id)
    if (attached === undefined) throw refused('A file of this message is no longer there. Add it again.')
    const replyTo = post.replyTo === undefined ? undefined : this.#message(post.replyTo, conv, person).id
    const forBot = this.#chat.botHears(conv)
    const seq = archive.nextSeq()
    if (forBot) this.#untold.add(seq)
    const draft = {
      id,
      seq,
      key,
      conv,
      from: person,
      name,
      time: host.clock.now(),
      text,
      content: { blocks: typed.blocks, ...(attached.length > 0 && { files: attached }) },
      mentions: typed.mentions,
      ...(forBot && { forBot }),
      ...(root !== undefined && { thread: root.thread ?? root.id }),
      ...(replyTo !== undefined && { replyTo }),
    }
    try {
      const message = await archive.add(draft)
      if (forBot) await this.#tellBot(message)
      this.#chat.tell(message)
      return this.#chat.wireMessage(message, person)
    } catch (error) {
      await this.#withdraw(id, seq, uploads)
      throw error
    }
  }

  async #tellBot(message: StoredMessage): Promise<void> {
    const others = [...this.#untold].filter((seq) => seq !== message.seq)
    // Never past a message that the bot may not know; a repeat is recognised by its id.
    const cursor = others.length > 0 ? Math.min(...others) - 1 : Math.max(this.#toldUpTo, message.seq)
    await this.#chat.host.receive([messageEvent(this.#chat.ids, message)], { cursor })
    this.#untold.delete(message.seq)
    this.#toldUpTo = Math.max(this.#toldUpTo, message.seq)
  }

  async #withdraw(id: string, seq: number, uploads: readonly string[]): Promise<void> {
    try {
      const message = this.#chat.archive.find(id)
      if (message !== undefined) await this.#chat.archive.withdraw(message)
      await this.#chat.files.detach(uploads)
      this.#untold.delete(seq)
    } catch (error) {
      this.#chat.host.log.error({ error }, 'a message the bot did not take could not be withdrawn; the bot is told of it at the next start')
    }
  }

  async #edit({ person }: Session, edit: PageFrame['edit'], key: string): Promise<WireMessage | undefined> {
    const { archive, ids, host } = this.#chat
    const conv = this.#conversation(edit.conv, person)
    const message = this.#own(edit.message, conv, person)
    const text = edit.text.trimEnd()
    if (text.trim() === '') throw refused('The message would be empty. Delete it instead.')
    if (text === message.text) return this.#chat.wireMessage(message, person)
    const { blocks, mentions } = this.#read(text)
    const patch = { text, mentions, editedAt: host.clock.now() }
    const next = { ...message, ...patch, content: { ...message.content, blocks } }
    await this.#chat.toBot(conv, editEvent(ids, next, key, patch.editedAt))
    return this.#told(await archive.change(message.id, (current) => ({ ...patch, content: { ...current.content, blocks } })), person)
  }

  async #delete({ person }: Session, remove: PageFrame['delete'], key: string): Promise<WireMessage | undefined> {
    const { archive, ids, files, host } = this.#chat
    const conv = this.#conversation(remove.conv, person)
    const found = archive.find(remove.message)
    if (found?.deleted === true && found.from === person) return this.#chat.wireMessage(found, person)
    const message = this.#own(remove.message, conv, person)
    await this.#chat.toBot(conv, deleteEvent(ids, message, key, host.clock.now()))
    const deleted = await archive.change(message.id, () => ({
      deleted: true,
      text: '',
      content: { blocks: [] },
      mentions: [],
      reactions: [],
    }))
    for (const file of message.content.files ?? []) await files.remove(file.id)
    return this.#told(deleted, person)
  }

  async #react({ person, name }: Session, react: PageFrame['react'], key: string): Promise<WireMessage | undefined> {
    const { archive, ids, host, directory } = this.#chat
    const conv = this.#conversation(react.conv, person)
    const message = this.#message(react.message, conv, person)
    const reactor = speakerIn(ids, conv, person, name)
    const changed = withReaction(message, react.reaction, person, react.on)
    if (changed === undefined) return this.#chat.wireMessage(message, person)
    await this.#chat.toBot(conv, {
      kind: 'reaction',
      id: `reaction/${key}`,
      time: host.clock.now(),
      action: react.on ? 'added' : 'removed',
      reactor,
      reaction: react.reaction,
      messageId: message.id,
      reactedToOwner: speakerIn(ids, conv, message.from, directory.nameOf(message.from)),
      ...(reactor.kind === 'occupant' && { room: reactor.room }),
    })
    return this.#told(await archive.change(message.id, (current) => withReaction(current, react.reaction, person, react.on)), person)
  }

  async #press({ person, name }: Session, press: PageFrame['press'], key: string): Promise<undefined> {
    const { ids, host } = this.#chat
    const conv = this.#conversation(press.conv, person)
    const message = this.#message(press.message, conv, person)
    const offered = (message.content.actions ?? []).some((action) => {
      if (action.type === 'link' || action.action !== press.action) return false
      return action.type === 'button' ? action.value === press.value : action.options.some((option) => option.value === press.value)
    })
    if (!offered) throw refused('That is no longer offered by the message.')
    await this.#chat.toBot(conv, {
      kind: 'action',
      id: `action/${key}`,
      time: host.clock.now(),
      from: speakerIn(ids, conv, person, name),
      to: placeOf(ids, conv, person),
      messageId: message.id,
      action: press.action,
      ...(press.value !== undefined && { value: press.value }),
      ...(message.thread !== undefined && { thread: message.thread }),
    })
  }

  async #join({ person, name }: Session, join: PageFrame['join'], key: string): Promise<undefined> {
    const { directory, ids, host } = this.#chat
    const room = roomId(join.room)
    if (room === undefined) throw refused('A room name is up to 64 letters, digits, dots, dashes or underscores.')
    let current = directory.room(room)
    if (current === undefined && join.create === true) {
      const topic = join.topic?.trim() ?? ''
      const made = {
        name: room,
        private: join.private === true,
        members: [person, ids.bot.person],
        invited: [],
        ...(topic !== '' && { topic }),
      }
      current = (await directory.createRoom(made)) ?? directory.room(room)
    }
    if (current === undefined || !this.#chat.isVisible(current, person)) throw refused(`There is no room #${room}.`)
    const joined = (await directory.changeRoom(room, (before) => addMember(before, person))) ?? current
    await this.#chat.toBot(`#${room}`, {
      kind: 'room-joined',
      id: `join/${key}`,
      time: host.clock.now(),
      room: ids.room(room),
      who: ids.occupant(room, person, name),
    })
    this.#chat.tellRoom(joined)
  }

  async #leave({ person, name }: Session, leave: PageFrame['leave'], key: string): Promise<undefined> {
    const { directory, ids, host } = this.#chat
    const room = roomId(leave.room) ?? ''
    const wasIn = directory.isMember(room, person)
    const left = await directory.changeRoom(room, (current) => removeMember(current, person))
    if (left === undefined) return
    if (wasIn) {
      const event = { kind: 'room-left', id: `leave/${key}`, time: host.clock.now(), room: ids.room(room) } as const
      await this.#chat.toBot(`#${room}`, { ...event, who: ids.occupant(room, person, name) })
    }
    this.#chat.tellRoom(left, { person, reason: '' })
  }

  async #topic({ person, name }: Session, change: PageFrame['topic'], key: string): Promise<undefined> {
    const { directory, ids, host } = this.#chat
    const room = roomId(change.room) ?? ''
    const conv = this.#conversation(`#${room}`, person)
    const text = change.topic.trim()
    const by = ids.occupant(room, person, name)
    await this.#chat.toBot(conv, { kind: 'room-topic', id: `topic/${key}`, time: host.clock.now(), room: ids.room(room), topic: text, by })
    const changed = await directory.changeRoom(room, ({ topic: _, ...rest }) => (text === '' ? rest : { ...rest, topic: text }))
    if (changed !== undefined) this.#chat.tellRoom(changed)
  }

  #told(message: StoredMessage | undefined, person: string): WireMessage | undefined {
    if (message === undefined) return undefined
    this.#chat.tell(message)
    return this.#chat.wireMessage(message, person)
  }

  #read(text: string): { readonly blocks: StoredMessage['content']['blocks']; readonly mentions: readonly string[] } {
    const { directory, ids } = this.#chat
    const typed = readTyped(text, (name) => {
      const record = directory.person(personId(name) ?? '')
      return record && ids.person(record.id, record.name)
    })
    return { blocks: typed.blocks, mentions: typed.mentions.flatMap((who) => (who.kind === 'person' ? [who.person] : [])) }
  }

  #conversation(address: string, person: string): string {
    const conv = conversationKey(address, person)
    const pair = directPair(conv)
    const known = pair === undefined || (pair[0] !== pair[1] && pair.every((one) => this.#chat.directory.person(one) !== undefined))
    if (!known || !this.#chat.isIn(conv, person)) throw refused(`You are not in ${address}.`)
    return conv
  }

  #message(id: string, conv: string, person: string): StoredMessage {
    const message = this.#chat.archive.find(id)
    if (message?.conv === conv && message.deleted !== true && this.#chat.canSee(message, person)) return message
    throw refused('That message is gone.')
  }

  #own(id: string, conv: string, person: string): StoredMessage {
    const message = this.#message(id, conv, person)
    if (message.from === person) return message
    throw refused('Only its author can change a message.')
  }
}

/** The message's reactions after somebody added or removed one; undefined where that changes nothing. */
export function withReaction(
  message: StoredMessage,
  reaction: string,
  person: string,
  on: boolean,
): Pick<StoredMessage, 'reactions'> | undefined {
  const current = message.reactions.find((entry) => entry.reaction === reaction)
  if ((current?.by.includes(person) ?? false) === on) return undefined
  if (current === undefined) return { reactions: [...message.reactions, { reaction, by: [person] }] }
  const by = on ? [...current.by, person] : current.by.filter((one) => one !== person)
  return {
    reactions: message.reactions.map((entry) => (entry === current ? { reaction, by } : entry)).filter((entry) => entry.by.length > 0),
  }
}

function refused(sentence: string): BotError {
  return new BotError('BACKEND_REFUSED', sentence)
}

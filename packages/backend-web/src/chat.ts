import type { BackendHost, CommandDescriptor, InboundEvent, PresenceStatus } from '@bot/core/backend'
import { Archive, type StoredMessage } from './archive.ts'
import { Directory, type RoomRecord } from './directory.ts'
import { FileStore } from './files.ts'
import { Hub } from './hub.ts'
import { addressFor, directPair, type Identities } from './identity.ts'
import type { ServerFrame, WireMessage, WirePerson, WireRoom } from './protocol.ts'

/** The chat service: what was said and where, who is there, and who is told of what. People and the bot both act on it. */
export class Chat {
  readonly host: BackendHost
  readonly ids: Identities
  readonly archive: Archive
  readonly directory: Directory
  readonly files: FileStore
  readonly hub = new Hub()
  botStatus: { readonly status: PresenceStatus; readonly text: string } = { status: 'online', text: '' }

  constructor(host: BackendHost, ids: Identities, options: { readonly rooms: readonly string[]; readonly historySize: number }) {
    this.host = host
    this.ids = ids
    this.files = new FileStore(host)
    this.directory = new Directory(host.state, options.rooms)
    this.archive = new Archive(host.state, options.historySize, (message) => this.#dropFiles(message))
  }

  async load(): Promise<void> {
    await this.directory.load({ id: this.ids.bot.person, name: this.ids.bot.nick ?? this.ids.bot.person })
    await this.files.load()
    await this.archive.load(this.host.random.uuid())
  }

  /** Whether what happens there is the bot's business: it is in the room, or it is one of the two. */
  botHears(conv: string): boolean {
    return this.isIn(conv, this.ids.bot.person)
  }

  isIn(conv: string, person: string): boolean {
    const pair = directPair(conv)
    return pair === undefined ? this.directory.isMember(conv.slice(1), person) : pair.includes(person)
  }

  canSee(message: StoredMessage, person: string): boolean {
    return (message.onlyTo === undefined || message.onlyTo === person) && this.isIn(message.conv, person)
  }

  /** Hands events of a conversation to the bot, if it is there. Resolves when it has them. */
  async toBot(conv: string, event: InboundEvent): Promise<void> {
    if (this.botHears(conv)) await this.host.receive([event])
  }

  /** Tells everybody who may see it how a message now stands. */
  tell(message: StoredMessage): void {
    for (const person of this.hub.people) {
      if (this.canSee(message, person)) this.hub.send(person, { t: 'message', message: this.wireMessage(message, person) })
    }
  }

  /** Tells everybody who may know of it how a room now stands from their side; `gone` is who has just left it, and why. */
  tellRoom(room: RoomRecord, gone?: { readonly person: string; readonly reason: string }): void {
    if (gone !== undefined) this.hub.send(gone.person, { t: 'room-gone', name: room.name, reason: gone.reason })
    for (const person of this.hub.people) {
      if (this.isVisible(room, person)) this.hub.send(person, { t: 'room', room: this.wireRoom(room, person) })
    }
  }

  tellPerson(person: string): void {
    const record = this.directory.person(person)
    if (record !== undefined) this.hub.sendAll({ t: 'person', person: this.wirePerson(record) })
  }

  tellCommands(): void {
    for (const person of this.hub.people) this.hub.send(person, { t: 'commands', commands: this.commandsFor(person) })
  }

  commandsFor(person: string): readonly CommandDescriptor[] {
    return this.host.commands(this.ids.person(person, this.directory.nameOf(person)))
  }

  isVisible(room: RoomRecord, person: string): boolean {
    return !room.private || room.members.includes(person) || room.invited.some((open) => open.person === person)
  }

  /** The conversations somebody takes part in. */
  *conversationsOf(person: string): Generator<string> {
    for (const room of this.directory.rooms) if (room.members.includes(person)) yield `#${room.name}`
    for (const conv of this.archive.conversations) if (directPair(conv)?.includes(person) === true) yield conv
  }

  wireMessage(message: StoredMessage, reader: string): WireMessage {
    const { key, onlyTo, forBot: _, content, conv, ...rest } = message
    const { files, ...said } = content
    const own = message.text !== undefined && message.from === reader
    return {
      ...rest,
      conv: addressFor(conv, reader),
      content: { ...said, ...(files !== undefined && { files: files.map(({ blob: _, ...file }) => file) }) },
      ...(message.from === this.ids.bot.person && { bot: true }),
      ...(onlyTo !== undefined && { onlyYou: true }),
      ...(own && { client: key.slice(key.indexOf('/') + 1) }),
    }
  }

  wirePerson(record: { readonly id: string; readonly name: string }): WirePerson {
    if (record.id !== this.ids.bot.person) return { ...record, status: this.hub.status(record.id) }
    const { status, text } = this.botStatus
    return { ...record, bot: true, status, ...(text !== '' && { text }) }
  }

  wireRoom(room: RoomRecord, reader: string): WireRoom {
    const { name, topic, private: hidden, members, invited } = room
    const invitation = invited.find((open) => open.person === reader)
    return {
      name,
      private: hidden,
      members,
      joined: members.includes(reader),
      ...(topic !== undefined && { topic }),
      ...(invitation !== undefined && { invitedBy: invitation.by }),
    }
  }

  welcome(reader: string, title: string, maxFileBytes: number, reset: boolean): ServerFrame {
    const direct = [...this.conversationsOf(reader)].filter((conv) => conv.startsWith('@')).map((conv) => addressFor(conv, reader).slice(1))
    return {
      t: 'welcome',
      epoch: this.archive.epoch,
      title,
      me: reader,
      bot: this.ids.bot.person,
      maxFileBytes,
      people: [...this.directory.people].map((record) => this.wirePerson(record)),
      rooms: [...this.directory.rooms].filter((room) => this.isVisible(room, reader)).map((room) => this.wireRoom(room, reader)),
      direct,
      commands: this.commandsFor(reader),
      reset,
    }
  }

  /** Files go with their message; a failure leaves bytes that nobody can reach, so it is worth a note, not more. */
  #dropFiles(message: StoredMessage): void {
    for (const file of message.content.files ?? []) {
      this.files
        .remove(file.id)
        .catch((error: unknown) => this.host.log.warn({ error, file: file.id }, 'could not remove a file of the web page'))
    }
  }
}

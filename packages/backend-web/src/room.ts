import {
  BotError,
  MUCRoom,
  personOf,
  type CreateOptions,
  type Identifier,
  type Person,
  type Room,
  type RoomOccupant,
} from '@bot/core/backend'
import type { Chat } from './chat.ts'
import { addMember, removeMember, type RoomRecord } from './directory.ts'

/** A room of the page, as the bot acts on it. */
export class WebRoom extends MUCRoom {
  readonly #chat: Chat

  constructor(identifier: Room, chat: Chat) {
    super(identifier)
    this.#chat = chat
  }

  override async join(): Promise<void> {
    await this.create()
    await this.#change((room) => addMember(room, this.#bot))
  }

  override async leave(): Promise<void> {
    await this.#change((room) => removeMember(room, this.#bot))
  }

  override async create(options: CreateOptions = {}): Promise<void> {
    const { topic, private: hidden = false } = options
    const base = { name: this.#name, private: hidden, members: [this.#bot], invited: [] }
    const room = await this.#chat.directory.createRoom(topic === undefined ? base : { ...base, topic })
    if (room !== undefined) this.#chat.tellRoom(room)
  }

  override async destroy(): Promise<void> {
    const room = await this.#chat.directory.destroyRoom(this.#name)
    if (room === undefined) return
    await this.#chat.archive.remove(`#${this.#name}`)
    this.#chat.hub.sendAll({ t: 'room-gone', name: this.#name, reason: 'The room was closed.' })
  }

  override exists(): Promise<boolean> {
    return Promise.resolve(this.#chat.directory.room(this.#name) !== undefined)
  }

  override joined(): Promise<boolean> {
    return Promise.resolve(this.#chat.directory.isMember(this.#name, this.#bot))
  }

  override async topic(): Promise<string | undefined> {
    return this.#record().topic
  }

  override async setTopic(topic: string): Promise<void> {
    await this.#change(({ topic: _, ...room }) => (topic === '' ? room : { ...room, topic }))
  }

  /** Who is in the room and has a page open, and the bot. */
  override async occupants(): Promise<readonly RoomOccupant[]> {
    const { directory, hub, ids } = this.#chat
    const here = this.#record().members.filter((member) => member === this.#bot || hub.status(member) !== 'offline')
    return here.map((member) => ids.occupant(this.#name, member, directory.nameOf(member)))
  }

  override async invite(...people: readonly Person[]): Promise<void> {
    const { directory, ids } = this.#chat
    const by = ids.bot.nick ?? ids.bot.person
    const unknown = people.find((one) => directory.person(one.person) === undefined)
    if (unknown !== undefined)
      throw new BotError('ROOM_REFUSED', `${unknown.person} has never been on this page and cannot be invited to #${this.#name}.`)
    await this.#change((room) => {
      const fresh = people.filter((one) => !room.members.includes(one.person) && !room.invited.some((open) => open.person === one.person))
      return fresh.length === 0 ? undefined : { ...room, invited: [...room.invited, ...fresh.map((one) => ({ person: one.person, by }))] }
    })
  }

  override async kick(who: Identifier, reason?: string): Promise<void> {
    const { host, ids, directory } = this.#chat
    const person = personOf(who)?.person
    if (person === undefined || person === this.#bot) throw new BotError('ROOM_REFUSED', `Only people can be removed from #${this.#name}.`)
    const room = await directory.changeRoom(this.#name, (current) => removeMember(current, person))
    if (room === undefined) return
    await this.#chat.toBot(`#${this.#name}`, {
      kind: 'room-left',
      id: `kick/${host.random.uuid()}`,
      time: host.clock.now(),
      room: this.identifier,
      who: ids.occupant(this.#name, person, directory.nameOf(person)),
      kickedBy: ids.occupant(this.#name, this.#bot, directory.nameOf(this.#bot)),
    })
    const why = reason === undefined || reason === '' ? '.' : `: ${reason}`
    this.#chat.tellRoom(room, { person, reason: `You were removed from #${this.#name} by ${directory.nameOf(this.#bot)}${why}` })
  }

  get #name(): string {
    return this.identifier.room
  }

  get #bot(): string {
    return this.#chat.ids.bot.person
  }

  #record(): RoomRecord {
    const room = this.#chat.directory.room(this.#name)
    if (room === undefined) throw new BotError('ROOM_NOT_FOUND', `There is no room #${this.#name}.`)
    return room
  }

  async #change(change: (room: RoomRecord) => RoomRecord | undefined): Promise<void> {
    const room = await this.#chat.directory.changeRoom(this.#name, change)
    if (room !== undefined) this.#chat.tellRoom(room)
  }
}

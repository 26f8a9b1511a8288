import {
  BotError,
  codeOf,
  makeOccupant,
  makePerson,
  makeRoom,
  parseIdentifier,
  roomOf,
  type Identifier,
  type InboundEvent,
  type Json,
  type KeyValue,
  type Person,
  type Room,
  type RoomOccupant,
  type Speaker,
} from '@bot/core/backend'
import { NAME_PATTERN } from './options.ts'

/** An event but for what every event has: its id and its time. */
export type Happening = InboundEvent extends infer Event ? (Event extends InboundEvent ? Omit<Event, 'id' | 'time'> : never) : never

interface RoomRecord {
  topic: string | undefined
  /** The names of those inside, the bot's among them. */
  readonly inside: Set<string>
}

export interface DirectoryHooks {
  /** Tells the bot what happened. */
  happened(event: Happening): void
  /** Tells the person at the terminal. */
  note(text: string): void
}

const NAME = new RegExp(`^${NAME_PATTERN}$`)
const ROOM_PREFIX = 'room/'

/** Who and what there is: people, rooms, who is in which. Rooms, their topics and whether the bot is inside are kept in the store. */
export class Directory {
  readonly botName: string
  readonly bot: Person
  readonly #instance: string
  readonly #state: KeyValue
  readonly #hooks: DirectoryHooks
  readonly #rooms = new Map<string, RoomRecord>()
  readonly #people = new Set<string>()

  constructor(instance: string, botName: string, state: KeyValue, hooks: DirectoryHooks) {
    this.#instance = instance
    this.botName = botName
    this.bot = makePerson(instance, botName, { nick: botName, bot: true })
    this.#state = state
    this.#hooks = hooks
  }

  /** Reads the rooms of earlier runs and adds those of the configuration, with the bot inside. */
  async load(configured: readonly string[]): Promise<void> {
    for (const { key, value } of await this.#state.list({ prefix: ROOM_PREFIX })) {
      const { topic, joined } = value as { topic?: string; joined?: boolean }
      this.#rooms.set(key.slice(ROOM_PREFIX.length), { topic, inside: new Set(joined === true ? [this.botName] : []) })
    }
    for (const name of configured.map(withoutSigil)) {
      this.#rooms.set(name, this.#rooms.get(name) ?? { topic: undefined, inside: new Set() })
      this.#record(name).inside.add(this.botName)
      await this.#save(name)
    }
  }

  person(name: string): Person {
    return name === this.botName ? this.bot : makePerson(this.#instance, name, { nick: name })
  }

  room(name: string): Room {
    return makeRoom(this.#instance, name, { name: `#${name}` })
  }

  occupant(room: string, name: string): RoomOccupant {
    return makeOccupant(this.room(room), name, { person: name, nick: name, bot: name === this.botName })
  }

  /** Takes note of a person. Throws `BOT_ADDRESS_UNKNOWN` where the name is none, or the bot's. */
  meet(text: string): string {
    const name = checkedName(text.replace(/^@/, ''), 'a person')
    if (name === this.botName) throw new BotError('BOT_ADDRESS_UNKNOWN', `"${name}" is the bot; choose another name.`)
    this.#people.add(name)
    return name
  }

  get people(): string[] {
    return [...this.#people].sort()
  }

  get roomNames(): string[] {
    return [...this.#rooms.keys()].sort()
  }

  has(room: string): boolean {
    return this.#rooms.has(room)
  }

  isInside(room: string, name: string): boolean {
    return this.#rooms.get(room)?.inside.has(name) ?? false
  }

  topic(room: string): string | undefined {
    return this.#record(room).topic
  }

  inside(room: string): string[] {
    return [...this.#record(room).inside].sort()
  }

  /** Resolves to whether the room is new. */
  async create(text: string, topic?: string): Promise<boolean> {
    const name = checkedName(withoutSigil(text), 'a room')
    if (this.#rooms.has(name)) return false
    this.#rooms.set(name, { topic, inside: new Set() })
    await this.#save(name)
    return true
  }

  async destroy(room: string): Promise<void> {
    if (!this.#rooms.delete(room)) return
    await this.#state.delete(ROOM_PREFIX + room)
    this.#hooks.note(`#${room} is gone`)
  }

  /** Puts somebody into a room; does nothing where they are inside. */
  async enter(room: string, name: string, invitedBy?: Speaker): Promise<void> {
    const record = this.#record(room)
    if (record.inside.has(name)) return
    record.inside.add(name)
    if (name === this.botName) await this.#save(room)
    else this.#people.add(name)
    const who = this.occupant(room, name)
    this.#hooks.happened({ kind: 'room-joined', room: this.room(room), who, ...(invitedBy === undefined ? {} : { invitedBy }) })
  }

  /** Takes somebody out of a room. Resolves to whether they were inside. */
  async exit(room: string, name: string, kickedBy?: Speaker): Promise<boolean> {
    if (!this.#record(room).inside.delete(name)) return false
    if (name === this.botName) await this.#save(room)
    const who = this.occupant(room, name)
    this.#hooks.happened({ kind: 'room-left', room: this.room(room), who, ...(kickedBy === undefined ? {} : { kickedBy }) })
    return true
  }

  async setTopic(room: string, topic: string, by: Speaker): Promise<void> {
    this.#record(room).topic = topic === '' ? undefined : topic
    await this.#save(room)
    this.#hooks.happened({ kind: 'room-topic', room: this.room(room), topic, by })
  }

  note(text: string): void {
    this.#hooks.note(text)
  }

  /** See `Backend.buildIdentifier`. Any name may be a person's, as anybody may sit at the terminal; a room has to exist. */
  resolve(text: string): Identifier {
    const address = text.trim()
    if (address.startsWith('@')) return this.person(checkedName(address.slice(1), 'a person'))
    if (address.startsWith('#')) {
      const name = withoutSigil(address)
      if (this.#rooms.has(name)) return this.room(name)
      throw new BotError('BOT_ADDRESS_UNKNOWN', `There is no room ${address} on "${this.#instance}"; \`/in ${address}\` makes it.`)
    }
    return this.#canonical(address)
  }

  /** The name of a room given as `#ops`, `ops`, a canonical form or an address. */
  roomName(room: string | Room): string {
    if (typeof room !== 'string') return this.#own(room)
    if (room.startsWith(`${this.#instance}:`)) return this.#own(this.#canonical(room))
    return checkedName(withoutSigil(room), 'a room')
  }

  #own(identifier: Identifier): string {
    const room = roomOf(identifier)
    if (room !== undefined && room.instance === this.#instance) return room.room
    throw new BotError('BOT_ADDRESS_UNKNOWN', `${identifier.id} is no room of "${this.#instance}".`)
  }

  #canonical(text: string): Identifier {
    try {
      const parsed = parseIdentifier(text)
      if (parsed.instance === this.#instance) {
        if (parsed.kind === 'person') return this.person(parsed.person)
        return parsed.kind === 'room' ? this.room(parsed.room) : this.occupant(parsed.room.room, parsed.occupant)
      }
    } catch (error) {
      if (codeOf(error) !== 'BOT_IDENTIFIER') throw error
    }
    const forms = `#room, @person, or a canonical form such as ${this.#instance}:lobby`
    throw new BotError('BOT_ADDRESS_UNKNOWN', `${JSON.stringify(text)} is no address of "${this.#instance}": write ${forms}.`)
  }

  #record(room: string): RoomRecord {
    const record = this.#rooms.get(room)
    if (record === undefined) throw new BotError('ROOM_NOT_FOUND', `There is no room #${room} on "${this.#instance}".`)
    return record
  }

  async #save(room: string): Promise<void> {
    const { topic, inside } = this.#record(room)
    const value: Json = { joined: inside.has(this.botName), ...(topic === undefined ? {} : { topic }) }
    await this.#state.set(ROOM_PREFIX + room, value)
  }
}

function withoutSigil(room: string): string {
  return room.replace(/^#/, '')
}

function checkedName(name: string, what: string): string {
  if (NAME.test(name) && name.isWellFormed()) return name
  throw new BotError(
    'BOT_ADDRESS_UNKNOWN',
    `${JSON.stringify(name)} cannot be the name of ${what}: 1 to 64 characters, no spaces, none of @ # / :`,
  )
}

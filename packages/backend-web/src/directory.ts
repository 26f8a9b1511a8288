import { BotError, type Json, type KeyValue } from '@bot/core/backend'
import { entries } from './archive.ts'

export interface PersonRecord {
  readonly id: string
  readonly name: string
}

export interface RoomRecord {
  readonly name: string
  readonly topic?: string
  readonly private: boolean
  readonly members: readonly string[]
  /** Open invitations: who was invited, and the name of who invited. */
  readonly invited: readonly { readonly person: string; readonly by: string }[]
}

/** Who has been here and which rooms there are. Everybody is put into the standing rooms when they first appear; the bot is a member like others. */
export class Directory {
  readonly #state: KeyValue
  readonly #people = new Map<string, PersonRecord>()
  readonly #rooms = new Map<string, RoomRecord>()
  readonly #standing: readonly string[]
  #turn: Promise<unknown> = Promise.resolve()

  constructor(state: KeyValue, standing: readonly string[]) {
    this.#state = state
    this.#standing = standing
  }

  async load(bot: PersonRecord): Promise<void> {
    this.#people.clear()
    this.#rooms.clear()
    for await (const { value } of entries(this.#state, 'p/'))
      this.#people.set((value as unknown as PersonRecord).id, value as unknown as PersonRecord)
    for await (const { value } of entries(this.#state, 'room/'))
      this.#rooms.set((value as unknown as RoomRecord).name, value as unknown as RoomRecord)
    this.#people.set(bot.id, bot)
    for (const name of this.#standing) {
      if (!this.#rooms.has(name)) await this.#put({ name, private: false, members: [...this.#people.keys()], invited: [] })
    }
  }

  get people(): Iterable<PersonRecord> {
    return this.#people.values()
  }

  get rooms(): Iterable<RoomRecord> {
    return this.#rooms.values()
  }

  person(id: string): PersonRecord | undefined {
    return this.#people.get(id)
  }

  nameOf(id: string): string {
    return this.#people.get(id)?.name ?? id
  }

  room(name: string): RoomRecord | undefined {
    return this.#rooms.get(name)
  }

  isMember(room: string, person: string): boolean {
    return this.#rooms.get(room)?.members.includes(person) === true
  }

  /** Notes that somebody is here. Resolves to the rooms they were put into: on the first visit, the standing ones. */
  async meet(person: PersonRecord): Promise<readonly RoomRecord[]> {
    const known = this.#people.get(person.id)
    if (known?.name === person.name) return []
    await this.#state.set(`p/${person.id}`, person as unknown as Json)
    this.#people.set(person.id, person)
    if (known !== undefined) return []
    const joined: RoomRecord[] = []
    for (const name of this.#standing) {
      const room = await this.changeRoom(name, (current) => addMember(current, person.id))
      if (room !== undefined) joined.push(room)
    }
    return joined
  }

  /** Makes a room; resolves to undefined where there is one already. */
  createRoom(room: RoomRecord): Promise<RoomRecord | undefined> {
    return this.#inTurn(async () => (this.#rooms.has(room.name) ? undefined : this.#put(room)))
  }

  /** Changes a room. Resolves to undefined where `change` wants nothing; rejects with `ROOM_NOT_FOUND`. */
  changeRoom(name: string, change: (current: RoomRecord) => RoomRecord | undefined): Promise<RoomRecord | undefined> {
    return this.#inTurn(async () => {
      const current = this.#rooms.get(name)
      if (current === undefined) throw new BotError('ROOM_NOT_FOUND', `There is no room #${name}.`)
      const next = change(current)
      return next === undefined ? undefined : this.#put(next)
    })
  }

  destroyRoom(name: string): Promise<RoomRecord | undefined> {
    return this.#inTurn(async () => {
      const room = this.#rooms.get(name)
      if (room === undefined) return undefined
      await this.#state.delete(`room/${name}`)
      this.#rooms.delete(name)
      return room
    })
  }

  async #put(room: RoomRecord): Promise<RoomRecord> {
    await this.#state.set(`room/${room.name}`, room as unknown as Json)
    this.#rooms.set(room.name, room)
    return room
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work, work)
    this.#turn = done.catch(() => undefined)
    return done
  }
}

export function addMember(room: RoomRecord, person: string): RoomRecord | undefined {
  if (room.members.includes(person)) return undefined
  return { ...room, members: [...room.members, person], invited: room.invited.filter((open) => open.person !== person) }
}

export function removeMember(room: RoomRecord, person: string): RoomRecord | undefined {
  const members = room.members.filter((member) => member !== person)
  const invited = room.invited.filter((open) => open.person !== person)
  return members.length === room.members.length && invited.length === room.invited.length ? undefined : { ...room, members, invited }
}

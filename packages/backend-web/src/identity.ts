import { makeOccupant, makePerson, makeRoom, type Person, type Room, type RoomOccupant } from '@bot/core/backend'

const NAME = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,31}$/u
const ROOM = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u

/** The immutable id of a person who goes by this name: spelling and case do not make another person. Undefined for what is no name. */
export function personId(name: string): string | undefined {
  const id = name.normalize('NFKC').trim().toLowerCase()
  return NAME.test(id) ? id : undefined
}

export function roomId(name: string): string | undefined {
  const id = name.normalize('NFKC').trim().replace(/^#/, '').toLowerCase()
  return ROOM.test(id) ? id : undefined
}

/** Makes the identifiers of this instance. */
export class Identities {
  readonly instance: string
  readonly bot: Person
  readonly #verified: boolean

  constructor(instance: string, botName: string, verified: boolean) {
    this.instance = instance
    this.#verified = verified
    this.bot = makePerson(instance, personId(botName) ?? 'bot', { nick: botName, bot: true })
  }

  person(id: string, name: string): Person {
    return id === this.bot.person ? this.bot : makePerson(this.instance, id, { nick: name, verified: this.#verified })
  }

  room(name: string): Room {
    return makeRoom(this.instance, name, { name: `#${name}` })
  }

  occupant(room: string, id: string, name: string): RoomOccupant {
    const bot = id === this.bot.person
    return makeOccupant(this.room(room), id, { person: id, nick: name, verified: bot || this.#verified, bot })
  }
}

/** The key of the conversation that `address` (`#room`, `@person`) means when `reader` says it. */
export function conversationKey(address: string, reader: string): string {
  return address.startsWith('@') ? directKey(address.slice(1), reader) : address
}

export function directKey(a: string, b: string): string {
  return a < b ? `@${a},@${b}` : `@${b},@${a}`
}

/** The two of a direct conversation; undefined for a room. */
export function directPair(key: string): readonly [string, string] | undefined {
  if (!key.startsWith('@')) return undefined
  const comma = key.indexOf(',@')
  return [key.slice(1, comma), key.slice(comma + 2)]
}

/** How a conversation is called from the side of `reader`. */
export function addressFor(key: string, reader: string): string {
  const pair = directPair(key)
  return pair === undefined ? key : `@${pair[0] === reader ? pair[1] : pair[0]}`
}

import { BotError, parseIdentifier, personOf, type Identifier, type Room } from '@bot/core/backend'
import type { Chat } from './chat.ts'
import { directKey, personId, roomId } from './identity.ts'

/**
 * What an address means here: `#room`, `@person`, a name that only one of them has, or a canonical form. Throws `BOT_ADDRESS_UNKNOWN` and
 * `BOT_ADDRESS_AMBIGUOUS`.
 */
export function resolveAddress(chat: Chat, text: string): Identifier {
  const { directory, ids } = chat
  if (text.startsWith(`${ids.instance}:`)) return known(chat, parseIdentifier(text))
  const room = text.startsWith('@') ? undefined : directory.room(roomId(text) ?? '')
  const person = text.startsWith('#') ? undefined : directory.person(personId(text.replace(/^@/, '')) ?? '')
  if (room !== undefined && person !== undefined) {
    throw new BotError('BOT_ADDRESS_AMBIGUOUS', `"${text}" is a room and a person of the web page; write #${room.name} or @${person.id}.`)
  }
  if (room !== undefined) return ids.room(room.name)
  if (person !== undefined) return ids.person(person.id, person.name)
  throw unknown(text)
}

function known({ directory, ids }: Chat, identifier: Identifier): Identifier {
  const room = identifier.kind === 'person' ? undefined : identifier.kind === 'room' ? identifier.room : identifier.room.room
  const person = identifier.kind === 'room' ? undefined : identifier.kind === 'person' ? identifier.person : identifier.occupant
  if (room !== undefined && directory.room(room) === undefined) throw unknown(identifier.id)
  if (person !== undefined && directory.person(person) === undefined) throw unknown(identifier.id)
  if (person === undefined) return room === undefined ? identifier : ids.room(room)
  const name = directory.nameOf(person)
  return room === undefined ? ids.person(person, name) : ids.occupant(room, person, name)
}

/** The id of a room that may or may not be there yet. Throws `ROOM_NOT_FOUND` for what cannot be one. */
export function resolveRoom({ ids }: Chat, room: string | Room): string {
  const parsed = typeof room === 'string' && room.startsWith(`${ids.instance}:`) ? parseIdentifier(room) : room
  const name = typeof parsed === 'string' ? roomId(parsed) : parsed.kind === 'room' ? roomId(parsed.room) : undefined
  if (name !== undefined) return name
  throw new BotError('ROOM_NOT_FOUND', 'A room name is up to 64 letters, digits, dots, dashes or underscores.')
}

/** The conversation in which the bot says something to `to`. Throws `ROOM_NOT_FOUND`, `ROOM_NOT_JOINED`, `BACKEND_REFUSED`. */
export function conversationWithBot({ directory, ids }: Chat, to: Identifier): string {
  if (to.kind === 'room') {
    if (directory.room(to.room) === undefined) throw new BotError('ROOM_NOT_FOUND', `There is no room #${to.room} on the web page.`)
    if (directory.isMember(to.room, ids.bot.person)) return `#${to.room}`
    throw new BotError('ROOM_NOT_JOINED', `The bot is not in #${to.room}; let it join first.`)
  }
  const person = personOf(to)?.person
  if (person === undefined || directory.person(person) === undefined || person === ids.bot.person) {
    throw new BotError('BACKEND_REFUSED', `Nobody known as ${to.id} has been on the web page, so nothing can be said to them.`)
  }
  return directKey(person, ids.bot.person)
}

function unknown(text: string): BotError {
  return new BotError('BOT_ADDRESS_UNKNOWN', `Nobody and no room of the web page answers to "${text}".`)
}

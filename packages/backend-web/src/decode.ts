import type { Message, MessageDeleted, MessageEdited, Person, Room, Speaker } from '@bot/core/backend'
import { makePerson } from '@bot/core/backend'
import type { StoredMessage } from './archive.ts'
import { directPair, type Identities } from './identity.ts'

/** Turns what is stored into the events of the contract. Pure. */

export function speakerIn(ids: Identities, conv: string, person: string, name: string): Speaker {
  return directPair(conv) === undefined ? ids.occupant(conv.slice(1), person, name) : ids.person(person, name)
}

/** What a conversation is called in events: the room, or the other side of what the speaker says. */
export function placeOf(ids: Identities, conv: string, speaker: string): Room | Person {
  const pair = directPair(conv)
  if (pair === undefined) return ids.room(conv.slice(1))
  const other = pair[0] === speaker ? pair[1] : pair[0]
  return ids.person(other, other)
}

export function messageEvent(ids: Identities, stored: StoredMessage): Message {
  const { id, conv, from, name, time, text, thread, replyTo, mentions, content } = stored
  return {
    kind: 'message',
    id: `message/${id}`,
    messageId: id,
    time,
    from: speakerIn(ids, conv, from, name),
    to: placeOf(ids, conv, from),
    body: text ?? '',
    ...(thread !== undefined && { thread }),
    ...(replyTo !== undefined && { replyTo }),
    ...(mentions !== undefined && { mentions: mentions.map((who) => (who === ids.bot.person ? ids.bot : makePerson(ids.instance, who))) }),
    ...(content.files !== undefined && {
      files: content.files.map((file) => ({ name: file.name, type: file.type, sizeBytes: file.sizeBytes, ref: { id: file.id } })),
    }),
    ...(from === ids.bot.person && { self: true }),
  }
}

export function editEvent(ids: Identities, stored: StoredMessage, operation: string, now: number): MessageEdited {
  return { ...messageEvent(ids, stored), kind: 'message-edited', id: `edit/${operation}`, time: now }
}

export function deleteEvent(ids: Identities, stored: StoredMessage, operation: string, now: number): MessageDeleted {
  const { conv, from, name } = stored
  const by = speakerIn(ids, conv, from, name)
  const event = { kind: 'message-deleted', id: `delete/${operation}`, time: now, messageId: stored.id, by } as const
  return by.kind === 'occupant' ? { ...event, room: by.room } : event
}

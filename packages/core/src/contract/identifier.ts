import { BotError } from './errors.ts'

/*
 * The canonical form, which alone is stored, compared and used in access rules:
 *
 *   room       slack:C024BE91L            irc:%23ops
 *   person     slack:@U024BE7LH           irc:@alice
 *   occupant   slack:C024BE91L/U024BE7LH  irc:%23ops/alice
 *
 * The instance stands in front, as the configuration names it. A segment is an immutable id of the network, percent-encoded; an `@` or `/` in
 * an id is encoded, so the unencoded `@` marks a person and the unencoded `/` an occupant, and the form parses without the network.
 */

export type IdentifierKind = 'person' | 'occupant' | 'room'

/** Anything that can be addressed. Equal when the canonical forms are equal: compare `id`, or use {@link sameIdentifier}. */
export type Identifier = Person | RoomOccupant | Room

interface Addressable {
  /** The canonical form. Round-trips through {@link parseIdentifier}; serves as map key. */
  readonly id: string
  /** The backend instance, as the configuration names it. */
  readonly instance: string
  /** The canonical form. */
  toString(): string
  /** Plain data that {@link reviveIdentifier} turns back into an equal identifier. */
  toJSON(): IdentifierData
}

interface Human {
  /** A short name for people to read. May change, may be faked; authorises nobody. */
  readonly nick?: string
  /** A long name for people to read. May change, may be faked; authorises nobody. */
  readonly displayName?: string
  /** The device, session or resource the person was seen at, where the network has such a thing. */
  readonly client?: string
  readonly email?: string
  /** Whether the network vouches that this is really `person`. The gate treats an unverified identity as nobody. */
  readonly verified: boolean
  /** Whether the network says this is a program. */
  readonly bot: boolean
}

/** Somebody who can be contacted. `person` is the network's immutable id, and the only thing that may be trusted. */
export interface Person extends Addressable, Human {
  readonly kind: 'person'
  readonly person: string
}

/**
 * Somebody as seen in a room. Never assume that an occupant can be contacted elsewhere: in an anonymous room `person` is undefined and the
 * occupant can be reached only while inside. An occupant never equals a person; compare `personOf(occupant)`.
 */
export interface RoomOccupant extends Addressable, Human {
  readonly kind: 'occupant'
  readonly room: Room
  /** What the room knows the occupant by; often the same as `person`. */
  readonly occupant: string
  readonly person?: string
}

/** A room as an address. What can be done with it stands in `MUCRoom`, which a backend makes of it. */
export interface Room extends Addressable {
  readonly kind: 'room'
  readonly room: string
  /** The room's name for people to read, such as `#ops`. */
  readonly name?: string
}

/** An identifier as JSON: the canonical form and what is known about its bearer. */
export interface IdentifierData extends PersonDetails {
  readonly id: string
  readonly name?: string
  /** For an occupant: the person behind, where known. */
  readonly person?: string
}

export interface PersonDetails {
  readonly nick?: string | undefined
  readonly displayName?: string | undefined
  readonly client?: string | undefined
  readonly email?: string | undefined
  /** Default true: a backend says false where its network cannot vouch for the speaker. */
  readonly verified?: boolean | undefined
  readonly bot?: boolean | undefined
}

class IdentifierValue {
  readonly kind: IdentifierKind
  readonly instance: string
  readonly id: string

  constructor(kind: IdentifierKind, instance: string, id: string, details: object) {
    this.kind = kind
    this.instance = instance
    this.id = id
    for (const [key, value] of Object.entries(details)) {
      if (value !== undefined) (this as Record<string, unknown>)[key] = value
    }
    Object.freeze(this)
  }

  toString(): string {
    return this.id
  }

  toJSON(): IdentifierData {
    const { id, nick, displayName, client, email, verified, bot, name, person } = this as unknown as IdentifierData & Human
    const data: Record<string, unknown> = { id }
    if (nick !== undefined) data['nick'] = nick
    if (displayName !== undefined) data['displayName'] = displayName
    if (client !== undefined) data['client'] = client
    if (email !== undefined) data['email'] = email
    if (verified === false || this.kind === 'occupant') data['verified'] = verified
    if (bot === true) data['bot'] = true
    if (name !== undefined) data['name'] = name
    if (person !== undefined && this.kind === 'occupant') data['person'] = person
    return data as unknown as IdentifierData
  }
}

const INSTANCE = /^[a-z0-9][a-z0-9_.-]{0,63}$/

/** Makes a person. `person` is the network's immutable id, not a name. */
export function makePerson(instance: string, person: string, details: PersonDetails = {}): Person {
  checkInstance(instance)
  const id = `${instance}:@${encodeSegment(person)}`
  const { verified = true, bot = false, nick, displayName, client, email } = details
  return new IdentifierValue('person', instance, id, { person, nick, displayName, client, email, verified, bot }) as unknown as Person
}

/** Makes a room address of the network's immutable room id. */
export function makeRoom(instance: string, room: string, details: { readonly name?: string | undefined } = {}): Room {
  checkInstance(instance)
  return new IdentifierValue('room', instance, `${instance}:${encodeSegment(room)}`, { room, name: details.name }) as unknown as Room
}

/** Makes an occupant. Leave `person` out where the room is anonymous. `verified` defaults to whether `person` is given. */
export function makeOccupant(
  room: Room,
  occupant: string,
  details: PersonDetails & { readonly person?: string | undefined } = {},
): RoomOccupant {
  const { person, verified = person !== undefined, bot = false, nick, displayName, client, email } = details
  const id = `${room.id}/${encodeSegment(occupant)}`
  const parts = { room, occupant, person, nick, displayName, client, email, verified, bot }
  return new IdentifierValue('occupant', room.instance, id, parts) as unknown as RoomOccupant
}

/** The contactable person behind an identifier, or undefined for a room and for an occupant whose person is not known. */
export function personOf(identifier: Identifier): Person | undefined {
  if (identifier.kind === 'person') return identifier
  if (identifier.kind === 'room' || identifier.person === undefined) return undefined
  return makePerson(identifier.instance, identifier.person, identifier)
}

/** The room of a room or an occupant; undefined for a person. */
export function roomOf(identifier: Identifier): Room | undefined {
  if (identifier.kind === 'room') return identifier
  return identifier.kind === 'occupant' ? identifier.room : undefined
}

export function sameIdentifier(a: Identifier | undefined, b: Identifier | undefined): boolean {
  return a !== undefined && b !== undefined && a.id === b.id
}

/** The name to show for an identifier: the nick, else the display name, else the id of the network. */
export function nameOf(identifier: Identifier): string {
  if (identifier.kind === 'room') return identifier.name ?? identifier.room
  if (identifier.kind === 'occupant') return identifier.nick ?? identifier.displayName ?? identifier.occupant
  return identifier.nick ?? identifier.displayName ?? identifier.person
}

/** The canonical form; the same as `identifier.id`. */
export function formatIdentifier(identifier: Identifier): string {
  return identifier.id
}

/**
 * Parses a canonical form without the network. `formatIdentifier(parseIdentifier(s)) === s` for everything it accepts; what it does not accept,
 * among it every spelling that is not the canonical one, throws `BOT_IDENTIFIER`. Addresses as people write them (`#ops`, `@alice`) are a
 * backend's `buildIdentifier` to resolve.
 */
export function parseIdentifier(text: string): Identifier {
  const colon = text.indexOf(':')
  const instance = colon < 0 ? '' : text.slice(0, colon)
  const rest = text.slice(colon + 1)
  if (!INSTANCE.test(instance) || rest === '') throw notCanonical(text)
  let parsed: Identifier
  if (rest.startsWith('@')) {
    parsed = makePerson(instance, decodeSegment(rest.slice(1), text))
  } else {
    const slash = rest.indexOf('/')
    const room = makeRoom(instance, decodeSegment(slash < 0 ? rest : rest.slice(0, slash), text))
    parsed = slash < 0 ? room : makeOccupant(room, decodeSegment(rest.slice(slash + 1), text))
  }
  if (parsed.id !== text) throw notCanonical(text)
  return parsed
}

/** Turns what `toJSON` gave back into an equal identifier with the same details. Throws `BOT_IDENTIFIER`. */
export function reviveIdentifier(data: IdentifierData): Identifier {
  const parsed = parseIdentifier(data.id)
  if (parsed.kind === 'person') return makePerson(parsed.instance, parsed.person, data)
  if (parsed.kind === 'room') return data.name === undefined ? parsed : makeRoom(parsed.instance, parsed.room, { name: data.name })
  return makeOccupant(parsed.room, parsed.occupant, data)
}

function encodeSegment(segment: string): string {
  if (segment === '') throw new BotError('BOT_IDENTIFIER', 'An identifier has an empty segment; every segment is an id of the network.')
  if (!segment.isWellFormed()) throw new BotError('BOT_IDENTIFIER', 'An identifier holds half a surrogate pair.')
  return encodeURIComponent(segment)
}

function decodeSegment(segment: string, whole: string): string {
  try {
    const decoded = decodeURIComponent(segment)
    if (decoded !== '') return decoded
  } catch {
    // Falls through: a stray % is as wrong as an empty segment.
  }
  throw notCanonical(whole)
}

function checkInstance(instance: string): void {
  if (INSTANCE.test(instance)) return
  const found = JSON.stringify(instance)
  throw new BotError('BOT_IDENTIFIER', `${found} is not an instance name: lower-case letters, digits, "_", "." and "-", at most 64.`)
}

function notCanonical(text: string): BotError {
  const shown = JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text)
  const forms = 'instance:room, instance:@person or instance:room/occupant with percent-encoded segments'
  return new BotError('BOT_IDENTIFIER', `${shown} is not a canonical identifier: ${forms}.`)
}

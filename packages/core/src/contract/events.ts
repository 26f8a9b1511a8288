import type { Identifier, Person, Room, RoomOccupant } from './identifier.ts'

/** A value that survives JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }

/** Somebody who speaks: a person in private, an occupant in a room (a person where the network does not tell them apart). */
export type Speaker = Person | RoomOccupant

interface EventBase {
  /**
   * The network's id of this event, unique within the instance. The inbox keeps it for 30 days and drops a repeat, whatever the network's retry
   * header says. Required for what is kept: an event without one is a fault of the backend.
   */
  readonly id: string
  /** When it happened by the network's clock, in milliseconds since 1970. */
  readonly time?: number
  /** What the network says beyond this contract, for plugins written for it. Plain JSON, small. */
  readonly extras?: Readonly<Record<string, Json>>
}

/** Something somebody said. */
export interface Message extends EventBase {
  readonly kind: 'message'
  /** The network's id of the message: what edits, reactions and replies refer to. */
  readonly messageId: string
  readonly from: Speaker
  /** The room, or the bot itself for a private message. */
  readonly to: Room | Person
  /** What was said, as plain text with markdown where the network formats; mentions stand as the network shows them. */
  readonly body: string
  /** The thread it belongs to, by the network's id. */
  readonly thread?: string
  /** The message it answers, by the network's id. */
  readonly replyTo?: string
  /** Whom it mentions. The bot is mentioned when its own identifier is among them. */
  readonly mentions?: readonly Identifier[]
  readonly files?: readonly IncomingFile[]
  /** History played back on joining; kept for listeners that ask, never run as a command. */
  readonly delayed?: boolean
  /** Set by the backend on what the bot itself said. */
  readonly self?: boolean
}

/** A file somebody sent. Its bytes come through `MessageContext.fetchFile`, never by following an address in the message. */
export interface IncomingFile {
  readonly name: string
  readonly type?: string
  readonly sizeBytes?: number
  /** What the backend needs to fetch it; opaque to everyone else. */
  readonly ref: Json
}

export interface MessageEdited extends Omit<Message, 'kind'> {
  readonly kind: 'message-edited'
}

export interface MessageDeleted extends EventBase {
  readonly kind: 'message-deleted'
  readonly messageId: string
  readonly room?: Room
  readonly by?: Speaker
}

export interface Reaction extends EventBase {
  readonly kind: 'reaction'
  readonly action: 'added' | 'removed'
  readonly reactor: Speaker
  /** The emoji itself, or the network's name of it without colons. */
  readonly reaction: string
  readonly messageId: string
  readonly room?: Room
  readonly reactedToOwner?: Speaker
}

/** A button pressed or an option chosen. */
export interface ActionEvent extends EventBase {
  readonly kind: 'action'
  readonly from: Speaker
  readonly to: Room | Person
  /** The message that carried the button. */
  readonly messageId: string
  readonly thread?: string
  readonly action: string
  readonly value?: string
}

export interface Presence extends EventBase {
  readonly kind: 'presence'
  readonly who: Speaker
  readonly status: PresenceStatus
  readonly text?: string
}

export type PresenceStatus = 'online' | 'away' | 'dnd' | 'offline'

export interface Typing extends EventBase {
  readonly kind: 'typing'
  readonly who: Speaker
  readonly room?: Room
}

export interface RoomJoined extends EventBase {
  readonly kind: 'room-joined'
  readonly room: Room
  readonly who: Speaker
  readonly invitedBy?: Speaker
}

export interface RoomLeft extends EventBase {
  readonly kind: 'room-left'
  readonly room: Room
  readonly who: Speaker
  readonly kickedBy?: Speaker
}

export interface RoomTopic extends EventBase {
  readonly kind: 'room-topic'
  readonly room: Room
  readonly topic: string
  readonly by?: Speaker
}

/** A file offered outside any message, as IRC's DCC does. */
export interface Stream extends EventBase {
  readonly kind: 'stream'
  readonly from: Speaker
  readonly file: IncomingFile
}

/** Everything that comes from a network. A new kind of event is a new member here, not a new method. */
export type InboundEvent =
  Message | MessageEdited | MessageDeleted | Reaction | ActionEvent | Presence | Typing | RoomJoined | RoomLeft | RoomTopic | Stream

export type InboundKind = InboundEvent['kind']

/** Kinds that tell of a passing state: they are handed to listeners and never written to disk. */
export const TRANSIENT_KINDS: ReadonlySet<InboundKind> = new Set<InboundKind>(['presence', 'typing'])

/** Whether a message was said to the bot alone. */
export function isDirect(message: { readonly to: Identifier }): boolean {
  return message.to.kind !== 'room'
}

/** Whether a message was said in a room. */
export function isGroup(message: { readonly to: Identifier }): boolean {
  return message.to.kind === 'room'
}

export function isThreaded(message: { readonly thread?: string }): boolean {
  return message.thread !== undefined
}

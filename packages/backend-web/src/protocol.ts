import type { Action, Block, Card, CommandDescriptor, PresenceStatus } from '@bot/core/backend'
import { Type, type Static } from '@bot/core/backend'
import { Compile } from '@bot/core/validation'

/*
 * What page and server say to each other: JSON objects in text frames, told apart by `t`.
 *
 *   page    hello ─────────────────────────────► server     first frame, within 10 s; carries the session, never the address line
 *           ◄──── welcome, messages…, ready                 `since`: only what changed after that revision
 *           post, edit, delete, react, press… ─►            each with an `id` of the page's own
 *           ◄──── ok | no                                   after the bot has it (`host.receive` resolved), or with the reason why not
 *           ◄──── message, typing, presence, room…          at any time
 *
 * An operation that was not answered is sent again under the same `id` after a reconnect; it takes effect once. A message is told whole each
 * time it changes, with a greater `rev`, and replaces the one of the same `id`. A conversation is addressed from the reader's side: `#room`
 * or `@person`.
 *
 * Close codes: 4001 the session is not valid, 4002 the page is of another version, 1008 a malformed frame,
 * 1013 the reader is too slow (reconnect and catch up).
 */

/** Raised when a page of an earlier build could no longer talk to this server. */
export const PROTOCOL_VERSION = 1
export const MAX_TEXT = 20_000
export const CLOSE = { badSession: 4001, otherVersion: 4002, malformed: 1008, tooSlow: 1013, goingAway: 1001 } as const

const closed = { additionalProperties: false } as const
const opId = Type.String({ pattern: '^[A-Za-z0-9-]{8,64}$' })
const conv = Type.String({ minLength: 2, maxLength: 80 })
const messageId = Type.String({ minLength: 1, maxLength: 64 })
const text = Type.String({ maxLength: MAX_TEXT })
const revision = Type.Integer({ minimum: 0 })

function frame<T extends string, P extends Parameters<typeof Type.Object>[0]>(t: T, properties: P) {
  return Type.Object({ t: Type.Literal(t), ...properties }, closed)
}

const hello = frame('hello', {
  v: Type.Integer(),
  session: Type.String({ minLength: 1, maxLength: 100 }),
  since: Type.Optional(revision),
  epoch: Type.Optional(Type.String({ maxLength: 64 })),
})
const post = frame('post', {
  id: opId,
  conv,
  text,
  thread: Type.Optional(messageId),
  replyTo: Type.Optional(messageId),
  files: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 10 })),
})
const edit = frame('edit', { id: opId, conv, message: messageId, text: Type.String({ minLength: 1, maxLength: MAX_TEXT }) })
const remove = frame('delete', { id: opId, conv, message: messageId })
const react = frame('react', {
  id: opId,
  conv,
  message: messageId,
  reaction: Type.String({ minLength: 1, maxLength: 32 }),
  on: Type.Boolean(),
})
const press = frame('press', {
  id: opId,
  conv,
  message: messageId,
  action: Type.String({ maxLength: 256 }),
  value: Type.Optional(Type.String({ maxLength: 1000 })),
})
const typing = frame('typing', { conv })
const presence = frame('presence', { status: Type.Union([Type.Literal('online'), Type.Literal('away'), Type.Literal('dnd')]) })
const history = frame('history', { conv, before: Type.Optional(revision) })
const join = frame('join', {
  id: opId,
  room: Type.String({ minLength: 1, maxLength: 64 }),
  create: Type.Optional(Type.Boolean()),
  topic: Type.Optional(Type.String({ maxLength: 250 })),
  private: Type.Optional(Type.Boolean()),
})
const leave = frame('leave', { id: opId, room: Type.String({ minLength: 1, maxLength: 64 }) })
const topic = frame('topic', { id: opId, room: Type.String({ minLength: 1, maxLength: 64 }), topic: Type.String({ maxLength: 250 }) })

const frames = { hello, post, edit, delete: remove, react, press, typing, presence, history, join, leave, topic }

export type PageFrame = { [K in keyof typeof frames]: Static<(typeof frames)[K]> }
export type Hello = PageFrame['hello']
/** Frames that change something and are answered by `ok` or `no`. */
export type Operation = PageFrame['post' | 'edit' | 'delete' | 'react' | 'press' | 'join' | 'leave' | 'topic']
export type AnyPageFrame = PageFrame[keyof PageFrame]

const checks = new Map(Object.entries(frames).map(([name, schema]) => [name, Compile(schema)]))

/** Reads a frame of the page; undefined for anything that is not one, among it every unknown key. */
export function decodeFrame(data: string): AnyPageFrame | undefined {
  let value: unknown
  try {
    value = JSON.parse(data)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 't')) return undefined
  const { t } = value as { t: unknown }
  const check = typeof t === 'string' ? checks.get(t) : undefined
  return check?.Check(value) === true ? (value as AnyPageFrame) : undefined
}

export interface WireFile {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly sizeBytes: number
  readonly alt?: string
  /** Set for pictures the page may show. */
  readonly image?: boolean
}

export interface WireContent {
  readonly blocks: readonly Block[]
  readonly card?: Card
  readonly actions?: readonly Action[]
  readonly files?: readonly WireFile[]
}

export interface WireReaction {
  readonly reaction: string
  readonly by: readonly string[]
}

export interface WireMessage {
  readonly id: string
  readonly conv: string
  /** The order within the conversation. */
  readonly seq: number
  /** The order of changes: greater with every change of anything. */
  readonly rev: number
  readonly from: string
  readonly name: string
  readonly bot?: boolean
  readonly time: number
  readonly content: WireContent
  /** What a person typed. */
  readonly text?: string
  readonly thread?: string
  readonly replyTo?: string
  readonly mentions?: readonly string[]
  readonly editedAt?: number
  readonly deleted?: boolean
  /** Only the reader sees it. */
  readonly onlyYou?: boolean
  readonly reactions: readonly WireReaction[]
  /** The operation it came from, for its author. */
  readonly client?: string
}

export interface WirePerson {
  readonly id: string
  readonly name: string
  readonly bot?: boolean
  readonly status: PresenceStatus
  readonly text?: string
}

export interface WireRoom {
  readonly name: string
  readonly topic?: string
  readonly private: boolean
  readonly joined: boolean
  readonly members: readonly string[]
  /** Who invited the reader, where an invitation is open. */
  readonly invitedBy?: string
}

export type ServerFrame =
  | {
      readonly t: 'welcome'
      readonly epoch: string
      readonly title: string
      readonly me: string
      readonly bot: string
      readonly maxFileBytes: number
      readonly people: readonly WirePerson[]
      readonly rooms: readonly WireRoom[]
      /** The people with whom the reader has a direct conversation. */
      readonly direct: readonly string[]
      readonly commands: readonly CommandDescriptor[]
      /** The page must forget what it holds: it belongs to other data. */
      readonly reset: boolean
    }
  | {
      readonly t: 'messages'
      readonly conv: string
      readonly messages: readonly WireMessage[]
      readonly page: boolean
      readonly more: boolean
    }
  | { readonly t: 'ready'; readonly rev: number }
  | { readonly t: 'message'; readonly message: WireMessage }
  | { readonly t: 'ok'; readonly id: string; readonly message?: WireMessage }
  | { readonly t: 'no'; readonly id: string; readonly reason: string; readonly again: boolean }
  | { readonly t: 'typing'; readonly conv: string; readonly who: string; readonly thread?: string }
  | { readonly t: 'person'; readonly person: WirePerson }
  | { readonly t: 'room'; readonly room: WireRoom }
  | { readonly t: 'room-gone'; readonly name: string; readonly reason?: string }
  | { readonly t: 'commands'; readonly commands: readonly CommandDescriptor[] }

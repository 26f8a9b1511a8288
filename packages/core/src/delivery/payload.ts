import type { Address } from '../contract/backend.ts'
import type { Content } from '../contract/content.ts'
import type { InboundEvent, Json } from '../contract/events.ts'
import { reviveIdentifier, type Identifier, type IdentifierData, type Person, type Room } from '../contract/identifier.ts'
import type { OutboxRow, Write } from '../contract/store.ts'

/*
 * What lies in the payload of a row. The store keeps JSON; a memory store keeps the very values. So reading takes both: identifiers that are still
 * identifiers, and their data.
 */

/** Fields of events that hold an identifier. */
const IDENTIFIER_FIELDS = ['from', 'to', 'room', 'by', 'reactor', 'reactedToOwner', 'who', 'invitedBy', 'kickedBy'] as const

/** An event as it came back from the store. Throws `BOT_IDENTIFIER` for a row that is damaged. */
export function reviveEvent(payload: Json): InboundEvent {
  if (isLive(payload)) return payload as unknown as InboundEvent
  const event = { ...(payload as object) } as Record<string, unknown>
  for (const field of IDENTIFIER_FIELDS) {
    if (event[field] !== undefined) event[field] = revive(event[field])
  }
  if (Array.isArray(event['mentions'])) event['mentions'] = event['mentions'].map(revive)
  return event as unknown as InboundEvent
}

/** Something to do at a network. */
export type Outgoing =
  | { readonly op: 'send'; readonly address: Address; readonly content: Content; readonly onlyTo?: Person }
  /** `target` is the key of the row that sent the message. */
  | { readonly op: 'edit'; readonly address: Address; readonly target: string; readonly content: Content }
  | { readonly op: 'delete'; readonly address: Address; readonly target: string }
  | {
      readonly op: 'react'
      readonly address: Address
      readonly messageId: string
      readonly reaction: string
      readonly remove?: boolean
    }

export function reviveOutgoing(payload: Json): Outgoing {
  const outgoing = { ...(payload as object) } as Record<string, unknown>
  const address = outgoing['address'] as Address
  outgoing['address'] = { ...address, to: revive(address.to) }
  if (outgoing['onlyTo'] !== undefined) outgoing['onlyTo'] = revive(outgoing['onlyTo'])
  return outgoing as unknown as Outgoing
}

/** A value of ours on its way into a row: plain data but for identifiers, which write themselves as JSON. */
export function asJson(value: InboundEvent | Outgoing | Progress): Json {
  return value as unknown as Json
}

/** What has been sent of a message. */
export interface Progress {
  readonly sent: readonly SentPart[]
  /** Set before an attempt whose outcome could be lost: the number of the part that was under way. */
  readonly attempting?: number
}

export interface SentPart {
  readonly messageId: string
  readonly thread?: string
  readonly time?: number
}

export function readProgress(progress: Json): Progress {
  if (typeof progress === 'object' && progress !== null && 'sent' in progress) return progress as unknown as Progress
  return { sent: [] }
}

/** What makes a dead or ambiguous row be sent again: whoever asks for it has decided about the attempt that was lost. */
export function outboxReplay(row: OutboxRow): readonly Write[] {
  const { sent } = readProgress(row.progress)
  return [
    { op: 'outbox.replay', seq: row.seq },
    { op: 'outbox.progress', seq: row.seq, attempts: 0, progress: asJson({ sent }) },
  ]
}

/** The lane of a conversation: the room with its threads, or the private conversation. */
export function laneOf(to: Identifier, from?: Identifier): string {
  if (to.kind === 'room') return to.id
  if (to.kind === 'occupant') return to.room.id
  return from === undefined ? to.id : from.kind === 'occupant' ? `${from.instance}:@${from.person ?? from.occupant}` : from.id
}

/** Whether the payload never went through JSON: its identifiers are still identifiers. */
function isLive(payload: Json): boolean {
  const event = payload as unknown as Record<string, Partial<Identifier> | undefined>
  return IDENTIFIER_FIELDS.some((field) => event[field]?.kind !== undefined)
}

function revive(value: unknown): Identifier {
  const data = value as IdentifierData & Partial<Room>
  return data.kind === undefined ? reviveIdentifier(data) : (value as Identifier)
}

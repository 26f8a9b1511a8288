import { deepEqual } from 'node:assert/strict'
import { codeOf, type ErrorCode } from '../../src/contract/errors.ts'
import type { Json } from '../../src/contract/events.ts'
import type { InboxAdded, OutboxAdded, Store, Write } from '../../src/contract/store.ts'

/** Rows as the scenes use them. */
export function inboxAdd(id: string, more: { source?: string; payload?: Json; raw?: Uint8Array; trace?: string } = {}): Write {
  return { op: 'inbox.add', row: { id, source: 'backend:web', lane: 'web:lobby', payload: { text: id }, receivedAt: 5, ...more } }
}

export function outboxAdd(key: string, more: { instance?: string; payload?: Json; trace?: string } = {}): Write {
  return { op: 'outbox.add', row: { key, instance: 'web', lane: 'web:lobby', payload: { text: key }, createdAt: 5, ...more } }
}

export async function addInbox(store: Store, id: string, more?: Parameters<typeof inboxAdd>[1]): Promise<number> {
  const [added] = await store.commit([inboxAdd(id, more)])
  return (added as InboxAdded).seq
}

export async function addOutbox(store: Store, key: string, more?: Parameters<typeof outboxAdd>[1]): Promise<number> {
  const [added] = await store.commit([outboxAdd(key, more)])
  return (added as OutboxAdded).seq
}

/** Values as JSON sees them, whatever their prototypes. */
export function same(actual: unknown, expected: unknown): void {
  deepEqual(JSON.parse(JSON.stringify(actual) ?? 'null'), JSON.parse(JSON.stringify(expected) ?? 'null'))
}

export async function rejectsWith(code: ErrorCode, promise: Promise<unknown>): Promise<void> {
  const outcome = await promise.then(
    () => 'resolved',
    (error: unknown) => codeOf(error) ?? error,
  )
  deepEqual(outcome, code)
}

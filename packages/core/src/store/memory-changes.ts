import type { InboxRow, OutboxRow, Write } from '../contract/store.ts'

/** What the writes to a row make of it: new rows, never changed ones. */

export type InboxChange = Extract<Write, { op: 'inbox.done' | 'inbox.retry' | 'inbox.dead' }>
export type OutboxChange = Extract<Write, { op: 'outbox.progress' | 'outbox.done' | 'outbox.retry' | 'outbox.dead' | 'outbox.ambiguous' }>

export function changedInbox(row: InboxRow, write: InboxChange): InboxRow {
  switch (write.op) {
    case 'inbox.done': {
      const done = { ...row, state: 'done' as const, finishedAt: write.at, ...(write.result === undefined ? {} : { result: write.result }) }
      delete done.error
      return done
    }
    case 'inbox.retry': {
      const ready = { ...row, state: 'ready' as const, attempts: row.attempts + 1, notBefore: write.notBefore, error: write.error }
      delete ready.finishedAt
      return ready
    }
    case 'inbox.dead':
      return { ...row, state: 'dead', attempts: row.attempts + 1, finishedAt: write.at, error: write.error }
  }
}

export function changedOutbox(row: OutboxRow, write: OutboxChange): OutboxRow {
  switch (write.op) {
    case 'outbox.progress':
      return { ...row, attempts: write.attempts, progress: write.progress }
    case 'outbox.done': {
      const done = { ...row, state: 'done' as const, finishedAt: write.at, progress: write.progress }
      delete done.error
      return done
    }
    case 'outbox.retry': {
      const ready = { ...row, state: 'ready' as const, notBefore: write.notBefore, error: write.error }
      delete ready.finishedAt
      return ready
    }
    case 'outbox.dead':
      return { ...row, state: 'dead', finishedAt: write.at, error: write.error }
    case 'outbox.ambiguous':
      return { ...row, state: 'ambiguous', finishedAt: write.at, error: write.error }
  }
}

export function replayed<R extends InboxRow | OutboxRow>(row: R): R {
  const { error: _error, finishedAt: _finishedAt, ...kept } = row
  return { ...kept, state: 'ready', attempts: 0, notBefore: 0 } as unknown as R
}

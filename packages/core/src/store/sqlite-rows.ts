import type { SQLInputValue } from 'node:sqlite'
import type { Json } from '../contract/events.ts'
import type {
  DeliveryFilter,
  DeliveryState,
  InboxRow,
  KeyValueEntry,
  OutboxRow,
  OutboxState,
  ReadRows,
  ScanOptions,
  StoreCounts,
} from '../contract/store.ts'
import { compareKeys } from './keys.ts'
import type { SqlRow, Statements } from './sqlite-statements.ts'

export type DeliveryTable = 'inbox' | 'outbox'

const OF = { inbox: 'source', outbox: 'instance' } as const
const ID = { inbox: 'id', outbox: 'key' } as const
const STATES = { inbox: ['ready', 'done', 'dead'], outbox: ['ready', 'done', 'dead', 'ambiguous'] } as const

export function inboxRow(row: SqlRow): InboxRow {
  return {
    seq: row.seq as number,
    id: row.id as string,
    source: row.source as string,
    lane: row.lane as string,
    payload: JSON.parse(row.payload as string) as Json,
    ...(row.raw === null ? {} : { raw: row.raw as Uint8Array }),
    receivedAt: row.received_at as number,
    ...(row.trace === null ? {} : { trace: row.trace as string }),
    state: row.state as DeliveryState,
    attempts: row.attempts as number,
    notBefore: row.not_before as number,
    ...(row.error === null ? {} : { error: row.error as string }),
    ...(row.finished_at === null ? {} : { finishedAt: row.finished_at as number }),
    ...(row.result === null ? {} : { result: JSON.parse(row.result as string) as Json }),
  }
}

export function outboxRow(row: SqlRow): OutboxRow {
  return {
    seq: row.seq as number,
    key: row.key as string,
    instance: row.instance as string,
    lane: row.lane as string,
    payload: JSON.parse(row.payload as string) as Json,
    createdAt: row.created_at as number,
    ...(row.trace === null ? {} : { trace: row.trace as string }),
    state: row.state as OutboxState,
    attempts: row.attempts as number,
    notBefore: row.not_before as number,
    progress: JSON.parse(row.progress as string) as Json,
    ...(row.error === null ? {} : { error: row.error as string }),
    ...(row.finished_at === null ? {} : { finishedAt: row.finished_at as number }),
  }
}

export function readReady(sql: Statements, table: DeliveryTable, { afterSeq = 0, limit }: ReadRows, of?: string): SqlRow[] {
  const order = 'AND seq > ? ORDER BY seq LIMIT ?'
  if (of === undefined) return sql.all(`SELECT * FROM ${table} WHERE state = 'ready' ${order}`, afterSeq, limit)
  return sql.all(`SELECT * FROM ${table} WHERE ${OF[table]} = ? AND state = 'ready' ${order}`, of, afterSeq, limit)
}

/** Any state, newest first. */
export function listRows(sql: Statements, table: DeliveryTable, filter: DeliveryFilter): SqlRow[] {
  const { of, state, limit = 100 } = filter
  // The index is by source and state: one query a state reads in order what one query for all would have to sort.
  if (of !== undefined && state === undefined) {
    return STATES[table]
      .flatMap((each) => listRows(sql, table, { ...filter, state: each, limit }))
      .sort((a, b) => (b.seq as number) - (a.seq as number))
      .slice(0, limit)
  }
  const conditions: string[] = []
  const values: SQLInputValue[] = []
  const where = (condition: string, value: SQLInputValue | undefined): void => {
    if (value === undefined) return
    conditions.push(condition)
    values.push(value)
  }
  where(`${OF[table]} = ?`, of)
  where('state = ?', state)
  where('seq < ?', filter.beforeSeq)
  where('finished_at < ?', filter.finishedBefore)
  const condition = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
  return sql.all(`SELECT * FROM ${table} ${condition} ORDER BY seq DESC LIMIT ?`, ...values, limit)
}

export function findRow(sql: Statements, table: DeliveryTable, id: number | string): SqlRow | undefined {
  return sql.get(`SELECT * FROM ${table} WHERE ${typeof id === 'number' ? 'seq' : ID[table]} = ?`, id)
}

export function countRows(sql: Statements): StoreCounts {
  const counts = { inbox: { ready: 0, done: 0, dead: 0 }, outbox: { ready: 0, done: 0, dead: 0, ambiguous: 0 } }
  for (const table of ['inbox', 'outbox'] as const) {
    for (const row of sql.iterate(`SELECT state, count(*) AS rows FROM ${table} GROUP BY state`)) {
      Object.assign(counts[table], { [row.state as string]: row.rows })
    }
  }
  return counts
}

export function getEntry(sql: Statements, ns: string, key: string, now: number): Json | undefined {
  const row = sql.get('SELECT value FROM entry WHERE ns = ? AND key = ? AND (expires_at IS NULL OR expires_at > ?)', ns, key, now)
  return row === undefined ? undefined : (JSON.parse(row.value as string) as Json)
}

export function scanEntries(sql: Statements, ns: string, { prefix = '', after, limit = 1000 }: ScanOptions, now: number): KeyValueEntry[] {
  const found: KeyValueEntry[] = []
  const live = 'AND (expires_at IS NULL OR expires_at > ?) ORDER BY key LIMIT ?'
  // One bound only: of two, the index would be entered at either.
  const rows =
    after === undefined || compareKeys(after, prefix) < 0
      ? sql.iterate(`SELECT key, value FROM entry WHERE ns = ? AND key >= ? ${live}`, ns, prefix, now, limit)
      : sql.iterate(`SELECT key, value FROM entry WHERE ns = ? AND key > ? ${live}`, ns, after, now, limit)
  for (const row of rows) {
    const key = row.key as string
    // Keys with the prefix stand together.
    if (!key.startsWith(prefix)) break
    found.push({ key, value: JSON.parse(row.value as string) as Json })
  }
  return found
}

import type { InboxAdded, NewInboxRow, NewOutboxRow, OutboxAdded, Write, WriteResult } from '../contract/store.ts'
import type { Json } from '../contract/events.ts'
import { toJson, updated } from './keys.ts'
import { outboxRow } from './sqlite-rows.ts'
import type { Statements } from './sqlite-statements.ts'

/** Applies one write in the transaction that is open. */
export function applyWrite(sql: Statements, write: Write, now: number): WriteResult {
  switch (write.op) {
    case 'inbox.add':
      return addInbox(sql, write.row)
    case 'inbox.done': {
      const result = write.result === undefined ? null : toJson(write.result, `the result of delivery ${write.seq}`)
      sql.run("UPDATE inbox SET state = 'done', finished_at = ?, result = ?, error = NULL WHERE seq = ?", write.at, result, write.seq)
      return undefined
    }
    case 'inbox.retry':
      sql.run(
        "UPDATE inbox SET state = 'ready', attempts = attempts + 1, not_before = ?, error = ?, finished_at = NULL WHERE seq = ?",
        write.notBefore,
        plain(write.error),
        write.seq,
      )
      return undefined
    case 'inbox.dead':
      sql.run(
        "UPDATE inbox SET state = 'dead', attempts = attempts + 1, finished_at = ?, error = ? WHERE seq = ?",
        write.at,
        plain(write.error),
        write.seq,
      )
      return undefined
    case 'inbox.replay':
    case 'outbox.replay': {
      const table = write.op === 'inbox.replay' ? 'inbox' : 'outbox'
      const replay = `UPDATE ${table} SET state = 'ready', attempts = 0, not_before = 0, error = NULL, finished_at = NULL`
      return sql.run(`${replay} WHERE seq = ? AND state IN ('dead', 'ambiguous')`, write.seq).changes > 0
    }
    case 'inbox.remove':
      return sql.run("DELETE FROM inbox WHERE seq = ? AND state <> 'ready'", write.seq).changes > 0
    case 'outbox.add':
      return addOutbox(sql, write.row)
    case 'outbox.progress':
      sql.run('UPDATE outbox SET attempts = ?, progress = ? WHERE seq = ?', write.attempts, progressText(write), write.seq)
      return undefined
    case 'outbox.done':
      sql.run(
        "UPDATE outbox SET state = 'done', finished_at = ?, progress = ?, error = NULL WHERE seq = ?",
        write.at,
        progressText(write),
        write.seq,
      )
      return undefined
    case 'outbox.retry':
      sql.run(
        "UPDATE outbox SET state = 'ready', not_before = ?, error = ?, finished_at = NULL WHERE seq = ?",
        write.notBefore,
        plain(write.error),
        write.seq,
      )
      return undefined
    case 'outbox.dead':
    case 'outbox.ambiguous':
      sql.run(
        'UPDATE outbox SET state = ?, finished_at = ?, error = ? WHERE seq = ?',
        write.op === 'outbox.dead' ? 'dead' : 'ambiguous',
        write.at,
        plain(write.error),
        write.seq,
      )
      return undefined
    case 'outbox.remove':
      return sql.run("DELETE FROM outbox WHERE seq = ? AND state <> 'ready'", write.seq).changes > 0
    case 'kv.put':
      putEntry(sql, write.ns, write.key, write.value, write.expiresAt)
      return undefined
    case 'kv.delete':
      deleteEntry(sql, write.ns, write.key)
      return undefined
    case 'kv.update':
      return updateEntry(sql, write, now)
    case 'blob.put':
      sql.run(
        'INSERT INTO blob (id, created_at, data) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET created_at = excluded.created_at, data = excluded.data',
        write.id,
        now,
        write.data,
      )
      return undefined
    case 'blob.delete':
      sql.run('DELETE FROM blob WHERE id = ?', write.id)
      return undefined
  }
}

function addInbox(sql: Statements, row: NewInboxRow): InboxAdded {
  const { changes, lastInsertRowid } = sql.run(
    'INSERT INTO inbox (id, source, lane, received_at, trace, payload, raw) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING',
    row.id,
    row.source,
    row.lane,
    row.receivedAt,
    row.trace ?? null,
    toJson(row.payload, `the delivery "${row.id}"`),
    row.raw ?? null,
  )
  if (changes > 0) return { seq: lastInsertRowid, duplicate: false }
  return { seq: Number(sql.get('SELECT seq FROM inbox WHERE id = ?', row.id)?.seq), duplicate: true }
}

function addOutbox(sql: Statements, row: NewOutboxRow): OutboxAdded {
  const payload = toJson(row.payload, `the message "${row.key}"`)
  const { changes, lastInsertRowid } = sql.run(
    'INSERT INTO outbox (key, instance, lane, created_at, trace, payload) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING',
    row.key,
    row.instance,
    row.lane,
    row.createdAt,
    row.trace ?? null,
    payload,
  )
  if (changes === 0) {
    const existing = outboxRow(sql.get('SELECT * FROM outbox WHERE key = ?', row.key) ?? {})
    return { seq: existing.seq, existing }
  }
  for (const blob of blobsOf(payload)) sql.run('INSERT OR IGNORE INTO blob_reference (blob, outbox) VALUES (?, ?)', blob, lastInsertRowid)
  return { seq: lastInsertRowid }
}

/** The texts named `blob` in JSON text. Inside a text every quote is escaped, so `"blob":"` stands nowhere else. */
function blobsOf(payload: string): string[] {
  return Array.from(payload.matchAll(/"blob":("(?:[^"\\]|\\.)*")/g), ([, text]) => JSON.parse(text as string) as string)
}

function updateEntry(sql: Statements, write: Extract<Write, { op: 'kv.update' }>, now: number): Json | undefined {
  const { ns, key } = write
  const row = sql.get(
    'SELECT value, expires_at FROM entry WHERE ns = ? AND key = ? AND (expires_at IS NULL OR expires_at > ?)',
    ns,
    key,
    now,
  )
  const value = updated(write, row === undefined ? undefined : (JSON.parse(row.value as string) as Json))
  if (value === undefined) deleteEntry(sql, ns, key)
  else putEntry(sql, ns, key, value, write.expiresAt ?? (row?.expires_at as number | null | undefined) ?? undefined)
  return value
}

function putEntry(sql: Statements, ns: string, key: string, value: Json, expiresAt: number | undefined): void {
  sql.run(
    'INSERT INTO entry (ns, key, expires_at, value) VALUES (?, ?, ?, ?) ON CONFLICT (ns, key) DO UPDATE SET expires_at = excluded.expires_at, value = excluded.value',
    ns,
    key,
    expiresAt ?? null,
    toJson(value, `"${key}" in "${ns}"`),
  )
}

function deleteEntry(sql: Statements, ns: string, key: string): void {
  sql.run('DELETE FROM entry WHERE ns = ? AND key = ?', ns, key)
}

function progressText(write: Extract<Write, { op: 'outbox.progress' | 'outbox.done' }>): string {
  return toJson(write.progress, `the progress of message ${write.seq}`)
}

/** Text for people. Node 22 reads a text back only up to U+0000, which would cut it. */
function plain(text: string): string {
  return text.replaceAll('\0', '\u{fffd}')
}

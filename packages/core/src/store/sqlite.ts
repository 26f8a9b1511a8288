import type { DatabaseSync } from 'node:sqlite'
import type { Clock, Logger } from '../contract/environment.ts'
import type { Json } from '../contract/events.ts'
import type {
  CommitOptions,
  DeliveryFilter,
  InboxRow,
  KeyValueEntry,
  Lease,
  OutboxRow,
  ReadRows,
  ScanOptions,
  Store,
  StoreCounts,
  Write,
  WriteResult,
} from '../contract/store.ts'
import { checkWrite, fenced, notOpen } from './keys.ts'
import { openFile, storeError } from './sqlite-file.ts'
import { countRows, findRow, getEntry, inboxRow, listRows, outboxRow, readReady, scanEntries } from './sqlite-rows.ts'
import { Statements } from './sqlite-statements.ts'
import { applyWrite } from './sqlite-writes.ts'

/*
 * The store of a bot on one machine: one SQLite file in WAL mode with `synchronous=FULL`, held by one process at a time.
 *
 * All commits of one turn of the event loop share one transaction and one fsync (group commit); each has a savepoint of its own, so one that fails
 * takes no other with it. A commit resolves after the fsync. When that fails, all of the group reject and the store goes on once the cause is gone.
 * The work is done on the calling thread, so a slow disk slows the process; that is the back-pressure.
 *
 * It does not support several processes (`can.share`), nor network file systems whose locks do not work.
 */

export interface SqliteStore extends Store {
  /** How many transactions were written: what group commit saves shows here. */
  readonly transactions: number
}

export interface SqliteStoreOptions {
  /** The file; its folder is made where it is missing. */
  readonly path: string
  readonly clock: Clock
  readonly log: Logger
  /** The most bytes the file may grow to; beyond them commits reject with `STORE_FULL`. Default: as far as the disk goes. */
  readonly maxBytes?: number
}

/** A store in one file. Loads SQLite only when it is opened. */
export function createSqliteStore(options: SqliteStoreOptions): SqliteStore {
  return new SqliteFileStore(options)
}

/** How many rows one transaction of `prune` takes, so that commits go on between. */
const PRUNE_ROWS = 1000

interface Job {
  readonly run: (sql: Statements) => unknown
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
}

interface Connection {
  readonly db: DatabaseSync
  readonly sql: Statements
}

class SqliteFileStore implements SqliteStore {
  readonly can = { persist: true, share: false }
  readonly #options: SqliteStoreOptions
  #connection: Connection | undefined
  #jobs: Job[] = []
  #transactions = 0

  constructor(options: SqliteStoreOptions) {
    this.#options = options
  }

  get transactions(): number {
    return this.#transactions
  }

  async open(): Promise<void> {
    if (this.#connection !== undefined) return
    const { path, log, maxBytes } = this.#options
    const db = openFile(path, log)
    const sql = new Statements(db)
    if (maxBytes !== undefined) {
      const pageBytes = Number(sql.get('PRAGMA page_size')?.page_size)
      db.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / pageBytes))}`)
    }
    this.#connection = { db, sql }
  }

  async close(): Promise<void> {
    if (this.#connection === undefined) return
    this.#flush()
    const { db } = this.#connection
    this.#connection = undefined
    try {
      db.close()
    } catch (error) {
      throw storeError(error, 'close', this.#options.path)
    }
  }

  commit(writes: readonly Write[], { fence }: CommitOptions = {}): Promise<readonly WriteResult[]> {
    return this.#enqueue((sql) => {
      if (fence !== undefined && !holds(sql, fence)) throw fenced(fence.name)
      const now = this.#options.clock.now()
      return writes.map((write) => {
        checkWrite(write)
        return applyWrite(sql, write, now)
      })
    })
  }

  readInbox(options: ReadRows): Promise<readonly InboxRow[]> {
    return this.#read((sql) => readReady(sql, 'inbox', options).map(inboxRow))
  }

  readOutbox(options: ReadRows & { readonly instance?: string }): Promise<readonly OutboxRow[]> {
    return this.#read((sql) => readReady(sql, 'outbox', options, options.instance).map(outboxRow))
  }

  listInbox(filter: DeliveryFilter): Promise<readonly InboxRow[]> {
    return this.#read((sql) => listRows(sql, 'inbox', filter).map(inboxRow))
  }

  listOutbox(filter: DeliveryFilter): Promise<readonly OutboxRow[]> {
    return this.#read((sql) => listRows(sql, 'outbox', filter).map(outboxRow))
  }

  findInbox(id: number | string): Promise<InboxRow | undefined> {
    return this.#read((sql) => {
      const row = findRow(sql, 'inbox', id)
      return row === undefined ? undefined : inboxRow(row)
    })
  }

  findOutbox(id: number | string): Promise<OutboxRow | undefined> {
    return this.#read((sql) => {
      const row = findRow(sql, 'outbox', id)
      return row === undefined ? undefined : outboxRow(row)
    })
  }

  counts(): Promise<StoreCounts> {
    return this.#read(countRows)
  }

  get(ns: string, key: string): Promise<Json | undefined> {
    return this.#read((sql) => getEntry(sql, ns, key, this.#options.clock.now()))
  }

  scan(ns: string, options: ScanOptions = {}): Promise<readonly KeyValueEntry[]> {
    return this.#read((sql) => scanEntries(sql, ns, options, this.#options.clock.now()))
  }

  getBlob(id: string): Promise<Uint8Array | undefined> {
    return this.#read((sql) => sql.get('SELECT data FROM blob WHERE id = ?', id)?.data as Uint8Array | undefined)
  }

  acquireLease(name: string, owner: string, ttlMs: number): Promise<Lease | undefined> {
    return this.#enqueue((sql) => {
      const now = this.#options.clock.now()
      const row = sql.get(
        `INSERT INTO lease (name, owner, token, expires_at) VALUES (?, ?, 1, ?)
         ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, token = token + 1, expires_at = excluded.expires_at
         WHERE owner = excluded.owner OR expires_at <= ?
         RETURNING token`,
        name,
        owner,
        now + ttlMs,
        now,
      )
      return row === undefined ? undefined : { name, owner, token: row.token as number, expiresAt: now + ttlMs }
    })
  }

  renewLease(lease: Lease, ttlMs: number): Promise<Lease | undefined> {
    return this.#enqueue((sql) => {
      if (!holds(sql, lease)) return undefined
      const renewed = { ...lease, expiresAt: this.#options.clock.now() + ttlMs }
      sql.run('UPDATE lease SET expires_at = ? WHERE name = ?', renewed.expiresAt, lease.name)
      return renewed
    })
  }

  releaseLease(lease: Lease): Promise<void> {
    return this.#enqueue((sql) => {
      // The token stays, so that the next holder's is greater.
      if (holds(sql, lease)) sql.run("UPDATE lease SET owner = '', expires_at = 0 WHERE name = ?", lease.name)
    })
  }

  async prune({ finishedBefore }: { readonly finishedBefore: number }): Promise<number> {
    const now = this.#options.clock.now()
    const finished = `state = 'done' AND finished_at < ? LIMIT ${PRUNE_ROWS}`
    const steps: [sql: string, before: number][] = [
      [`DELETE FROM inbox WHERE seq IN (SELECT seq FROM inbox WHERE ${finished})`, finishedBefore],
      [`DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE ${finished})`, finishedBefore],
      [`DELETE FROM entry WHERE rowid IN (SELECT rowid FROM entry WHERE expires_at <= ? LIMIT ${PRUNE_ROWS})`, now],
      [
        `DELETE FROM blob WHERE id IN (SELECT id FROM blob WHERE created_at < ?
         AND NOT EXISTS (SELECT 1 FROM blob_reference WHERE blob = id) LIMIT ${PRUNE_ROWS})`,
        finishedBefore,
      ],
    ]
    let gone = 0
    for (const [statement, before] of steps) {
      let changes: number
      do {
        changes = await this.#enqueue((sql) => sql.run(statement, before).changes)
        gone += changes
      } while (changes === PRUNE_ROWS)
    }
    return gone
  }

  async #read<T>(query: (sql: Statements) => T): Promise<T> {
    if (this.#connection === undefined) throw notOpen()
    try {
      return query(this.#connection.sql)
    } catch (error) {
      throw storeError(error, 'read', this.#options.path)
    }
  }

  /** Runs the work in the next transaction. Resolves to what it returned once that is on disk. */
  #enqueue<T>(run: (sql: Statements) => T): Promise<T> {
    if (this.#connection === undefined) return Promise.reject(notOpen())
    return new Promise((resolve, reject) => {
      if (this.#jobs.length === 0) setImmediate(() => this.#flush())
      this.#jobs.push({ run, resolve, reject })
    })
  }

  #flush(): void {
    if (this.#connection === undefined || this.#jobs.length === 0) return
    const { db, sql } = this.#connection
    const jobs = this.#jobs
    this.#jobs = []
    const settle: (() => void)[] = []
    try {
      sql.run('BEGIN IMMEDIATE')
      for (const job of jobs) settle.push(this.#runJob(job, db, sql))
      sql.run('COMMIT')
      this.#transactions++
    } catch (error) {
      if (db.isTransaction) sql.run('ROLLBACK')
      const failure = storeError(error, 'write to', this.#options.path)
      for (const { reject } of jobs) reject(failure)
      return
    }
    for (const each of settle) each()
  }

  /** Returns what to do once the transaction is on disk. Throws where the whole transaction has failed. */
  #runJob({ run, resolve, reject }: Job, db: DatabaseSync, sql: Statements): () => void {
    sql.run('SAVEPOINT job')
    try {
      const value = run(sql)
      sql.run('RELEASE job')
      return () => resolve(value as never)
    } catch (error) {
      // SQLite itself ends the transaction of a full or failing disk.
      if (!db.isTransaction) throw error
      sql.run('ROLLBACK TO job')
      sql.run('RELEASE job')
      const failure = storeError(error, 'write to', this.#options.path)
      return () => reject(failure)
    }
  }
}

function holds(sql: Statements, { name, owner, token }: Lease): boolean {
  const row = sql.get('SELECT owner, token FROM lease WHERE name = ?', name)
  return row?.owner === owner && row.token === token
}

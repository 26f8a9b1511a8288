import { chmodSync, closeSync, existsSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Logger } from '../contract/environment.ts'
import { BotError, codeOf, type ErrorCode } from '../contract/errors.ts'
import { APPLICATION_ID, MIGRATIONS } from './sqlite-schema.ts'

/*
 * Opening the file. It is looked at read-only first, because the close of a writing connection would move the write-ahead log into a damaged file.
 *
 * While a store is open nothing else in the process may open and close its files: on POSIX systems that drops SQLite's locks.
 */

type Sqlite = typeof import('node:sqlite')

/** How long an open waits for a process that is just ending. It blocks this one. */
const BUSY_MS = 200

/** Opens the file for this process alone, making or migrating it. Throws the codes of `Store.open`. */
export function openFile(path: string, log: Logger): DatabaseSync {
  const { DatabaseSync } = loadSqlite()
  let db: DatabaseSync | undefined
  try {
    const checked = makeFile(path, log) || lookAt(path, DatabaseSync)
    db = new DatabaseSync(path, { timeout: BUSY_MS, enableForeignKeyConstraints: false })
    // Before the first access: so no shared-memory file is made, and the lock holds from the first read to the close or the end of the process.
    db.exec('PRAGMA locking_mode = EXCLUSIVE')
    if (!checked) {
      checkSound(db, path)
      checkOurs(db, path)
    }
    if (applicationId(db) !== APPLICATION_ID) db.exec(`PRAGMA application_id = ${APPLICATION_ID}`)
    db.exec('PRAGMA journal_mode = WAL')
    db.exec('PRAGMA synchronous = FULL')
    migrate(db, path, log)
    // Left by the look or by a tool. Whoever holds the lock knows that nobody uses it.
    rmSync(`${path}-shm`, { force: true })
    return db
  } catch (error) {
    db?.close()
    throw storeError(error, 'open', path)
  }
}

/** Loads SQLite, without the notice that Node 22 gives of it. Other warnings pass. */
function loadSqlite(): Sqlite {
  const { emitWarning } = process
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (rest[0] === 'ExperimentalWarning' && String(warning).includes('SQLite')) return
    Reflect.apply(emitWarning, process, [warning, ...rest])
  }
  try {
    return process.getBuiltinModule('node:sqlite')
  } finally {
    process.emitWarning = emitWarning
  }
}

/** Makes the folder and the file where they are missing. Returns whether the file is new, and so needs no look. */
function makeFile(path: string, log: Logger): boolean {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const size = statSync(path, { throwIfNoEntry: false })?.size
  if (size === undefined) {
    closeSync(openSync(path, 'wx', 0o600))
    // The mask of the process may have taken more than it should.
    chmodSync(path, 0o600)
    return true
  }
  if (size > 0) return false
  // SQLite would delete the log.
  if (sizeOf(`${path}-wal`) > 0) throw corrupt(path, 'it is empty, yet beside it stands a log of writes')
  log.warn({ path }, 'the store file was empty; a new store is made in it')
  return true
}

/**
 * Throws where the file is no store, is damaged or is from a newer version; it and its log stay as they are. Returns false where only a writer can look:
 * a crash while the file was made left a rollback journal, or a full disk has no room for what a reader keeps beside the log.
 */
function lookAt(path: string, Database: Sqlite['DatabaseSync']): boolean {
  const absent = [`${path}-shm`, `${path}-wal`].filter((file) => !existsSync(file))
  let sound = false
  let damaged = false
  const db = new Database(path, { readOnly: true, timeout: BUSY_MS })
  try {
    checkSound(db, path)
    sound = true
    checkOurs(db, path)
    return true
  } catch (error) {
    const code = sqliteCode(error)
    if (code === READONLY || code === IO_ERROR || code === CANNOT_OPEN) return false
    damaged = !sound && codeOf(storeError(error, 'open', path)) === 'STORE_CORRUPT'
    throw error
  } finally {
    db.close()
    // Nobody can work with a damaged file, so what the look itself put beside it is nobody's.
    if (damaged) for (const file of absent) if (file.endsWith('-shm') || sizeOf(file) === 0) rmSync(file, { force: true })
  }
}

function checkSound(db: DatabaseSync, path: string): void {
  const found = db.prepare('PRAGMA quick_check(1)').get()?.quick_check
  if (found !== 'ok') throw corrupt(path, String(found))
}

function checkOurs(db: DatabaseSync, path: string): void {
  const version = versionOf(db)
  const id = applicationId(db)
  if (id !== APPLICATION_ID && (id !== 0 || version !== 0 || tables(db) > 0)) throw corrupt(path, 'it is the database of another program')
  if (version <= MIGRATIONS.length) return
  throw new BotError(
    'STORE_VERSION',
    `The store "${path}" has schema ${version}; this version of @bot/core knows up to ${MIGRATIONS.length}. Update @bot/core, or restore a backup.`,
  )
}

function migrate(db: DatabaseSync, path: string, log: Logger): void {
  const from = versionOf(db)
  for (let version = from; version < MIGRATIONS.length; version++) {
    db.exec(`BEGIN IMMEDIATE; ${MIGRATIONS[version]}; PRAGMA user_version = ${version + 1}; COMMIT`)
  }
  if (from > 0 && from < MIGRATIONS.length) log.info({ path, from, to: MIGRATIONS.length }, 'migrated the store')
}

function versionOf(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.user_version)
}

function applicationId(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA application_id').get()?.application_id)
}

function tables(db: DatabaseSync): number {
  return Number(db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.tables)
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

function corrupt(path: string, found: string): BotError {
  return new BotError(
    'STORE_CORRUPT',
    `The store "${path}" cannot be used: ${found}. It was left as it is. Restore a backup, or move it and its "-wal" file away to start with an empty one.`,
  )
}

const BUSY = 5
const LOCKED = 6
const READONLY = 8
const IO_ERROR = 10
const CORRUPT = 11
const FULL = 13
const CANNOT_OPEN = 14
const NOT_A_DATABASE = 26

/** SQLite's primary result code, or undefined for an error that is not SQLite's. */
function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return error.errcode & 0xff
}

/** The error to give to the caller: errors of SQLite and the file system get a code of ours, others pass. */
export function storeError(error: unknown, action: string, path: string): unknown {
  const code = sqliteCode(error)
  if (code === undefined && !isSystemError(error)) return error
  if (code === CORRUPT || code === NOT_A_DATABASE) return corrupt(path, (error as Error).message)
  const [ours, advice] = advise(code, error)
  return new BotError(ours, `Could not ${action} the store "${path}": ${advice}`, { cause: error })
}

function advise(code: number | undefined, error: unknown): [ErrorCode, string] {
  if (code === BUSY || code === LOCKED)
    return ['STORE_LOCKED', 'another process holds it. Stop that one, or give this one a data directory of its own.']
  if (code === FULL || (isSystemError(error) && (error.code === 'ENOSPC' || error.code === 'EDQUOT'))) {
    return ['STORE_FULL', 'the disk is full or the quota is reached. Make room; it goes on without a restart.']
  }
  return ['STORE_FAILED', `${(error as Error).message}. Check the disk and the rights on the folder.`]
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}

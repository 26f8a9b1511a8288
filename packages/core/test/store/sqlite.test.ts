import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { codeOf } from '../../src/contract/errors.ts'
import { createSqliteStore, type SqliteStore } from '../../src/store/sqlite.ts'
import { standingClock } from './clock.ts'
import { silentLog } from './log.ts'
import { addInbox, inboxAdd } from './rows.ts'

const WRITER = join(import.meta.dirname, 'writer-process.ts')

let folder: string
let path: string
const stores: SqliteStore[] = []
const children: ChildProcess[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-'))
  path = join(folder, 'data', 'bot.db')
})

afterEach(async () => {
  for (const child of children.splice(0)) await kill(child)
  for (const store of stores.splice(0)) await store.close()
  await rm(folder, { recursive: true })
})

function make(options: { maxBytes?: number } = {}): SqliteStore {
  const store = createSqliteStore({ path, clock: standingClock(), log: silentLog, ...options })
  stores.push(store)
  return store
}

async function opened(options: { maxBytes?: number } = {}): Promise<SqliteStore> {
  const store = make(options)
  await store.open()
  return store
}

/** What opening comes to: the code and the message. */
async function failure(promise: Promise<unknown>): Promise<{ code: string | undefined; message: string }> {
  return promise.then(
    () => ({ code: 'none', message: '' }),
    (error: unknown) => ({ code: codeOf(error), message: (error as Error).message }),
  )
}

/** Starts a process over the file; `lines` are what it prints. */
function start(mode: 'write' | 'hold'): { child: ChildProcess; lines: AsyncIterator<string>; errors: () => string } {
  const child = spawn(process.execPath, [WRITER, path, mode], { stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](), errors: () => errors }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'close')
  child.kill('SIGKILL')
  await gone
}

async function contents(): Promise<Record<string, string>> {
  const data = join(folder, 'data')
  const files = (await readdir(data)).sort()
  return Object.fromEntries(
    await Promise.all(
      files.map(
        async (file) =>
          [
            file,
            createHash('sha256')
              .update(await readFile(join(data, file)))
              .digest('hex'),
          ] as const,
      ),
    ),
  )
}

test('kills in the middle of commits lose nothing that was resolved, and the next open works at once', async () => {
  const promised: string[] = []
  for (let round = 0; round < 6; round++) {
    const { child, lines } = start('write')
    expect((await lines.next()).value).toBe('open true')
    for (let line = 0; line < 150 + 37 * round; line++) promised.push((await lines.next()).value as string)
    child.kill('SIGKILL')
    for (let line = await lines.next(); line.done !== true; line = await lines.next()) promised.push(line.value)
    await kill(child)
  }
  const store = await opened()
  const rows = await store.readInbox({ limit: 1_000_000 })
  const kept = new Set(rows.map(({ id }) => id))
  expect(promised.length).toBeGreaterThan(6 * 150)
  expect(promised.filter((id) => !kept.has(id))).toEqual([])
  // Each row and its entry came in one commit.
  const entries = await store.scan('n', { limit: 1_000_000 })
  expect(new Set(entries.map(({ key }) => key))).toEqual(kept)
}, 60_000)

test('a second process is refused while one holds the store, and let in once that one is killed', async () => {
  const { child, lines } = start('hold')
  await lines.next()
  const refused = await failure(make().open())
  expect(refused.code).toBe('STORE_LOCKED')
  expect(refused.message).toContain(path)
  await kill(child)
  await opened()
  const inProcess = await failure(make().open())
  expect(inProcess.code).toBe('STORE_LOCKED')
}, 20_000)

test('opening gives no notice about SQLite and leaves other warnings alone', async () => {
  const { child, lines, errors } = start('hold')
  expect((await lines.next()).value).toBe('open true')
  await expect.poll(errors).toContain('another notice')
  await kill(child)
  expect(errors()).not.toContain('SQLite')
}, 20_000)

test('the folder and the file are for their owner alone', async () => {
  const store = await opened()
  await addInbox(store, 'a')
  expect((await stat(join(folder, 'data'))).mode & 0o777).toBe(0o700)
  const files = await readdir(join(folder, 'data'))
  expect(files.sort()).toEqual(['bot.db', 'bot.db-wal'])
  for (const file of files) expect((await stat(join(folder, 'data', file))).mode & 0o777).toBe(0o600)
  await store.close()
  expect(await readdir(join(folder, 'data'))).toEqual(['bot.db'])
})

test('the commits of one turn share one transaction', async () => {
  const store = await opened()
  const before = store.transactions
  await Promise.all(Array.from({ length: 1000 }, (_, index) => store.commit([inboxAdd(`a${index}`)])))
  expect(store.transactions - before).toBe(1)
  await store.commit([inboxAdd('b')])
  await store.commit([inboxAdd('c')])
  expect(store.transactions - before).toBe(3)
})

describe('a file that is no sound store is refused and left as it is', () => {
  async function filled(): Promise<void> {
    const store = await opened()
    await store.commit(Array.from({ length: 500 }, (_, index) => inboxAdd(`row ${index}`, { payload: 'x'.repeat(400) })))
    await store.close()
  }

  async function expectRefused(code = 'STORE_CORRUPT'): Promise<void> {
    const before = await contents()
    const { code: found, message } = await failure(make().open())
    expect(found).toBe(code)
    expect(message).toContain(path)
    expect(message).toMatch(/backup/)
    expect(await contents()).toEqual(before)
  }

  test('text', async () => {
    await filled()
    await writeFile(path, 'this is not a database\n'.repeat(1000))
    await expectRefused()
  })

  test('a few bytes', async () => {
    await filled()
    await writeFile(path, 'oops')
    await expectRefused()
  })

  test('a store with a page overwritten', async () => {
    await filled()
    const bytes = await readFile(path)
    bytes.fill(7, 4096 * 8, 4096 * 10)
    await writeFile(path, bytes)
    await expectRefused()
  })

  test('a store cut in half', async () => {
    await filled()
    await truncate(path, Math.floor((await stat(path)).size / 2))
    await expectRefused()
  })

  test('a damaged store with the log of a killed process beside it', async () => {
    await filled()
    const { child, lines } = start('write')
    for (let line = 0; line < 50; line++) await lines.next()
    await kill(child)
    expect((await stat(`${path}-wal`)).size).toBeGreaterThan(0)
    const bytes = await readFile(path)
    bytes.fill(7, 4096 * 20, 4096 * 40)
    await writeFile(path, bytes)
    await expectRefused()
    await truncate(path, 0)
    await expectRefused()
  }, 20_000)

  test('the database of another program', async () => {
    await filled()
    await rm(path)
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
    const other = new DatabaseSync(path)
    other.exec('CREATE TABLE bookmarks (url TEXT)')
    other.close()
    await expectRefused()
  })

  test('a store of a newer version', async () => {
    await filled()
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
    const newer = new DatabaseSync(path)
    newer.exec('PRAGMA journal_mode = DELETE; PRAGMA user_version = 99')
    newer.close()
    await expectRefused('STORE_VERSION')
  })
})

test('a folder where a file should be, and a file where a folder should be, are refused by name', async () => {
  await writeFile(join(folder, 'data'), '')
  const { code, message } = await failure(make().open())
  expect(code).toBe('STORE_FAILED')
  expect(message).toContain(path)
})

test('a full store refuses, keeps what it has, and goes on once there is room', async () => {
  const store = await opened({ maxBytes: 1_000_000 })
  const put = (id: string): Promise<unknown> => store.commit([{ op: 'blob.put', id, data: new Uint8Array(100_000).fill(1) }, inboxAdd(id)])
  const kept: string[] = []
  let refusal: { code: string | undefined } | undefined
  while (refusal === undefined && kept.length < 20) {
    const id = `b${kept.length}`
    await put(id).then(
      () => kept.push(id),
      (error: unknown) => (refusal = { code: codeOf(error) }),
    )
  }
  expect(refusal).toEqual({ code: 'STORE_FULL' })
  expect(kept.length).toBeGreaterThan(5)
  expect(await store.findInbox(`b${kept.length}`)).toBeUndefined()
  const group = await Promise.allSettled([put('x'), put('y')])
  expect(group.map((each) => (each.status === 'rejected' ? codeOf(each.reason) : 'kept'))).toEqual(['STORE_FULL', 'STORE_FULL'])

  await store.commit([{ op: 'blob.delete', id: 'b0' }])
  await put('after')
  expect((await store.readInbox({ limit: 100 })).map(({ id }) => id)).toEqual([...kept, 'after'])
})

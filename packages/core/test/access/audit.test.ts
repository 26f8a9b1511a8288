import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  AUDIT_ENTRIES,
  AUDIT_HEADS,
  AUDIT_PEOPLE,
  AuditLog,
  canonicalJson,
  forgetInAudit,
  type AuditEntry,
  type AuditRecord,
} from '../../src/access/audit.ts'
import { listAudit, verifyAudit } from '../../src/access/audit-reading.ts'
import type { Json } from '../../src/contract/events.ts'
import type { Store } from '../../src/contract/store.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { createSqliteStore } from '../../src/store/sqlite.ts'
import { ManualClock, seededRandom } from '../manual-clock.ts'
import { silentLog } from '../store/log.ts'
import { alice, aliceInOps, bob, ops } from './asking.ts'

const random = seededRandom(7)

function record(extra: Partial<AuditRecord> = {}): AuditRecord {
  return { kind: 'command', who: alice, what: 'deploy:release', where: ops, decision: 'allowed', code: 'admin', args: 'prod 1.2', ...extra }
}

async function begin(
  chain = 'main',
): Promise<{ store: Store; clock: ManualClock; log: AuditLog; add(extra?: Partial<AuditRecord>): Promise<void> }> {
  const clock = new ManualClock()
  const store = createMemoryStore({ clock })
  await store.open()
  const log = new AuditLog({ chain, clock, random })
  const add = async (extra?: Partial<AuditRecord>): Promise<void> => {
    await clock.advance(10)
    await store.commit(log.entryWrites(record(extra)))
  }
  return { store, clock, log, add }
}

async function entriesOf(store: Store): Promise<{ key: string; value: AuditEntry }[]> {
  const entries = (await store.scan(AUDIT_ENTRIES)).map(({ key, value }) => ({ key, value: value as unknown as AuditEntry }))
  return entries.sort((a, b) => a.value.n - b.value.n)
}

const put = (store: Store, ns: string, key: string, value: unknown): Promise<unknown> =>
  store.commit([{ op: 'kv.put', ns, key, value: value as Json }])

test('an entry carries the hash of the one before and of itself', async () => {
  const { store, add } = await begin()
  await add()
  await add({ decision: 'denied', code: 'deny-rule', rule: 'access.rules[0]' })
  const [first, second] = (await entriesOf(store)).map(({ value }) => value)
  expect(first).toMatchObject({
    chain: 'main',
    n: 1,
    prev: '',
    kind: 'command',
    what: 'deploy:release',
    where: ops.id,
    decision: 'allowed',
  })
  expect(second).toMatchObject({ n: 2, prev: first?.hash, rule: 'access.rules[0]' })
  const { hash, ...rest } = second as AuditEntry
  expect(createHash('sha256').update(canonicalJson(rest)).digest('hex')).toBe(hash)
  expect(await verifyAudit(store)).toEqual({ ok: true, entries: 2, chains: [{ chain: 'main', n: 2, hash }], problems: [] })
})

test('canonical JSON sorts keys by UTF-16 code units and leaves no room for a second spelling', () => {
  expect(canonicalJson({ b: [1, 'é', null, { z: true, a: undefined }], a: -0, '\u{1f600}': 1, '\ufb33': 2 })).toBe(
    '{"a":0,"b":[1,"é",null,{"z":true}],"\u{1f600}":1,"\ufb33":2}',
  )
})

test('an entry is kept together with the effect it tells of, or not at all', async () => {
  const { store, log } = await begin()
  const fails = (): never => {
    throw new Error('no')
  }
  await expect(store.commit([...log.entryWrites(record()), { op: 'kv.update', ns: 'x', key: 'y', update: fails }])).rejects.toThrow('no')
  expect(await verifyAudit(store)).toMatchObject({ ok: true, entries: 0 })
  await store.commit([
    { op: 'kv.put', ns: 'x', key: 'y', value: 1 },
    ...log.entryWrites(record()),
    ...log.entryWrites(record(), () => false),
  ])
  expect(await verifyAudit(store)).toMatchObject({ ok: true, entries: 1 })
})

test('entries made in one order and committed in another are one chain', async () => {
  const { store, log } = await begin()
  const made = Array.from({ length: 20 }, () => log.entryWrites(record()))
  await Promise.all(made.toReversed().map((writes) => store.commit(writes)))
  expect(await verifyAudit(store)).toMatchObject({ ok: true, entries: 20 })
})

test('each process has a chain of its own', async () => {
  const { store, clock, add } = await begin('one')
  const other = new AuditLog({ chain: 'two', clock, random })
  await add()
  await store.commit(other.entryWrites(record()))
  await add()
  expect(await verifyAudit(store)).toMatchObject({
    ok: true,
    entries: 3,
    chains: [
      { chain: 'one', n: 2 },
      { chain: 'two', n: 1 },
    ],
  })
})

test('a chain goes on after a restart, in the embedded store too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'audit-'))
  const clock = new ManualClock()
  try {
    for (let start = 1; start <= 2; start++) {
      const store = createSqliteStore({ path: join(folder, 'bot.db'), clock, log: silentLog })
      await store.open()
      const log = new AuditLog({ chain: 'main', clock, random })
      await Promise.all(Array.from({ length: 600 }, () => store.commit(log.entryWrites(record({ details: { start } })))))
      expect(await verifyAudit(store)).toMatchObject({ ok: true, entries: 600 * start, chains: [{ n: 600 * start }] })
      await store.close()
    }
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('verifying is possible while entries are added', async () => {
  const { store, add } = await begin()
  for (let n = 0; n < 5; n++) await add()
  const [verified] = await Promise.all([verifyAudit(store), add(), add(), verifyAudit(store), add()])
  expect(verified).toMatchObject({ ok: true })
  expect(await verifyAudit(store)).toMatchObject({ ok: true, entries: 8 })
})

/** Every text that differs from this one in one byte of its UTF-8 and is still JSON for another value. */
function* singleByteEdits(value: unknown): Generator<unknown> {
  const bytes = Buffer.from(JSON.stringify(value))
  for (let at = 0; at < bytes.length; at++) {
    const original = bytes[at] ?? 0
    for (const change of [original ^ 1, original ^ 2, original ^ 16, 0x20, 0x30]) {
      if (change === original) continue
      bytes[at] = change
      try {
        const edited: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
        if (canonicalJson(edited as Json) !== canonicalJson(value as Json)) yield edited
      } catch {
        // No store would give such a thing back.
      }
    }
    bytes[at] = original
  }
}

test('every edit of a single byte is found', async () => {
  const { store, add } = await begin()
  await add()
  await add({ about: bob, details: { reason: 'frei' } })
  await add()
  let edits = 0
  for (const { key, value } of await entriesOf(store)) {
    for (const edited of singleByteEdits(value)) {
      await put(store, AUDIT_ENTRIES, key, edited)
      expect((await verifyAudit(store)).ok, JSON.stringify(edited)).toBe(false)
      edits++
    }
    await put(store, AUDIT_ENTRIES, key, value)
  }
  const head = await store.get(AUDIT_HEADS, 'main')
  for (const edited of singleByteEdits(head)) {
    await put(store, AUDIT_HEADS, 'main', edited)
    expect((await verifyAudit(store)).ok, JSON.stringify(edited)).toBe(false)
    edits++
  }
  await put(store, AUDIT_HEADS, 'main', head)
  expect(edits).toBeGreaterThan(2000)
  expect((await verifyAudit(store)).ok).toBe(true)
})

test('an edit with its hash made anew is found by the next entry, or by the head', async () => {
  const { store, add } = await begin()
  for (let n = 0; n < 3; n++) await add()
  for (const [at, problem] of [
    [0, { n: 2, problem: 'unlinked' }],
    [2, { n: 3, problem: 'head' }],
  ] as const) {
    const entry = (await entriesOf(store))[at] as { key: string; value: AuditEntry }
    const { hash: _hash, ...forged } = { ...entry.value, decision: 'denied' as const }
    await put(store, AUDIT_ENTRIES, entry.key, {
      ...forged,
      hash: createHash('sha256').update(canonicalJson(forged)).digest('hex'),
    })
    expect((await verifyAudit(store)).firstBroken).toEqual({ chain: 'main', ...problem })
    await put(store, AUDIT_ENTRIES, entry.key, entry.value)
  }
})

test.each([0, 1, 2, 3])('the deletion of entry %i of four is found', async (at) => {
  const { store, add } = await begin()
  for (let n = 0; n < 4; n++) await add()
  const { key } = (await entriesOf(store))[at] as { key: string }
  await store.commit([{ op: 'kv.delete', ns: AUDIT_ENTRIES, key }])
  expect(await verifyAudit(store)).toMatchObject({ ok: false, firstBroken: { chain: 'main', n: at + 1, problem: 'missing' } })
})

test('every swap of two entries is found', async () => {
  const { store, add } = await begin()
  for (let n = 0; n < 4; n++) await add()
  const entries = await entriesOf(store)
  for (const [i, a] of entries.entries()) {
    for (const b of entries.slice(i + 1)) {
      await put(store, AUDIT_ENTRIES, a.key, b.value)
      await put(store, AUDIT_ENTRIES, b.key, a.value)
      expect((await verifyAudit(store)).ok).toBe(false)
      await put(store, AUDIT_ENTRIES, a.key, a.value)
      await put(store, AUDIT_ENTRIES, b.key, b.value)
    }
  }
})

test('a fork, an end cut off, a head that is gone, and an entry beyond the head are found', async () => {
  const { store, add } = await begin()
  for (let n = 0; n < 3; n++) await add()
  const [, second, third] = await entriesOf(store)
  const head = await store.get(AUDIT_HEADS, 'main')
  if (second === undefined || third === undefined) throw new Error('There are three entries.')

  await put(store, AUDIT_ENTRIES, `${second.key}x`, { ...second.value, id: `${second.key}x` })
  expect((await verifyAudit(store)).problems).toContainEqual({ chain: 'main', n: 2, problem: 'forked' })
  await store.commit([{ op: 'kv.delete', ns: AUDIT_ENTRIES, key: `${second.key}x` }])

  await put(store, AUDIT_HEADS, 'main', { n: 2, hash: second.value.hash })
  expect((await verifyAudit(store)).firstBroken).toEqual({ chain: 'main', n: 3, problem: 'head' })
  await store.commit([{ op: 'kv.delete', ns: AUDIT_HEADS, key: 'main' }])
  expect((await verifyAudit(store)).ok).toBe(false)

  await put(store, AUDIT_HEADS, 'main', head)
  expect((await verifyAudit(store)).ok).toBe(true)
  const { chains: anchors } = await verifyAudit(store)
  await store.commit([{ op: 'kv.delete', ns: AUDIT_ENTRIES, key: third.key }])
  expect((await verifyAudit(store)).firstBroken).toEqual({ chain: 'main', n: 3, problem: 'missing' })

  // Whoever moves the head back as well is found by what was noted elsewhere.
  await put(store, AUDIT_HEADS, 'main', { n: 2, hash: second.value.hash })
  expect((await verifyAudit(store)).ok).toBe(true)
  expect((await verifyAudit(store, { anchors })).firstBroken).toEqual({ chain: 'main', n: 3, problem: 'anchor' })
})

test('entries hold no id, name or argument of a person; erasing a person keeps the chain whole', async () => {
  const { store, add } = await begin()
  await add({ who: aliceInOps })
  await add({ who: bob, about: alice })
  await add({ who: alice, where: 'private' })
  const kept = JSON.stringify(await store.scan(AUDIT_ENTRIES))
  for (const personal of ['UALICE', 'alice', 'UBOB', 'prod 1.2']) expect(kept).not.toContain(personal)
  expect((await listAudit(store)).map(({ who, about }) => [who, about])).toEqual([
    [alice.id, undefined],
    [bob.id, alice.id],
    [alice.id, undefined],
  ])

  await store.commit(forgetInAudit(alice.id))
  expect(JSON.stringify([await store.scan(AUDIT_ENTRIES), await store.scan(AUDIT_PEOPLE)])).not.toContain('UALICE')
  expect((await listAudit(store)).map(({ who }) => who)).toEqual([undefined, bob.id, undefined])
  expect(await listAudit(store, { who: alice.id })).toEqual([])
  expect((await verifyAudit(store)).ok).toBe(true)

  // Coming back, they are somebody new.
  await add({ who: alice })
  expect(await listAudit(store, { who: alice.id })).toHaveLength(1)
  expect((await verifyAudit(store)).ok).toBe(true)
})

test('entries are listed newest first, by whom, what, and since when', async () => {
  const { store, clock, add } = await begin()
  await add({ what: 'deploy:release' })
  await add({ who: bob, what: 'plugins:reload' })
  await clock.advance(1000)
  const since = clock.now()
  await add({ who: { kind: 'system', name: 'schedule:backup' }, what: 'backup:run' })
  await add({ who: bob, about: alice, what: 'role:deployer' })
  const whats = async (query: object): Promise<string[]> => (await listAudit(store, query)).map(({ what }) => what)
  expect(await whats({})).toEqual(['role:deployer', 'backup:run', 'plugins:reload', 'deploy:release'])
  expect(await whats({ limit: 2 })).toEqual(['role:deployer', 'backup:run'])
  expect(await whats({ since })).toEqual(['role:deployer', 'backup:run'])
  expect(await whats({ who: bob.id })).toEqual(['role:deployer', 'plugins:reload'])
  expect(await whats({ who: alice.id })).toEqual(['role:deployer', 'deploy:release'])
  expect(await whats({ who: 'system:schedule:backup' })).toEqual(['backup:run'])
  expect(await whats({ what: '*:re*' })).toEqual(['plugins:reload', 'deploy:release'])
})

test('what is changed after it was handed over is not what was recorded', async () => {
  const { store, log } = await begin()
  const details = { list: [1] }
  await store.commit(log.entryWrites(record({ details })))
  details.list.push(2)
  expect((await verifyAudit(store)).ok).toBe(true)
})

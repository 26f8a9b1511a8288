import { deepEqual, equal, rejects } from 'node:assert/strict'
import type { KeyValueEntry, Store } from '../../src/contract/store.ts'
import { bufferedKeyValue, keyValue } from '../../src/store/namespace.ts'
import type { Scene } from './contract.ts'
import { rejectsWith, same } from './rows.ts'

/** In the order of their code points. U+FF21 stands before U+1F600, though its code unit is greater than the first of that. */
const ORDERED = ['', ' ', 'A', 'Z', 'a', 'a ', 'aa', 'b', 'é', 'Ω', '\ud7ff', '\ue000', '\uff21', '\uff21a', '😀', '😀a', '\u{10ffff}']

export function entryScenes(scene: Scene): void {
  scene('entries are put, replaced, updated and deleted, each namespace for itself', async ({ store }) => {
    await put(store, 'k', 1)
    await store.commit([{ op: 'kv.put', ns: 'other', key: 'k', value: 'theirs' }])
    await put(store, 'k', null)
    equal(await store.get('n', 'k'), null)
    same(await store.commit([{ op: 'kv.update', ns: 'n', key: 'k', update: (current) => [current ?? 'null'] }]), [['null']])
    same(await store.commit([{ op: 'kv.update', ns: 'n', key: 'k', update: () => undefined }]), [null])
    equal(await store.get('n', 'k'), undefined)
    await store.commit([{ op: 'kv.delete', ns: 'other', key: 'absent' }])
    equal(await store.get('other', 'k'), 'theirs')
  })

  scene('an entry is there until it expires, for reads, scans and updates', async ({ store, clock }) => {
    const expiresAt = clock.time + 1000
    await store.commit([
      { op: 'kv.put', ns: 'n', key: 'short', value: 1, expiresAt },
      { op: 'kv.put', ns: 'n', key: 'long', value: 2 },
      { op: 'kv.put', ns: 'n', key: 'again', value: 3, expiresAt },
    ])
    await put(store, 'again', 4)
    clock.time += 999
    equal(await store.get('n', 'short'), 1)
    equal((await store.scan('n')).length, 3)
    await store.commit([{ op: 'kv.update', ns: 'n', key: 'short', update: (current) => (current as number) + 1 }])
    equal(await store.get('n', 'short'), 2)
    clock.time += 1
    equal(await store.get('n', 'short'), undefined)
    same(keys(await store.scan('n')), ['again', 'long'])
    same(await store.commit([{ op: 'kv.update', ns: 'n', key: 'short', update: (current) => current ?? 'fresh' }]), ['fresh'])
    clock.time += 1_000_000
    equal(await store.get('n', 'short'), 'fresh')
    await store.commit([{ op: 'kv.update', ns: 'n', key: 'short', update: () => 5, expiresAt: clock.time + 1 }])
    clock.time += 1
    equal(await store.get('n', 'short'), undefined)
  })

  scene('scans in the order of code points, whole and page by page', async ({ store }) => {
    for (const key of ORDERED.toReversed()) await put(store, key, key)
    await store.commit([{ op: 'kv.put', ns: 'n2', key: 'b', value: 0 }])
    deepEqual(keys(await store.scan('n')), ORDERED)
    for (const limit of [1, 2, 5]) {
      const paged: string[] = []
      let after: string | undefined
      for (;;) {
        const page = keys(await store.scan('n', { limit, ...(after === undefined ? {} : { after }) }))
        if (page.length === 0) break
        paged.push(...page)
        after = page.at(-1)
      }
      deepEqual(paged, ORDERED)
    }
    deepEqual(keys(await store.scan('n', { prefix: 'a' })), ['a', 'a ', 'aa'])
    deepEqual(keys(await store.scan('n', { prefix: '😀' })), ['😀', '😀a'])
    deepEqual(keys(await store.scan('n', { prefix: 'a', after: 'a' })), ['a ', 'aa'])
    deepEqual(keys(await store.scan('n', { prefix: 'a', after: 'Z' })), ['a', 'a ', 'aa'])
    deepEqual(keys(await store.scan('n', { prefix: 'a', after: 'b' })), [])
    deepEqual(keys(await store.scan('n', { prefix: 'a', limit: 1 })), ['a'])
    deepEqual(keys(await store.scan('none')), [])
  })

  scene('a scan returns 1,000 entries unless told otherwise, and sees keys come and go', async ({ store }) => {
    await store.commit(
      Array.from({ length: 1100 }, (_, index) => ({ op: 'kv.put', ns: 'n', key: `k${1000 + index}`, value: index }) as const),
    )
    equal((await store.scan('n')).length, 1000)
    equal((await store.scan('n', { limit: 5000 })).length, 1100)
    await store.commit([
      { op: 'kv.delete', ns: 'n', key: 'k1000' },
      { op: 'kv.put', ns: 'n', key: 'a', value: 0 },
    ])
    same(keys(await store.scan('n', { limit: 2 })), ['a', 'k1001'])
  })

  scene('a plain namespace commits each call', async ({ store, clock }) => {
    const kv = keyValue(store, 'n', clock)
    await kv.set('a', { x: 1 })
    await kv.set('b', 2, { expiresInMs: 10 })
    await kv.update('a', (current) => ({ ...(current as object), y: 2 }))
    same(await store.get('n', 'a'), { x: 1, y: 2 })
    same(await kv.list(), [
      { key: 'a', value: { x: 1, y: 2 } },
      { key: 'b', value: 2 },
    ])
    clock.time += 10
    equal(await kv.get('b'), undefined)
    await kv.delete('a')
    equal(await store.get('n', 'a'), undefined)
    await rejectsWith('STORE_VALUE', kv.set('a', 1n as unknown as number))
    await rejectsWith('STORE_VALUE', kv.set('a', undefined as unknown as null))
  })

  scene('a buffered namespace reads its own writes and keeps none before the commit', async ({ store, clock }) => {
    await put(store, 'stored', 1)
    await put(store, 'gone', 1)
    const { kv, writes } = bufferedKeyValue(store, 'n', clock)
    const value = { list: [1] }
    await kv.set('new', value)
    value.list.push(2)
    await kv.delete('gone')
    await kv.update('stored', (current) => (current as number) + 1)
    await kv.update('stored', (current) => (current as number) * 10)
    await kv.set('brief', 1, { expiresInMs: 5 })
    await kv.update('never', () => undefined)
    same(await kv.get('new'), { list: [1] })
    equal(await kv.get('gone'), undefined)
    equal(await kv.get('stored'), 20)
    same(keys(await kv.list()), ['brief', 'new', 'stored'])
    clock.time += 5
    equal(await kv.get('brief'), undefined)
    same(keys(await store.scan('n')), ['gone', 'stored'])

    await put(store, 'stored', 5)
    equal(await kv.get('stored'), 60)
    await store.commit(writes)
    equal(await store.get('n', 'stored'), 60)
    same(keys(await store.scan('n')), ['new', 'stored'])
  })

  scene('a buffered list is the stored one with the own writes over it, page by page', async ({ store, clock }) => {
    for (let index = 0; index < 10; index++) await put(store, `k${index}`, index)
    const { kv, writes } = bufferedKeyValue(store, 'n', clock)
    for (const key of ['k0', 'k1', 'k2', 'k9']) await kv.delete(key)
    for (const key of ['k25', 'k4', 'x', '😀', '\uff21']) await kv.set(key, 'own')
    const whole = await kv.list()
    const paged: KeyValueEntry[] = []
    for (let after: string | undefined; ; after = paged.at(-1)?.key) {
      const page = await kv.list({ limit: 2, ...(after === undefined ? {} : { after }) })
      paged.push(...page)
      if (page.length < 2) break
    }
    same(paged, whole)
    same(keys(await kv.list({ prefix: 'k', after: 'k3', limit: 3 })), ['k4', 'k5', 'k6'])
    await store.commit(writes)
    same(await store.scan('n'), whole)
  })

  scene('a buffered namespace refuses at the call what cannot be kept', async ({ store, clock }) => {
    const { kv, writes } = bufferedKeyValue(store, 'n', clock)
    const circle: Record<string, unknown> = {}
    circle.self = circle
    await rejectsWith('STORE_VALUE', kv.set('k', circle as never))
    await rejectsWith('STORE_VALUE', kv.set('k\ud800', 1))
    await rejectsWith('STORE_VALUE', kv.delete('\0'))
    equal(writes.length, 0)
    const fault = new RangeError('on purpose')
    await kv.update('k', () => {
      throw fault
    })
    await rejects(kv.get('k'), (error) => error === fault)
    await rejects(store.commit(writes), (error) => error === fault)
  })
}

async function put(store: Store, key: string, value: KeyValueEntry['value']): Promise<void> {
  await store.commit([{ op: 'kv.put', ns: 'n', key, value }])
}

function keys(entries: readonly KeyValueEntry[]): string[] {
  return entries.map(({ key }) => key)
}

import { deepEqual, equal, rejects } from 'node:assert/strict'
import type { InboxAdded, Write } from '../../src/contract/store.ts'
import type { Scene } from './contract.ts'
import { addInbox, inboxAdd, outboxAdd, rejectsWith, same } from './rows.ts'

export function commitScenes(scene: Scene): void {
  scene('keeps all writes of a commit, and answers each in order', async ({ store }) => {
    const results = await store.commit([
      inboxAdd('web/1'),
      outboxAdd('web/1#1'),
      { op: 'kv.put', ns: 'plugin:a', key: 'k', value: [1, 'two', null, { three: true }] },
      { op: 'kv.update', ns: 'plugin:a', key: 'n', update: (current) => ((current as number | undefined) ?? 0) + 1 },
      { op: 'blob.put', id: 'b', data: Uint8Array.of(0, 255, 10) },
    ])
    same(results, [{ seq: (results[0] as InboxAdded).seq, duplicate: false }, { seq: (results[1] as InboxAdded).seq }, null, 1, null])
    equal((await store.findInbox('web/1'))?.state, 'ready')
    equal((await store.findOutbox('web/1#1'))?.state, 'ready')
    same(await store.get('plugin:a', 'k'), [1, 'two', null, { three: true }])
    equal(await store.get('plugin:a', 'n'), 1)
    deepEqual([...((await store.getBlob('b')) ?? [])], [0, 255, 10])
  })

  scene('keeps nothing of a commit whose update function throws, and passes its error on', async ({ store }) => {
    await store.commit([{ op: 'kv.put', ns: 'n', key: 'old', value: 'was' }])
    const fault = new RangeError('on purpose')
    const seq = await addInbox(store, 'first')
    await rejects(
      store.commit([
        inboxAdd('lost'),
        outboxAdd('lost#1'),
        { op: 'inbox.done', seq, at: 1 },
        { op: 'kv.put', ns: 'n', key: 'old', value: 'is' },
        { op: 'kv.put', ns: 'n', key: 'new', value: 1 },
        { op: 'blob.put', id: 'lost', data: new Uint8Array(3) },
        {
          op: 'kv.update',
          ns: 'n',
          key: 'x',
          update: () => {
            throw fault
          },
        },
        inboxAdd('lost too'),
      ]),
      (error) => error === fault,
    )
    equal(await store.findInbox('lost'), undefined)
    equal(await store.findInbox('lost too'), undefined)
    equal(await store.findOutbox('lost#1'), undefined)
    equal((await store.findInbox('first'))?.state, 'ready')
    equal(await store.get('n', 'old'), 'was')
    equal(await store.get('n', 'new'), undefined)
    equal(await store.getBlob('lost'), undefined)
    equal((await store.counts()).inbox.ready, 1)
  })

  scene('a failing commit takes none of those called in the same turn with it', async ({ store }) => {
    const fail: Write = {
      op: 'kv.update',
      ns: 'n',
      key: 'x',
      update: () => {
        throw new RangeError('on purpose')
      },
    }
    const outcomes = await Promise.allSettled([
      store.commit([inboxAdd('a')]),
      store.commit([inboxAdd('b'), fail]),
      store.commit([inboxAdd('c')]),
    ])
    same(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    same(
      (await store.readInbox({ limit: 10 })).map(({ id }) => id),
      ['a', 'c'],
    )
  })

  scene('1,000 commits in one turn take effect in the order of the calls', async ({ store }) => {
    const commits = Array.from({ length: 1000 }, (_, index) =>
      store.commit([
        inboxAdd(`e${index}`),
        { op: 'kv.update', ns: 'n', key: 'trail', update: (current) => `${(current as string | undefined) ?? ''}${index},` },
      ]),
    )
    const results = await Promise.all(commits)
    const seqs = results.map(([added]) => (added as InboxAdded).seq)
    deepEqual(
      seqs,
      seqs.toSorted((a, b) => a - b),
    )
    equal(new Set(seqs).size, 1000)
    equal(await store.get('n', 'trail'), Array.from({ length: 1000 }, (_, index) => `${index},`).join(''))
    same(
      (await store.readInbox({ limit: 2000 })).map(({ id }) => id),
      Array.from({ length: 1000 }, (_, index) => `e${index}`),
    )
  })

  scene('an update sees the writes before it in its own commit', async ({ store }) => {
    const append =
      (text: string) =>
      (current: unknown): string =>
        `${(current as string | undefined) ?? 'none'}${text}`
    const results = await store.commit([
      { op: 'kv.put', ns: 'n', key: 'k', value: 'put' },
      { op: 'kv.update', ns: 'n', key: 'k', update: append('+1') },
      { op: 'kv.update', ns: 'n', key: 'k', update: append('+2') },
      { op: 'kv.delete', ns: 'n', key: 'k' },
      { op: 'kv.update', ns: 'n', key: 'k', update: append('+3') },
    ])
    same(results, [null, 'put+1', 'put+1+2', null, 'none+3'])
    equal(await store.get('n', 'k'), 'none+3')
  })

  scene('refuses an asynchronous update and keys that would not come back as they are', async ({ store }) => {
    const update = (() => Promise.resolve(1)) as unknown as () => number
    await rejectsWith('STORE_VALUE', store.commit([inboxAdd('a'), { op: 'kv.update', ns: 'n', key: 'k', update }]))
    await rejectsWith('STORE_VALUE', store.commit([inboxAdd('a'), { op: 'kv.put', ns: 'n', key: 'half \ud83d', value: 1 }]))
    await rejectsWith('STORE_VALUE', store.commit([inboxAdd('a'), { op: 'kv.put', ns: 'n\0', key: 'k', value: 1 }]))
    await rejectsWith('STORE_VALUE', store.commit([inboxAdd('a'), inboxAdd('nul\0')]))
    await rejectsWith('STORE_VALUE', store.commit([inboxAdd('a'), outboxAdd('nul\0')]))
    equal(await store.findInbox('a'), undefined)
  })

  scene('`__proto__` is a name like any other', async ({ store }) => {
    const value = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1, "toString": null}') as { [key: string]: null }
    await store.commit([
      { op: 'kv.put', ns: '__proto__', key: '__proto__', value },
      { op: 'kv.put', ns: 'constructor', key: 'toString', value: 'mine' },
      inboxAdd('__proto__', { payload: value, source: '__proto__' }),
      outboxAdd('__proto__', { payload: value, instance: 'constructor' }),
      { op: 'blob.put', id: '__proto__', data: Uint8Array.of(1) },
    ])
    same(await store.get('__proto__', '__proto__'), value)
    same(await store.scan('constructor'), [{ key: 'toString', value: 'mine' }])
    same((await store.findInbox('__proto__'))?.payload, value)
    same((await store.readOutbox({ limit: 1, instance: 'constructor' }))[0]?.payload, value)
    same((await store.listInbox({ of: '__proto__' })).length, 1)
    equal((await store.getBlob('__proto__'))?.length, 1)
    equal(await store.get('__proto__', 'toString'), undefined)
    equal(await store.get('n', '__proto__'), undefined)
    equal(await store.findInbox('constructor'), undefined)
    equal(await store.getBlob('constructor'), undefined)
    equal(({} as { polluted?: boolean }).polluted, undefined)
    const lease = await store.acquireLease('__proto__', 'me', 1000)
    equal(lease?.token, 1)
  })

  scene('keeps large values whole', async ({ store }) => {
    const text = 'ß😀\n"\\\u0000 '.repeat(200_000)
    const data = Uint8Array.from({ length: 3_000_000 }, (_, index) => index % 251)
    await store.commit([
      { op: 'kv.put', ns: 'n', key: 'k', value: { text } },
      { op: 'blob.put', id: 'b', data },
      inboxAdd('big', { payload: { text }, raw: data }),
    ])
    equal(((await store.get('n', 'k')) as { text: string }).text === text, true)
    const row = await store.findInbox('big')
    equal((row?.payload as { text: string }).text === text, true)
    equal(Buffer.compare(row?.raw ?? new Uint8Array(), data), 0)
    equal(Buffer.compare((await store.getBlob('b')) ?? new Uint8Array(), data), 0)
  })

  scene('a blob is replaced by its id and can be deleted', async ({ store }) => {
    await store.commit([{ op: 'blob.put', id: 'b', data: Uint8Array.of(1) }])
    await store.commit([{ op: 'blob.put', id: 'b', data: new Uint8Array() }])
    equal((await store.getBlob('b'))?.length, 0)
    await store.commit([{ op: 'blob.delete', id: 'b' }])
    equal(await store.getBlob('b'), undefined)
  })

  scene('refuses everything before it is opened and after it is closed', async ({ store }) => {
    await store.close()
    await rejectsWith('STORE_FAILED', store.commit([inboxAdd('a')]))
    await rejectsWith('STORE_FAILED', store.readInbox({ limit: 1 }))
    await rejectsWith('STORE_FAILED', store.get('n', 'k'))
    await rejectsWith('STORE_FAILED', store.acquireLease('l', 'me', 1))
    await store.close()
    await store.open()
    equal(await addInbox(store, 'a'), 1)
  })

  scene('close finishes the commits under way', async (subject) => {
    const { store } = subject
    const commits = Promise.all(Array.from({ length: 50 }, (_, index) => store.commit([inboxAdd(`e${index}`)])))
    const closed = store.close()
    equal((await commits).length, 50)
    await closed
    if (!store.can.persist) return
    equal((await (await subject.reopen()).counts()).inbox.ready, 50)
  })
}

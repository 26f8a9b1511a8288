import { equal, ok } from 'node:assert/strict'
import type { Scene } from './contract.ts'
import { addInbox, addOutbox, inboxAdd, outboxAdd, same } from './rows.ts'

export function pruneScenes(scene: Scene): void {
  scene('prune forgets what was done before the time, and its ids; nothing else', async ({ store }) => {
    const old = await addInbox(store, 'old')
    const recent = await addInbox(store, 'recent')
    const dead = await addInbox(store, 'dead')
    await addInbox(store, 'ready')
    const oldOut = await addOutbox(store, 'old#1')
    const ambiguous = await addOutbox(store, 'ambiguous#1')
    await store.commit([
      { op: 'inbox.done', seq: old, at: 99 },
      { op: 'inbox.done', seq: recent, at: 100 },
      { op: 'inbox.dead', seq: dead, at: 1, error: 'x' },
      { op: 'outbox.done', seq: oldOut, at: 99, progress: [] },
      { op: 'outbox.ambiguous', seq: ambiguous, at: 1, error: 'x' },
    ])
    equal(await store.prune({ finishedBefore: 100 }), 2)
    equal(await store.prune({ finishedBefore: 100 }), 0)
    same(
      (await store.listInbox({})).map(({ id }) => id),
      ['ready', 'dead', 'recent'],
    )
    same(
      (await store.listOutbox({})).map(({ key }) => key),
      ['ambiguous#1'],
    )
    same(await store.counts(), { inbox: { ready: 1, done: 1, dead: 1 }, outbox: { ready: 0, done: 0, dead: 0, ambiguous: 1 } })
    const results = await store.commit([inboxAdd('old'), inboxAdd('recent'), inboxAdd('dead'), outboxAdd('old#1')])
    same(
      results.slice(0, 3).map((result) => (result as { duplicate: boolean }).duplicate),
      [false, true, true],
    )
    equal('existing' in (results[3] as object), false)
  })

  scene('prune forgets expired entries', async ({ store, clock }) => {
    await store.commit([
      { op: 'kv.put', ns: 'n', key: 'a', value: 1, expiresAt: clock.time + 1 },
      { op: 'kv.put', ns: 'n', key: 'b', value: 1, expiresAt: clock.time + 100 },
      { op: 'kv.put', ns: 'n', key: 'c', value: 1 },
    ])
    clock.time += 1
    equal(await store.prune({ finishedBefore: 0 }), 1)
    equal((await store.scan('n')).length, 2)
  })

  scene('prune keeps the blobs of outbox rows and young ones, and forgets the rest', async ({ store, clock }) => {
    const data = Uint8Array.of(1)
    const odd = 'odd "\\ id \u{1f600}'
    const payload = { content: { files: [{ blob: 'shown', name: 'a.png' }, { blob: odd }], blocks: [{ text: '"blob":"quoted"' }] } }
    const [, , , , added] = await store.commit([
      ...['shown', odd, 'quoted', 'loose'].map((id) => ({ op: 'blob.put', id, data }) as const),
      outboxAdd('a#1', { payload }),
    ])
    const { seq } = added as { seq: number }
    clock.time += 1000
    const finishedBefore = clock.time
    await store.commit([{ op: 'blob.put', id: 'young', data }])
    equal(await store.prune({ finishedBefore }), 2)
    equal(await store.getBlob('loose'), undefined)
    equal(await store.getBlob('quoted'), undefined)
    for (const id of ['shown', odd, 'young']) ok(await store.getBlob(id), id)

    await store.commit([{ op: 'outbox.done', seq, at: finishedBefore - 1, progress: [] }])
    equal(await store.prune({ finishedBefore }), 3)
    equal(await store.getBlob('shown'), undefined)
    ok(await store.getBlob('young'))
  })

  scene('a removed outbox row keeps no blob alive', async ({ store, clock }) => {
    const seq = await addOutbox(store, 'a#1', { payload: { blob: 'b' } })
    await store.commit([
      { op: 'blob.put', id: 'b', data: Uint8Array.of(1) },
      { op: 'outbox.dead', seq, at: 1, error: 'x' },
    ])
    clock.time += 1
    equal(await store.prune({ finishedBefore: clock.time }), 0)
    await store.commit([{ op: 'outbox.remove', seq }])
    equal(await store.prune({ finishedBefore: clock.time }), 1)
  })

  scene('prune takes thousands of rows while commits go on', async ({ store }) => {
    const writes = Array.from({ length: 2500 }, (_, index) => inboxAdd(`e${index}`))
    const seqs = (await store.commit(writes)).map((added) => (added as { seq: number }).seq)
    await store.commit(seqs.map((seq) => ({ op: 'inbox.done', seq, at: 1 }) as const))
    const [gone] = await Promise.all([store.prune({ finishedBefore: 2 }), store.commit([inboxAdd('meanwhile')])])
    equal(gone, 2500)
    same(
      (await store.listInbox({})).map(({ id }) => id),
      ['meanwhile'],
    )
  })
}

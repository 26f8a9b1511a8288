import { deepEqual, equal } from 'node:assert/strict'
import type { Store } from '../../src/contract/store.ts'
import type { Scene } from './contract.ts'
import { addInbox, addOutbox, inboxAdd, outboxAdd, same } from './rows.ts'

export function deliveryScenes(scene: Scene): void {
  scene('gives rows back as they were handed in', async ({ store }) => {
    const raw = Uint8Array.of(0, 1, 254, 255)
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const seq = await addInbox(store, 'web/ä', { raw, trace, payload: { deep: [{ x: null }] } })
    const row = await store.findInbox(seq)
    deepEqual([...(row?.raw ?? [])], [...raw])
    same(
      { ...row, raw: [...raw] },
      {
        id: 'web/ä',
        source: 'backend:web',
        lane: 'web:lobby',
        payload: { deep: [{ x: null }] },
        raw: [...raw],
        receivedAt: 5,
        trace,
        seq,
        state: 'ready',
        attempts: 0,
        notBefore: 0,
      },
    )
    const out = await addOutbox(store, 'web/ä#1', { trace })
    same(await store.findOutbox('web/ä#1'), {
      key: 'web/ä#1',
      instance: 'web',
      lane: 'web:lobby',
      payload: { text: 'web/ä#1' },
      createdAt: 5,
      trace,
      seq: out,
      state: 'ready',
      attempts: 0,
      notBefore: 0,
      progress: null,
    })
    const bare = await store.findInbox(await addInbox(store, 'bare'))
    equal('raw' in (bare ?? {}) || 'trace' in (bare ?? {}) || 'error' in (bare ?? {}), false)
  })

  scene('an id is taken in once, in one commit, in two, and after it is done', async ({ store }) => {
    const [first, again] = await store.commit([inboxAdd('a', { payload: 1 }), inboxAdd('a', { payload: 2 })])
    same(again, { ...(first as object), duplicate: true })
    same(await store.commit([inboxAdd('a', { payload: 3 })]), [again])
    const { seq } = first as { seq: number }
    await store.commit([{ op: 'inbox.done', seq, at: 10, result: { ok: true } }])
    same(await store.commit([inboxAdd('a', { payload: 4 })]), [again])
    const row = await store.findInbox('a')
    equal(row?.payload, 1)
    equal(row?.state, 'done')
    same(row?.result, { ok: true })
    equal((await store.readInbox({ limit: 10 })).length, 0)
  })

  scene('a restart forgets nothing', async (subject) => {
    let { store } = subject
    if (!store.can.persist) return
    const done = await addInbox(store, 'done')
    const open = await addInbox(store, 'open', { raw: Uint8Array.of(7) })
    await addOutbox(store, 'k', { payload: 'mine' })
    await store.commit([
      { op: 'inbox.done', seq: done, at: 1 },
      { op: 'kv.put', ns: 'n', key: 'k', value: 'v' },
    ])
    const lease = await store.acquireLease('l', 'me', 60_000)
    store = await subject.reopen()
    same(await store.commit([inboxAdd('done'), inboxAdd('open')]), [
      { seq: done, duplicate: true },
      { seq: open, duplicate: true },
    ])
    same(
      (await store.readInbox({ limit: 10 })).map(({ id }) => id),
      ['open'],
    )
    const [existing] = await store.commit([outboxAdd('k', { payload: 'other' })])
    equal((existing as { existing: { payload: string } }).existing.payload, 'mine')
    equal(await store.get('n', 'k'), 'v')
    equal(await store.acquireLease('l', 'other', 1), undefined)
    same(await store.commit([{ op: 'kv.put', ns: 'n', key: 'k', value: 'w' }], { fence: lease as NonNullable<typeof lease> }), [null])
  })

  scene('numbers are never used again, not even after a removal and a restart', async (subject) => {
    const seq = await addInbox(subject.store, 'a')
    await subject.store.commit([
      { op: 'inbox.dead', seq, at: 1, error: 'x' },
      { op: 'inbox.remove', seq },
    ])
    const store = subject.store.can.persist ? await subject.reopen() : subject.store
    equal((await addInbox(store, 'b')) > seq, true)
  })

  scene('the stored outbox row wins over a later one with its key', async ({ store }) => {
    const seq = await addOutbox(store, 'a#1', { payload: 'first' })
    const repeat = async (): Promise<unknown> => (await store.commit([outboxAdd('a#1', { payload: 'second' })]))[0]
    same(await repeat(), { seq, existing: await store.findOutbox(seq) })
    await store.commit([{ op: 'outbox.done', seq, at: 9, progress: [{ messageId: 'm1' }] }])
    const kept = await store.findOutbox('a#1')
    equal(kept?.payload, 'first')
    same(kept?.progress, [{ messageId: 'm1' }])
    same(await repeat(), { seq, existing: kept })
    equal((await store.counts()).outbox.done, 1)
  })

  scene('reads what is ready in the order of acceptance, page by page, and by instance', async ({ store }) => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) await store.commit([inboxAdd(id), outboxAdd(id, { instance: id < 'c' ? 'one' : 'two' })])
    const b = await store.findInbox('b')
    await store.commit([
      { op: 'inbox.done', seq: b?.seq ?? 0, at: 1 },
      { op: 'inbox.retry', seq: (await store.findInbox('c'))?.seq ?? 0, notBefore: 99_999_999_999_999, error: 'later' },
    ])
    const page = await store.readInbox({ limit: 2 })
    same(
      page.map(({ id }) => id),
      ['a', 'c'],
    )
    same(
      (await store.readInbox({ limit: 10, afterSeq: page[1]?.seq ?? 0 })).map(({ id }) => id),
      ['d', 'e'],
    )
    same(
      (await store.readOutbox({ limit: 10, instance: 'two' })).map(({ key }) => key),
      ['c', 'd', 'e'],
    )
    same(
      (await store.readOutbox({ limit: 10 })).map(({ key }) => key),
      ['a', 'b', 'c', 'd', 'e'],
    )
    same(await store.readOutbox({ limit: 10, instance: 'three' }), [])
  })

  scene('an inbox row goes through retry, dead, replay and removal', async ({ store }) => {
    const seq = await addInbox(store, 'a')
    await store.commit([{ op: 'inbox.retry', seq, notBefore: 50, error: 'first' }])
    await store.commit([{ op: 'inbox.retry', seq, notBefore: 60, error: 'second' }])
    same(pick(await store.findInbox(seq)), { state: 'ready', attempts: 2, notBefore: 60, error: 'second' })
    same(await store.commit([{ op: 'inbox.replay', seq }]), [false])
    same(await store.commit([{ op: 'inbox.remove', seq }]), [false])
    await store.commit([{ op: 'inbox.dead', seq, at: 70, error: 'gave up' }])
    same(pick(await store.findInbox(seq)), { state: 'dead', attempts: 3, notBefore: 60, error: 'gave up', finishedAt: 70 })
    equal((await store.readInbox({ limit: 9 })).length, 0)
    const later = await addInbox(store, 'b')
    same(await store.commit([{ op: 'inbox.replay', seq }]), [true])
    same(pick(await store.findInbox(seq)), { state: 'ready', attempts: 0, notBefore: 0 })
    same(
      (await store.readInbox({ limit: 9 })).map((row) => row.seq),
      [seq, later],
    )
    await store.commit([{ op: 'inbox.retry', seq, notBefore: 1, error: 'again' }])
    await store.commit([{ op: 'inbox.done', seq, at: 80 }])
    same(pick(await store.findInbox(seq)), { state: 'done', attempts: 1, notBefore: 1, finishedAt: 80 })
    same(await store.commit([{ op: 'inbox.replay', seq }]), [false])
    same(await store.commit([{ op: 'inbox.remove', seq }]), [true])
    same(await store.commit([{ op: 'inbox.remove', seq }]), [false])
    equal(await store.findInbox('a'), undefined)
    same(((await store.commit([inboxAdd('a')]))[0] as { duplicate: boolean }).duplicate, false)
  })

  scene('an outbox row goes through progress, retry, ambiguous, dead, replay and removal', async ({ store }) => {
    const seq = await addOutbox(store, 'a')
    await store.commit([{ op: 'outbox.progress', seq, attempts: 4, progress: [{ part: 0, messageId: 'x' }] }])
    await store.commit([{ op: 'outbox.retry', seq, notBefore: 50, error: 'busy' }])
    same(pick(await store.findOutbox(seq)), { state: 'ready', attempts: 4, notBefore: 50, error: 'busy' })
    await store.commit([{ op: 'outbox.ambiguous', seq, at: 60, error: 'unknown' }])
    same(pick(await store.findOutbox(seq)), { state: 'ambiguous', attempts: 4, notBefore: 50, error: 'unknown', finishedAt: 60 })
    same(await store.commit([{ op: 'outbox.replay', seq }]), [true])
    same(pick(await store.findOutbox(seq)), { state: 'ready', attempts: 0, notBefore: 0 })
    same((await store.findOutbox(seq))?.progress, [{ part: 0, messageId: 'x' }])
    await store.commit([{ op: 'outbox.dead', seq, at: 70, error: 'refused' }])
    same((await store.counts()).outbox, { ready: 0, done: 0, dead: 1, ambiguous: 0 })
    same(await store.commit([{ op: 'outbox.replay', seq }]), [true])
    await store.commit([{ op: 'outbox.done', seq, at: 80, progress: [] }])
    await store.commit([{ op: 'outbox.progress', seq, attempts: 0, progress: ['edited'] }])
    same((await store.findOutbox(seq))?.progress, ['edited'])
    equal((await store.findOutbox(seq))?.state, 'done')
    same(await store.commit([{ op: 'outbox.remove', seq }]), [true])
    same(await store.commit([{ op: 'outbox.remove', seq }]), [false])
    equal((await store.commit([outboxAdd('a')])).length, 1)
    equal((await store.findOutbox('a'))?.state, 'ready')
  })

  scene('writes to a row that is gone are ignored', async ({ store }) => {
    const results = await store.commit([
      { op: 'inbox.done', seq: 99, at: 1 },
      { op: 'inbox.retry', seq: 99, notBefore: 1, error: 'x' },
      { op: 'inbox.dead', seq: 99, at: 1, error: 'x' },
      { op: 'outbox.progress', seq: 99, attempts: 1, progress: null },
      { op: 'outbox.done', seq: 99, at: 1, progress: null },
      { op: 'outbox.dead', seq: 99, at: 1, error: 'x' },
      { op: 'inbox.replay', seq: 99 },
      { op: 'outbox.remove', seq: 99 },
      { op: 'kv.put', ns: 'n', key: 'k', value: 1 },
    ])
    same(results.slice(6), [false, false, null])
    equal(await store.get('n', 'k'), 1)
    same(await store.counts(), { inbox: { ready: 0, done: 0, dead: 0 }, outbox: { ready: 0, done: 0, dead: 0, ambiguous: 0 } })
  })

  scene('lists any state newest first, filtered and paged, and counts', async ({ store }) => {
    const seqs = await manyRows(store)
    const ids = async (filter: Parameters<Store['listInbox']>[0]): Promise<string[]> => (await store.listInbox(filter)).map(({ id }) => id)
    same(await ids({}), ['e5', 'e4', 'e3', 'e2', 'e1', 'e0'])
    same(await ids({ limit: 2, beforeSeq: seqs[4] as number }), ['e3', 'e2'])
    same(await ids({ state: 'dead' }), ['e3', 'e1'])
    same(await ids({ of: 'backend:b' }), ['e5', 'e3', 'e1'])
    same(await ids({ of: 'backend:b', limit: 2 }), ['e5', 'e3'])
    same(await ids({ of: 'backend:a', state: 'done' }), ['e0'])
    same(await ids({ state: 'dead', finishedBefore: 103 }), ['e1'])
    same(await ids({ finishedBefore: 103 }), ['e1', 'e0'])
    same(await ids({ state: 'ambiguous' }), [])
    same((await store.counts()).inbox, { ready: 3, done: 1, dead: 2 })
  })
}

async function manyRows(store: Store): Promise<number[]> {
  const seqs: number[] = []
  for (let index = 0; index < 6; index++)
    seqs.push(await addInbox(store, `e${index}`, { source: index % 2 === 0 ? 'backend:a' : 'backend:b' }))
  await store.commit([
    { op: 'inbox.done', seq: seqs[0] as number, at: 100 },
    { op: 'inbox.dead', seq: seqs[1] as number, at: 101, error: 'x' },
    { op: 'inbox.dead', seq: seqs[3] as number, at: 103, error: 'x' },
  ])
  return seqs
}

function pick(row: { state: string; attempts: number; notBefore: number; error?: string; finishedAt?: number } | undefined): unknown {
  const { state, attempts, notBefore, error, finishedAt } = row ?? {}
  return { state, attempts, notBefore, error, finishedAt }
}

import { expect, test } from 'vitest'
import type { OutboxAdded } from '../../src/contract/store.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { standingClock } from './clock.ts'
import { addInbox, addOutbox, inboxAdd, outboxAdd } from './rows.ts'

test('of finished rows the last 10,000 are listed; the ids of all deduplicate until they are pruned', async () => {
  const store = createMemoryStore({ clock: standingClock() })
  await store.open()
  for (let n = 0; n < 12_000; n++) {
    const seq = await addInbox(store, `e${n}`)
    const out = await addOutbox(store, `e${n}#1`)
    await store.commit([
      { op: 'inbox.done', seq, at: n },
      { op: 'outbox.done', seq: out, at: n, progress: [{ messageId: `m${n}` }] },
    ])
  }
  const listed = await store.listInbox({ limit: Infinity })
  expect(listed.length).toBe(10_000)
  expect(listed.at(-1)?.id).toBe('e2000')
  expect((await store.counts()).inbox.done).toBe(12_000)

  const [again, repeated] = await store.commit([inboxAdd('e0'), outboxAdd('e0#1')])
  expect(again).toEqual({ seq: 1, duplicate: true })
  expect((repeated as OutboxAdded).existing).toMatchObject({ seq: 1, state: 'done', finishedAt: 0, progress: [{ messageId: 'm0' }] })

  expect(await store.prune({ finishedBefore: 1000 })).toBe(2000)
  expect((await store.counts()).inbox.done).toBe(11_000)
  expect(await store.commit([inboxAdd('e0'), inboxAdd('e1000')])).toMatchObject([{ duplicate: false }, { duplicate: true }])
})

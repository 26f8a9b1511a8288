import { equal, ok } from 'node:assert/strict'
import type { Lease, Store } from '../../src/contract/store.ts'
import type { Scene } from './contract.ts'
import { inboxAdd, rejectsWith, same } from './rows.ts'

export function leaseScenes(scene: Scene): void {
  scene('one owner holds a lease until it expires', async ({ store, clock }) => {
    const first = await take(store, 'a', 1000)
    same(first, { name: 'web', owner: 'a', token: first.token, expiresAt: clock.time + 1000 })
    equal(await store.acquireLease('web', 'b', 1000), undefined)
    ok(await store.acquireLease('other', 'b', 1000))
    clock.time += 999
    equal(await store.acquireLease('web', 'b', 1000), undefined)
    clock.time += 1
    const second = await take(store, 'b', 1000)
    ok(second.token > first.token)
    equal(await store.renewLease(first, 1000), undefined)
  })

  scene('a renewal keeps the token and moves the end, even of an expired lease that nobody took', async ({ store, clock }) => {
    const lease = await take(store, 'a', 1000)
    clock.time += 800
    const renewed = await store.renewLease(lease, 1000)
    same(renewed, { ...lease, expiresAt: clock.time + 1000 })
    clock.time += 999
    equal(await store.acquireLease('web', 'b', 1), undefined)
    clock.time += 5000
    equal((await store.renewLease(lease, 1000))?.token, lease.token)
  })

  scene('every new holding has a greater token: after release, by the same owner, after expiry', async ({ store, clock }) => {
    const tokens: number[] = []
    const first = await take(store, 'a', 1000)
    tokens.push(first.token, (await take(store, 'a', 1000)).token)
    await store.releaseLease(first)
    equal(await store.acquireLease('web', 'b', 1000), undefined, 'a stale holder cannot release')
    const third = await take(store, 'a', 1000)
    await store.releaseLease(third)
    const fourth = await take(store, 'b', 1000)
    clock.time += 1000
    tokens.push(third.token, fourth.token, (await take(store, 'a', 1000)).token)
    same(
      tokens,
      tokens.toSorted((a, b) => a - b),
    )
    equal(new Set(tokens).size, tokens.length)
  })

  scene('a fenced commit is kept while the lease is the newest of its name, and refused whole afterwards', async ({ store, clock }) => {
    const old = await take(store, 'a', 1000)
    await store.commit([inboxAdd('1')], { fence: old })
    clock.time += 2000
    await store.commit([inboxAdd('2')], { fence: old })
    const fresh = await take(store, 'b', 1000)
    await rejectsWith('STORE_FENCED', store.commit([inboxAdd('3'), { op: 'kv.put', ns: 'n', key: 'k', value: 1 }], { fence: old }))
    await rejectsWith('STORE_FENCED', store.commit([inboxAdd('3')], { fence: { ...fresh, name: 'unheard of' } }))
    await rejectsWith('STORE_FENCED', store.commit([inboxAdd('3')], { fence: { ...fresh, owner: 'c' } }))
    await store.commit([inboxAdd('4')], { fence: fresh })
    await store.releaseLease(fresh)
    await rejectsWith('STORE_FENCED', store.commit([inboxAdd('3')], { fence: fresh }))
    equal(await store.get('n', 'k'), undefined)
    same(
      (await store.readInbox({ limit: 9 })).map(({ id }) => id),
      ['1', '2', '4'],
    )
  })

  scene('a takeover and a late commit in one turn: the late one is refused alone', async ({ store, clock }) => {
    const old = await take(store, 'a', 1000)
    clock.time += 1000
    const [taken, late, other] = await Promise.allSettled([
      store.acquireLease('web', 'b', 1000),
      store.commit([inboxAdd('late')], { fence: old }),
      store.commit([inboxAdd('other')]),
    ])
    same([taken.status, late.status, other.status], ['fulfilled', 'rejected', 'fulfilled'])
    equal(await store.findInbox('late'), undefined)
    ok(await store.findInbox('other'))
  })
}

async function take(store: Store, owner: string, ttlMs: number): Promise<Lease> {
  const lease = await store.acquireLease('web', owner, ttlMs)
  ok(lease, `${owner} gets the lease`)
  return lease
}

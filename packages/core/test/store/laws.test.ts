import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Json } from '../../src/contract/events.ts'
import type { KeyValue } from '../../src/contract/store.ts'
import { compareKeys } from '../../src/store/keys.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { bufferedKeyValue, keyValue } from '../../src/store/namespace.ts'
import { standingClock } from './clock.ts'

test('keys stand in the order of their UTF-8 bytes', () => {
  const text = fc.string({ unit: 'binary' })
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
  )
})

type Step = (kv: KeyValue) => Promise<void>

test('a buffered namespace shows what its commit will leave', async () => {
  const key = fc.constantFrom('a', 'ab', 'b', 'c', '\uff21', '😀')
  const append = (current: Json | undefined): Json => [...((current as Json[] | undefined) ?? []), 1]
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.tuple(key, fc.nat(3)).map(
      ([k, n]): Step =>
        (kv) =>
          kv.set(k, [n]),
    ),
    key.map(
      (k): Step =>
        (kv) =>
          kv.delete(k),
    ),
    key.map(
      (k): Step =>
        (kv) =>
          kv.update(k, append),
    ),
    key.map(
      (k): Step =>
        (kv) =>
          kv.update(k, (current) => (current === undefined ? ['made'] : undefined)),
    ),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step), fc.array(step), fc.integer({ min: 1, max: 4 }), async (before, own, limit) => {
      const clock = standingClock()
      const store = createMemoryStore({ clock })
      await store.open()
      for (const run of before) await run(keyValue(store, 'n', clock))
      const { kv, writes } = bufferedKeyValue(store, 'n', clock)
      for (const run of own) await run(kv)
      const expected = await kv.list()
      const page = await kv.list({ limit, after: 'a' })
      await store.commit(writes)
      expect(await store.scan('n')).toEqual(expected)
      expect(await store.scan('n', { limit, after: 'a' })).toEqual(page)
    }),
  )
})

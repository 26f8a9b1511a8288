import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Json } from '../../src/contract/events.ts'
import type { KeyValue } from '../../src/contract/store.ts'
import { compareKeys } from '../../src/store/keys.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { bufferedKeyValue, keyValue } from '../../src/store/namespace.ts'
import { standingClock } from './clock.ts'

test('keys stand in the order of their UTF-8 bytes', () => {
  // Few characters, so that texts share beginnings; the edges of what UTF-16 and UTF-8 order differently.
  const unit = fc.constantFrom('\u0001', 'a', '\u00e9', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{1f600}', '\u{10ffff}')
  const text = fc.string({ unit, maxLength: 4 })
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

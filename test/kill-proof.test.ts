import { describe, expect, test } from 'vitest'

import { killProof } from '../scripts/kill-proof.ts'

/** The short form; `pnpm proof:kill` is the long one. */
const LIMIT_MS = 180_000

describe('posts while the bot is killed again and again', () => {
  test('with an Idempotency-Key none is lost and none is shown twice', { timeout: LIMIT_MS }, async () => {
    const proof = await killProof({ posts: 300, kills: 3, keys: true })
    expect(proof).toMatchObject({ answered: 300, kills: 3, lost: [], repeated: [] })
  })

  test('without one none is lost', { timeout: LIMIT_MS }, async () => {
    const proof = await killProof({ posts: 300, kills: 3, keys: false })
    expect(proof).toMatchObject({ answered: 300, kills: 3, lost: [] })
    expect(proof.requests).toBeGreaterThanOrEqual(300 + proof.repeated.length)
  })
})

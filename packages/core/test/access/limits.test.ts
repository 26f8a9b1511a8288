import { expect, test } from 'vitest'
import { BotLoopBudget, RateLimiter } from '../../src/access/limits.ts'
import type { Logger } from '../../src/contract/environment.ts'
import { ManualClock } from '../manual-clock.ts'
import { silentLog } from '../store/log.ts'
import { alice, bob, lobby, ops } from './asking.ts'

const MINUTE = 60_000

test('a person may use a command so often, then again as time goes by', async () => {
  const clock = new ManualClock()
  const limiter = new RateLimiter({ clock })
  const take = () => limiter.take('deploy:release', alice.id, { limit: 3, perMs: MINUTE })
  expect([take(), take(), take()]).toEqual([{ ok: true }, { ok: true }, { ok: true }])
  expect(take()).toEqual({ ok: false, retryAfterMs: 20_000 })
  await clock.advance(19_999)
  expect(take()).toEqual({ ok: false, retryAfterMs: 1 })
  await clock.advance(1)
  expect(take()).toEqual({ ok: true })
  await clock.advance(10 * MINUTE)
  expect([take(), take(), take(), take()].map(({ ok }) => ok)).toEqual([true, true, true, false])
})

test('other people and other commands have limits of their own', () => {
  const limiter = new RateLimiter({ clock: new ManualClock() })
  const rate = { limit: 1, perMs: MINUTE }
  expect(limiter.take('deploy:release', alice.id, rate).ok).toBe(true)
  expect(limiter.take('deploy:release', alice.id, rate).ok).toBe(false)
  expect(limiter.take('deploy:release', bob.id, rate).ok).toBe(true)
  expect(limiter.take('deploy:rollback', alice.id, rate).ok).toBe(true)
})

test('what is remembered is bounded, and who is active is not forgotten', () => {
  const limiter = new RateLimiter({ clock: new ManualClock(), mostKeys: 100 })
  const rate = { limit: 1, perMs: MINUTE }
  limiter.take('c', alice.id, rate)
  for (let stranger = 0; stranger < 10_000; stranger++) {
    limiter.take('c', `irc:@stranger${stranger}`, rate)
    if (stranger % 50 === 0) expect(limiter.take('c', alice.id, rate).ok).toBe(false)
  }
  expect(limiter.size).toBe(100)
})

function recordingLog(): Logger & { readonly warnings: unknown[] } {
  const warnings: unknown[] = []
  return { ...silentLog, warn: (...given: unknown[]) => void warnings.push(given), warnings }
}

test('two programs that talk to each other are given a budget, then silence, with one log record (T26)', async () => {
  const clock = new ManualClock()
  const log = recordingLog()
  const budget = new BotLoopBudget({ clock, log })
  let answers = 0
  for (let ms = 0; ms < 10 * MINUTE; ms += 500) {
    if (budget.allows(ops.id)) answers++
    await clock.advance(500)
  }
  expect(answers).toBe(20)
  expect(log.warnings).toHaveLength(1)
  expect(log.warnings[0]).toMatchObject([{ room: ops.id, turnsPerMinute: 20 }, expect.any(String)])
  expect(budget.allows(lobby.id)).toBe(true)
})

test('after a minute of silence programs are answered again', async () => {
  const clock = new ManualClock()
  const log = recordingLog()
  const budget = new BotLoopBudget({ clock, log, turnsPerMinute: 2 })
  expect([1, 2, 3].map(() => budget.allows(ops.id))).toEqual([true, true, false])
  await clock.advance(MINUTE - 1)
  expect(budget.allows(ops.id)).toBe(false)
  await clock.advance(MINUTE)
  expect(budget.allows(ops.id)).toBe(true)
  expect(log.warnings).toHaveLength(1)
})

test('a program that speaks now and then is always answered', async () => {
  const clock = new ManualClock()
  const budget = new BotLoopBudget({ clock, log: silentLog, turnsPerMinute: 20 })
  for (let turn = 0; turn < 100; turn++) {
    expect(budget.allows(ops.id)).toBe(true)
    await clock.advance(3000)
  }
})

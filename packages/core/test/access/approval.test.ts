import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Approvals, type Approval, type ApprovalAnswer, type ApprovalOutcome } from '../../src/access/approval.ts'
import { AUDIT_ENTRIES, AuditLog } from '../../src/access/audit.ts'
import { listAudit, verifyAudit } from '../../src/access/audit-reading.ts'
import type { AccessScope } from '../../src/access/gate.ts'
import type { AccessPolicyConfig } from '../../src/access/policy.ts'
import { compilePolicy } from '../../src/access/rules.ts'
import { makeOccupant, makePerson, type Identifier } from '../../src/contract/identifier.ts'
import type { Store } from '../../src/contract/store.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { createSqliteStore } from '../../src/store/sqlite.ts'
import { ManualClock, seededRandom } from '../manual-clock.ts'
import { silentLog } from '../store/log.ts'
import { alice, aliceInOps, bob, carol, lobby, ops } from './asking.ts'

const HOUR = 60 * 60 * 1000
const random = seededRandom(5)
const subject = { asker: aliceInOps, command: 'deploy:release', args: 'prod 1.2' }

interface Scene {
  readonly store: Store
  readonly clock: ManualClock
  readonly approvals: Approvals
  request(extra?: Partial<{ asker: Identifier; access: AccessScope }>): Promise<Approval>
}

function over(store: Store, clock: ManualClock, config: AccessPolicyConfig = {}): Scene {
  const policy = compilePolicy(config)
  const audit = new AuditLog({ chain: 'main', clock, random })
  const approvals = new Approvals({ store, clock, random, audit, access: () => ({ policy, context: {} }) })
  return {
    store,
    clock,
    approvals,
    async request(extra = {}) {
      const asked = { ...subject, access: 'everyone' as AccessScope, instance: 'slack', room: ops, expiresAt: clock.now() + HOUR, ...extra }
      return kept(await approvals.request(asked))
    },
  }
}

async function begin(config?: AccessPolicyConfig): Promise<Scene> {
  const clock = new ManualClock()
  const store = createMemoryStore({ clock })
  await store.open()
  return over(store, clock, config)
}

function kept(outcome: ApprovalOutcome): Approval {
  if (!outcome.ok) throw new Error(`refused: ${outcome.why}`)
  return outcome.approval
}

const why = (outcome: ApprovalOutcome): string => (outcome.ok ? outcome.approval.state : outcome.why)

let events = 0
const from = (by: Identifier, extra: Partial<ApprovalAnswer> = {}): ApprovalAnswer => ({
  by,
  instance: by.instance,
  room: ops,
  private: false,
  token: `event-${events++}`,
  ...extra,
})

test('what somebody else approves runs once', async () => {
  const { approvals, request } = await begin()
  const { id } = await request()
  expect(await approvals.open()).toMatchObject([{ id, state: 'open', asker: alice.id, command: 'deploy:release', room: ops.id }])
  expect(kept(await approvals.approve(id, from(bob)))).toMatchObject({ state: 'approved', answer: { by: bob.id } })
  expect(await approvals.open()).toEqual([])
  expect(why(await approvals.use(id, { ...subject, run: 'run-1' }))).toBe('used')
  expect(why(await approvals.use(id, { ...subject, run: 'run-2' }))).toBe('used')
  expect((await approvals.use(id, { ...subject, run: 'run-2' })).ok).toBe(false)
})

test('what was denied, or not answered, does not run', async () => {
  const { approvals, request } = await begin()
  const { id } = await request()
  expect(why(await approvals.use(id, { ...subject, run: 'run-1' }))).toBe('not-approved')
  expect(why(await approvals.deny(id, from(bob)))).toBe('denied')
  expect(why(await approvals.approve(id, from(carol)))).toBe('answered')
  expect(why(await approvals.use(id, { ...subject, run: 'run-1' }))).toBe('not-approved')
})

test('nobody approves what they asked for themselves, but may take it back', async () => {
  const linked = makePerson('irc', 'alice')
  const { approvals, request } = await begin({ admins: [alice.id, linked.id], accounts: [[alice.id, linked.id]] })
  const { id } = await request()
  for (const self of [alice, aliceInOps, makeOccupant(ops, 'another-nick', { person: alice.person })]) {
    expect(why(await approvals.approve(id, from(self)))).toBe('own')
  }
  expect(why(await approvals.approve(id, from(linked, { private: true })))).toBe('own')
  expect(why(await approvals.deny(id, from(aliceInOps)))).toBe('denied')
})

test('the approver has to be let by the gate', async () => {
  const deployers: AccessPolicyConfig = {
    admins: [carol.id],
    roles: { deployer: { people: [alice.id] }, lead: { people: [bob.id] } },
    rules: [{ effect: 'deny', kinds: 'approval', commands: 'deploy:*', except: { roles: 'lead' } }],
  }
  const { approvals, request } = await begin({ ...deployers, rules: [] })
  const { id } = await request({ access: { roles: ['deployer'] } })
  expect(await approvals.approve(id, from(bob))).toMatchObject({ ok: false, why: 'forbidden', decision: { code: 'role-needed' } })
  expect(why(await approvals.approve(id, from(carol)))).toBe('approved')

  const led = await begin(deployers)
  const second = await led.request()
  expect(why(await led.approvals.approve(second.id, from(carol)))).toBe('forbidden')
  expect(why(await led.approvals.deny(second.id, from(carol)))).toBe('forbidden')
  expect(why(await led.approvals.approve(second.id, from(bob)))).toBe('approved')
})

test('nobody, programs and other rooms approve nothing', async () => {
  const { approvals, request } = await begin()
  const { id } = await request()
  expect(why(await approvals.approve(id, from(makePerson('irc', 'bob', { verified: false }))))).toBe('nobody')
  expect(why(await approvals.approve(id, from(makeOccupant(ops, 'bob'))))).toBe('nobody')
  expect(why(await approvals.approve(id, from(makePerson('slack', 'T1/B1', { bot: true }))))).toBe('nobody')
  expect(why(await approvals.approve(id, from(bob, { room: lobby })))).toBe('elsewhere')
  expect(why(await approvals.approve('0000000000', from(bob)))).toBe('unknown')
  const unverified = makePerson('irc', 'alice', { verified: false })
  const asked = { ...subject, asker: unverified, access: 'everyone' as const, instance: 'irc', expiresAt: 2 ** 45 }
  expect(why(await approvals.request(asked))).toBe('nobody')
  expect(why(await approvals.approve(id.toLowerCase(), from(bob, { private: true })))).toBe('approved')
})

test('an approval is for its asker, its command and its arguments to the letter', async () => {
  const { approvals, request } = await begin()
  const { id } = await request()
  kept(await approvals.approve(id, from(bob)))
  for (const other of [
    { args: 'prod 1.3' },
    { args: 'prod  1.2' },
    { args: 'Prod 1.2' },
    { command: 'deploy:rollback' },
    { asker: carol },
  ]) {
    expect(why(await approvals.use(id, { ...subject, ...other, run: 'run-1' }))).toBe('different')
  }
  const posing = makePerson('slack', alice.person, { verified: false })
  expect(why(await approvals.use(id, { ...subject, asker: posing, run: 'run-1' }))).toBe('different')
  expect(why(await approvals.use(id, { ...subject, asker: alice, run: 'run-1' }))).toBe('used')
})

test('requests and approvals expire', async () => {
  const { approvals, request, clock } = await begin()
  const late = await request()
  const unused = await request()
  kept(await approvals.approve(unused.id, from(bob)))
  await clock.advance(HOUR)
  expect(await approvals.open()).toEqual([])
  expect(why(await approvals.approve(late.id, from(bob)))).toBe('expired')
  expect(why(await approvals.use(unused.id, { ...subject, run: 'run-1' }))).toBe('expired')
  const past = { ...subject, access: 'everyone' as const, instance: 'slack', expiresAt: clock.now() }
  await expect(approvals.request(past)).rejects.toMatchObject({ code: 'BOT_USAGE' })
})

test('of answers at once one wins, and of runs at once one', async () => {
  const { approvals, request, store } = await begin()
  for (let round = 0; round < 10; round++) {
    const { id } = await request()
    const answers = await Promise.all([
      approvals.approve(id, from(bob)),
      approvals.deny(id, from(carol)),
      approvals.approve(id, from(carol)),
      approvals.deny(id, from(bob)),
    ])
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
    const winner = kept(answers.find(({ ok }) => ok) as ApprovalOutcome)
    expect(await approvals.get(id)).toEqual(winner)
    const runs = await Promise.all(['a', 'b', 'c'].map((run) => approvals.use(id, { ...subject, run })))
    expect(runs.filter(({ ok }) => ok)).toHaveLength(winner.state === 'approved' ? 1 : 0)
  }
  const entries = await listAudit(store, { limit: 1000 })
  expect(entries.filter(({ kind }) => kind === 'approval.answer')).toHaveLength(10)
  expect((await verifyAudit(store)).ok).toBe(true)
})

test('after a restart the same answer and the same run get the same outcome, others are refused', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'approvals-'))
  const clock = new ManualClock()
  const answer = from(bob)
  const restarted = async <T>(work: (scene: Scene) => Promise<T>): Promise<T> => {
    const store = createSqliteStore({ path: join(folder, 'bot.db'), clock, log: silentLog })
    await store.open()
    try {
      return await work(over(store, clock))
    } finally {
      await store.close()
    }
  }
  try {
    const { id } = await restarted(({ request }) => request())
    const first = await restarted(({ approvals }) => approvals.approve(id, answer))
    expect(await restarted(({ approvals }) => approvals.approve(id, answer))).toEqual(first)
    expect(why(await restarted(({ approvals }) => approvals.approve(id, from(bob))))).toBe('answered')
    const used = await restarted(({ approvals }) => approvals.use(id, { ...subject, run: 'inbox-7' }))
    expect(used.ok).toBe(true)
    expect(await restarted(({ approvals }) => approvals.use(id, { ...subject, run: 'inbox-7' }))).toEqual(used)
    expect((await restarted(({ approvals }) => approvals.approve(id, answer))).ok).toBe(true)
    expect((await restarted(({ approvals }) => approvals.use(id, { ...subject, run: 'inbox-8' }))).ok).toBe(false)
    const entries = await restarted(({ store }) => listAudit(store))
    expect(entries.map(({ kind }) => kind).sort()).toEqual(['approval.answer', 'approval.request', 'approval.use'])
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('the audit record says who asked, who answered and what let them', async () => {
  const { approvals, request, store, clock } = await begin({ rules: [{ effect: 'allow', people: bob.id }] })
  const { id } = await request()
  await clock.advance(10)
  await approvals.deny(id, from(bob))
  expect(await listAudit(store)).toMatchObject([
    {
      kind: 'approval.answer',
      who: bob.id,
      what: 'deploy:release',
      decision: 'denied',
      rule: 'access.rules[0]',
      details: { approval: id },
    },
    { kind: 'approval.request', who: alice.id, where: ops.id, decision: 'allowed', details: { approval: id } },
  ])
  expect(JSON.stringify(await store.scan(AUDIT_ENTRIES))).not.toContain('UBOB')
})

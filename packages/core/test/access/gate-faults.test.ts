import { expect, test } from 'vitest'
import { decide, type AccessContext } from '../../src/access/gate.ts'
import type { AccessPolicyConfig } from '../../src/access/policy.ts'
import { compilePolicy } from '../../src/access/rules.ts'
import { makeOccupant, makePerson } from '../../src/contract/identifier.ts'
import { rows } from './rows.ts'
import { alice, ask, bob, ops, request } from './asking.ts'

const admin = { access: 'admin' } as const
const nobody = makePerson('irc', 'eve', { verified: false })

const deny = (rule: object): AccessPolicyConfig => ({ rules: [{ effect: 'deny', ...rule }] })

const backup = { kind: 'system', name: 'schedule:backup' } as const

rows('What the bot does by itself (D13.8, F6)', [
  {
    name: 'a sink is denied by a rule',
    policy: deny({ commands: 'sink:*' }),
    asked: { who: { kind: 'system', name: 'sink:github' }, what: { kind: 'sink', name: 'sink:github' } },
    allowed: false,
    code: 'deny-rule',
  },
  {
    name: 'a schedule is not an admin',
    policy: {},
    asked: { who: backup, what: { kind: 'schedule', ...admin } },
    allowed: false,
    code: 'admin-needed',
  },
  {
    name: 'a schedule is allowed by a rule that names it',
    policy: { rules: [{ effect: 'allow', systems: 'schedule:*' }] },
    asked: { who: backup, what: { kind: 'schedule', ...admin } },
    allowed: true,
    code: 'allow-rule',
  },
  {
    name: 'a rule for people is not for it',
    policy: { rules: [{ effect: 'allow', people: alice.id }] },
    asked: { who: backup, what: admin },
    allowed: false,
    code: 'admin-needed',
  },
  {
    name: 'a rule for parts of the bot is not for people',
    policy: { rules: [{ effect: 'allow', systems: '*' }] },
    asked: { what: admin },
    allowed: false,
    code: 'admin-needed',
  },
  {
    name: 'a tool of an AI is denied what a rule keeps from tools',
    policy: { admins: [alice.id], ...deny({ kinds: 'tool', commands: 'deploy:*' }) },
    asked: { what: { kind: 'tool' } },
    allowed: false,
    code: 'deny-rule',
  },
  {
    name: "a flow's step needs what the command needs",
    policy: {},
    asked: { what: { kind: 'flow-step', name: 'flows:kill', ...admin } },
    allowed: false,
    code: 'admin-needed',
  },
])

const invalid = (rule: object): AccessPolicyConfig => ({ admins: [alice.id], rules: [rule as never] })

rows('A rule that cannot be read denies (D13.6)', [
  { name: 'null as a value', policy: invalid({ effect: 'allow', people: null }), allowed: false, code: 'broken-rule' },
  { name: 'no effect', policy: invalid({ commands: '*' }), allowed: false, code: 'broken-rule' },
  { name: 'a key that does not exist', policy: invalid({ effect: 'allow', comands: 'deploy' }), allowed: false, code: 'broken-rule' },
  { name: 'a name instead of an id', policy: invalid({ effect: 'allow', people: ['alice'] }), allowed: false, code: 'broken-rule' },
  { name: 'a role that does not exist', policy: invalid({ effect: 'allow', roles: 'deployer' }), allowed: false, code: 'broken-rule' },
  { name: 'a pattern without its bracket', policy: invalid({ effect: 'allow', args: '[a' }), allowed: false, code: 'broken-rule' },
  {
    name: 'a range that runs backwards in lower case only',
    policy: invalid({ effect: 'allow', commands: '[Z-a]' }),
    allowed: false,
    code: 'broken-rule',
  },
  {
    name: 'an exception that cannot be read',
    policy: invalid({ effect: 'deny', except: { people: ['@alice'] } }),
    allowed: false,
    code: 'broken-rule',
  },
  {
    name: 'unless it is about something else',
    policy: invalid({ effect: 'allow', commands: 'other:*', people: ['alice'] }),
    allowed: true,
    code: 'everyone',
  },
  {
    name: 'rules that are no list deny everything',
    policy: { admins: [alice.id], rules: 'none' as never },
    allowed: false,
    code: 'broken-policy',
  },
  {
    name: 'a policy with an unknown key denies everything',
    policy: { admins: [alice.id], rule: [] } as never,
    allowed: false,
    code: 'broken-policy',
  },
  {
    name: 'requireVerified that cannot be read counts as set',
    policy: { requireVerified: 'yes' as never },
    asked: { who: nobody },
    allowed: false,
    code: 'unverified',
  },
])

test('what cannot be read is complained about by its key', () => {
  const { complaints } = compilePolicy({
    admins: ['alice', '#ops', 'slack:C1', alice.id],
    roles: { deployer: { people: ['bob@example.com'] }, 'No Role': {} },
    rules: [{ effect: 'allow', people: ['@alice'], rooms: '#ops', kinds: 'commands', instances: 'Slack!' }],
    trustUnverified: ['IRC'],
  })
  expect(complaints.map(({ path }) => path)).toEqual([
    'access.admins[0]',
    'access.admins[1]',
    'access.admins[2]',
    'access.roles.deployer.people[0]',
    'access.roles["No Role"]',
    'access.trustUnverified[0]',
    'access.rules[0].people[0]',
    'access.rules[0].kinds',
    'access.rules[0].rooms',
    'access.rules[0].instances',
  ])
  expect(complaints[0]?.text).toContain('found "alice"; allowed is the canonical id of a person')
})

test('one wrong admin takes nothing from the others', () => {
  expect(ask({ admins: ['alice', alice.id] }, { what: admin }).allowed).toBe(true)
})

test('an instance that this bot does not run is complained about', () => {
  const policy = { admins: ['slak:@U1'], rules: [{ effect: 'deny', instances: 'irc' }], trustUnverified: ['slack'] }
  const { complaints } = compilePolicy(policy, { instances: new Set(['slack']) })
  expect(complaints.map(({ path }) => path)).toEqual(['access.admins[0]', 'access.rules[0].instances'])
})

test('a request that is not one is denied, and the reason is kept for the log', () => {
  const decision = decide({ ...request(), who: undefined as never }, compilePolicy({}))
  expect(decision).toMatchObject({ allowed: false, code: 'error' })
  expect(decision.error).toBeInstanceOf(Error)
})

test('help may ask before there are arguments: what some arguments would allow is shown (D13.4)', () => {
  const only = deny({ except: { args: 'staging*' } })
  const denied = deny({ args: 'prod*' })
  expect(ask(only).allowed).toBe(false)
  expect(ask(only, {}, { anyArgs: true }).allowed).toBe(true)
  expect(ask(denied, {}, { anyArgs: true }).allowed).toBe(true)
  expect(ask({ ...denied, adminOnly: '*' }, {}, { anyArgs: true }).allowed).toBe(false)
})

test('the rule that decided is named', () => {
  const policy = {
    rules: [
      { effect: 'allow', people: bob.id },
      { effect: 'deny', commands: 'deploy:*', args: ['prod*'] },
    ],
  } as const
  const { rule } = ask(policy as never, { what: { args: 'prod' } })
  expect(rule).toMatchObject({ index: 1, text: 'access.rules[1] (effect: "deny"; commands: "deploy:*"; args: "prod*")' })
})

test('rules about other commands and other people are not looked at', () => {
  const unrelated = Array.from({ length: 2000 }, (_, index) => [
    { effect: 'deny' as const, commands: `other${index}:*` },
    { effect: 'deny' as const, commands: 'deploy:*', people: `slack:@U${index}` },
  ]).flat()
  const policy = compilePolicy({ rules: [...unrelated, { effect: 'deny', commands: 'deploy:*', people: alice.id }, { effect: 'deny' }] })
  const decision = decide(request(), policy)
  expect(decision.steps.map(({ rule }) => rule.index)).toEqual([4000, 4001])
  expect(decision).toMatchObject({ allowed: false, rule: { index: 4000 } })
})

test('a denial goes by the claimed identity too, so that nobody escapes it by not logging in', () => {
  const banned = deny({ people: 'irc:@eve' })
  expect(ask(banned, { who: nobody }).code).toBe('deny-rule')
  expect(ask(deny({ except: { people: 'irc:@eve' } }), { who: nobody }).code).toBe('deny-rule')
})

test('a program is allowed what is not for everyone only where a rule or a role lists it and says that programs are meant', () => {
  const ci = makePerson('slack', 'T1/BCI', { bot: true })
  const asked = { who: ci, what: admin }
  expect(ask({ admins: [ci.id] }, asked).allowed).toBe(false)
  expect(ask({ rules: [{ effect: 'allow', people: ci.id }] }, asked).allowed).toBe(false)
  expect(ask({ rules: [{ effect: 'allow', people: ci.id, bots: true }] }, asked).allowed).toBe(true)
  expect(ask({ roles: { ci: { people: ci.id } }, rules: [{ effect: 'allow', roles: 'ci' }] }, asked).allowed).toBe(false)
  expect(ask({ roles: { ci: { people: ci.id, bots: true } }, rules: [{ effect: 'allow', roles: 'ci' }] }, asked).allowed).toBe(true)
  const granted: AccessContext = { grantsOf: () => ['ci'], groupsOf: () => ['slack:S1'] }
  const byGroup: AccessPolicyConfig = { roles: { ci: { groups: 'slack:S1', bots: true } }, rules: [{ effect: 'allow', roles: 'ci' }] }
  expect(ask(byGroup, asked, granted).allowed).toBe(false)
  expect(ask({ rules: [{ effect: 'deny', people: ci.id }] }, { who: ci }).allowed).toBe(false)
})

test('an occupant without a person is nobody, whatever the instance is trusted with', () => {
  const anonymous = makeOccupant(ops, 'T1/UALICE', { nick: 'alice', verified: true })
  expect(ask({ admins: [alice.id], trustUnverified: ['slack'] }, { who: anonymous, what: admin })).toMatchObject({
    allowed: false,
    code: 'unverified',
  })
})

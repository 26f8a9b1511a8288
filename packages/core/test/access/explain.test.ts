import { expect, test } from 'vitest'
import { explain, REFUSALS, refusalOf } from '../../src/access/explain.ts'
import { decide } from '../../src/access/gate.ts'
import { compilePolicy } from '../../src/access/rules.ts'
import { makePerson } from '../../src/contract/identifier.ts'
import { alice, bob, lobby, ops, request, type Asked } from './asking.ts'

const policy = compilePolicy({
  admins: [alice.id],
  roles: { deployer: { people: [bob.id] } },
  rules: [
    { effect: 'allow', commands: 'deploy:*', roles: 'deployer' },
    { effect: 'deny', commands: 'deploy:*', args: 'prod*', rooms: lobby.id },
    { effect: 'allow', people: ['bob'] },
  ],
})

test('the explanation says who asks, what is needed, what each rule comes to, and which one decides', () => {
  expect(explain(request({ who: bob, room: lobby, what: { access: 'admin', args: 'prod 1' } }), policy)).toEqual([
    'slack:@T1%2FUBOB asks for the command deploy:release in slack:CLOBBY.',
    'Roles: deployer.',
    'Needed: an admin, or a rule that allows it by name or role.',
    'access.rules[0] (effect: "allow"; commands: "deploy:*"; roles: "deployer") applies: allow.',
    'access.rules[1] (effect: "deny"; commands: "deploy:*"; args: "prod*"; rooms: "slack:CLOBBY") applies: deny.',
    'access.rules[2] (effect: "allow"; people: "bob") is not in order and denies: access.rules[2].people[0]: found "bob"; allowed is the canonical id of a person, such as slack:@U024BE7LH (the command `whoami` shows it).',
    'Denied: a rule denies it, and that wins over everything that allows it, by access.rules[1] (effect: "deny"; commands: "deploy:*"; args: "prod*"; rooms: "slack:CLOBBY").',
  ])
})

test('an admin, somebody unverified, and a part of the bot are called that', () => {
  expect(explain(request({ who: alice }), policy)).toContain('It is an admin.')
  expect(explain(request({ who: makePerson('irc', 'alice', { verified: false }) }), policy).join('\n')).toContain('counts as nobody')
  expect(explain(request({ who: { kind: 'system', name: 'schedule:backup' } }), policy).join('\n')).toContain('schedule:backup asks')
})

test('groups that cannot be told are said to be unknown', () => {
  const groups = compilePolicy({ roles: { deployer: { groups: 'slack:S1' } } })
  const lines = explain(request(), groups, {
    groupsOf: () => {
      throw new Error('down')
    },
  })
  expect(lines).toContain('Roles: deployer (not known: asking for the groups failed).')
})

const refusals: readonly [code: keyof typeof REFUSALS, config: object, asked?: Asked][] = [
  ['args', { rules: [{ effect: 'deny', args: '*' }] }],
  ['person', { rules: [{ effect: 'deny', people: alice.id }] }],
  ['rooms', { rules: [{ effect: 'deny', private: false }] }],
  ['rooms', {}, { what: { where: 'private' } }],
  ['room', { rules: [{ effect: 'deny', rooms: ops.id }] }],
  ['room', { rules: [{ effect: 'deny', except: { rooms: lobby.id } }] }],
  ['private', { rules: [{ effect: 'deny', private: true }] }, { private: true }],
  ['private', {}, { private: true, what: { where: 'room' } }],
  ['admin-needed', {}, { what: { access: 'admin' } }],
  ['role-needed', { roles: { a: {} } }, { what: { access: { roles: ['a'] } } }],
  ['unverified', { requireVerified: true }, { who: makePerson('irc', 'eve', { verified: false }) }],
  ['denied', { rules: [{ effect: 'deny' }] }],
  ['fault', { rules: [{ effect: 'maybe' }] }],
]

test.each(refusals)('whoever is denied is told why: %s (D13.3)', (code, config, asked: Asked | undefined = {}) => {
  const given = request(asked)
  expect(refusalOf(decide(given, compilePolicy(config)), given)).toEqual({ code })
})

test('every refusal there is has been tried', () => {
  expect(new Set(refusals.map(([code]) => code))).toEqual(new Set(Object.keys(REFUSALS)))
})

test("the rule's own words are handed on", () => {
  const given = request()
  const own = compilePolicy({ rules: [{ effect: 'deny', reason: 'Deploys are frozen until Monday.' }] })
  expect(refusalOf(decide(given, own), given)).toEqual({ code: 'denied', reason: 'Deploys are frozen until Monday.' })
})

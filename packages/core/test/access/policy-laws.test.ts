import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decide, type AccessScope } from '../../src/access/gate.ts'
import { ACCESS_KINDS, AccessPolicy } from '../../src/access/policy.ts'
import { compilePolicy } from '../../src/access/rules.ts'
import { makeOccupant, makePerson, type Identifier } from '../../src/contract/identifier.ts'
import { reviewOptions } from '../../src/config/options.ts'
import { alice, bob, lobby, ops, request } from './asking.ts'

const nobodies: readonly Identifier[] = [
  makePerson('irc', 'alice', { verified: false }),
  makePerson('slack', alice.person, { verified: false }),
  makeOccupant(ops, alice.person),
  makeOccupant(ops, 'alice', { verified: true }),
]

const names = ['deploy:release', 'deploy:*', '*', 'help', '[', alice.id, bob.id, ops.id, 'irc:@alice', 'alice', 'boss', 'slack', 'irc', '']
const item = fc.constantFrom(...names)
const texts = fc.oneof(item, fc.array(item, { maxLength: 3 }), fc.constantFrom(null, 1, {}))
const conditions = {
  kinds: fc.oneof(fc.constantFrom(...ACCESS_KINDS), item),
  people: texts,
  roles: texts,
  rooms: texts,
  instances: texts,
  private: fc.oneof(fc.boolean(), fc.constant(1)),
  bots: fc.oneof(fc.boolean(), fc.constant('no')),
  args: texts,
}
const rule = fc.record(
  {
    effect: fc.constantFrom('allow', 'deny', 'perhaps'),
    commands: texts,
    ...conditions,
    except: fc.record(conditions, { requiredKeys: [] }),
    typo: item,
  },
  { requiredKeys: ['effect'] },
)
const shaped = fc.record(
  {
    admins: texts,
    adminOnly: texts,
    roles: fc.dictionary(
      fc.constantFrom('boss', 'deployer', '__proto__', 'X'),
      fc.record({ people: texts, groups: texts, bots: fc.boolean() }, { requiredKeys: [] }),
    ),
    rules: fc.oneof(fc.array(rule, { maxLength: 4 }), fc.constantFrom(null, 'all', {})),
    // Naming an instance here is the one way to make somebody of nobody, so it is left out.
    trustUnverified: fc.constantFrom(null, 1, ['Slack'], [1]),
    requireVerified: fc.oneof(fc.boolean(), item),
    accounts: fc.oneof(texts, fc.array(texts, { maxLength: 2 })),
  },
  { requiredKeys: [] },
)
const garbage = fc.oneof({ weight: 4, arbitrary: shaped }, { weight: 1, arbitrary: fc.anything() })
const scopes: readonly AccessScope[] = ['admin', { roles: ['boss'] }, { roles: [] }]

test('whatever the policy is, nobody gets what is not for everyone', () => {
  fc.assert(
    fc.property(garbage, fc.constantFrom(...nobodies), fc.constantFrom(...scopes), fc.boolean(), (config, who, access, anyArgs) => {
      const policy = compilePolicy(config)
      const context = { anyArgs, grantsOf: () => ['boss', 'deployer'], groupsOf: () => ['slack:S1', 'slack'] }
      expect(decide(request({ who, what: { access } }), policy, context).allowed).toBe(false)
    }),
    { numRuns: 3000 },
  )
})

test('a denial that applies wins, whatever else the policy says and wherever it stands', () => {
  fc.assert(
    fc.property(
      fc.array(rule, { maxLength: 4 }),
      fc.nat(4),
      fc.constantFrom(alice, bob),
      fc.constantFrom(ops, lobby),
      (rules, at, who, room) => {
        const all = rules.toSpliced(at, 0, { effect: 'deny', people: [alice.id, bob.id] })
        const policy = compilePolicy({ admins: [alice.id, bob.id], rules: all })
        expect(decide(request({ who, room }), policy).allowed).toBe(false)
      },
    ),
    { numRuns: 1000 },
  )
})

test('a denial added to any policy never allows anything', () => {
  fc.assert(
    fc.property(
      shaped,
      rule,
      fc.constantFrom(alice, bob, ...nobodies),
      fc.constantFrom<AccessScope>('everyone', ...scopes),
      (config, added, who, access) => {
        const rules = Array.isArray(config.rules) ? config.rules : []
        const asked = request({ who, what: { access } })
        const before = decide(asked, compilePolicy({ ...config, rules }))
        const after = decide(asked, compilePolicy({ ...config, rules: [...rules, { ...added, effect: 'deny' }] }))
        expect(after.allowed && !before.allowed).toBe(false)
      },
    ),
    { numRuns: 1000 },
  )
})

test('what the schema refuses is complained about by the compiler too, and denies', async () => {
  await fc.assert(
    fc.asyncProperty(shaped, async (config) => {
      const { complaints } = await reviewOptions(AccessPolicy, config, { path: 'access', env: {}, secret: () => undefined })
      if (complaints.length > 0) expect(compilePolicy(config).complaints).not.toEqual([])
    }),
    { numRuns: 500 },
  )
})

test('a policy with everything in it is accepted by the schema and by the compiler', async () => {
  const config = {
    admins: [alice.id],
    adminOnly: 'deploy:*',
    roles: { deployer: { people: [bob.id], groups: 'slack:S1', bots: false } },
    rules: [
      {
        effect: 'allow',
        commands: ['deploy:*'],
        roles: 'deployer',
        private: false,
        bots: false,
        except: { args: 'prod*' },
        reason: 'Ask ops.',
      },
      {
        effect: 'deny',
        kinds: ['tool', 'schedule'],
        systems: 'schedule:*',
        rooms: [ops.id, 'slack:C*'],
        instances: ['slack'],
        people: [bob.id],
      },
    ],
    trustUnverified: 'irc',
    requireVerified: false,
    hideDenied: true,
    accounts: [[alice.id, 'irc:@alice']],
  }
  const { complaints } = await reviewOptions(AccessPolicy, config, { path: 'access', env: {}, secret: () => undefined })
  expect(complaints).toEqual([])
  expect(compilePolicy(config).complaints).toEqual([])
})

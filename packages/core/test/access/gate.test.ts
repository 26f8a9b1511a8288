import type { AccessPolicyConfig } from '../../src/access/policy.ts'
import { makePerson } from '../../src/contract/identifier.ts'
import { rows } from './rows.ts'
import { alice, aliceInOps, bob, lobby, ops } from './asking.ts'

const admin = { access: 'admin' } as const
const nobody = makePerson('irc', 'eve', { verified: false })

rows('What is for everyone', [
  { name: 'is allowed without any policy', policy: {}, allowed: true, code: 'everyone' },
  { name: 'is allowed to those the network does not vouch for', policy: {}, asked: { who: nobody }, allowed: true, code: 'everyone' },
  {
    name: 'is denied to them where that is configured',
    policy: { requireVerified: true },
    asked: { who: nobody },
    allowed: false,
    code: 'unverified',
  },
  {
    name: 'is denied by a rule (D13.5 denyusers)',
    policy: { rules: [{ effect: 'deny', people: [alice.id] }] },
    allowed: false,
    code: 'deny-rule',
  },
  {
    name: 'is denied by a rule although another allows it to the same person',
    policy: {
      rules: [
        { effect: 'allow', people: [alice.id] },
        { effect: 'deny', commands: 'deploy:*' },
      ],
    },
    allowed: false,
    code: 'deny-rule',
  },
  {
    name: 'is denied to admins too where a rule denies it',
    policy: { admins: [alice.id], rules: [{ effect: 'deny', commands: 'deploy:*' }] },
    allowed: false,
    code: 'deny-rule',
  },
  {
    name: 'may be kept to some people (D13.4 allowusers)',
    policy: { rules: [{ effect: 'deny', commands: 'release', except: { people: [alice.id] } }] },
    allowed: true,
    code: 'everyone',
  },
  {
    name: 'kept to some people is denied to others (D13.4 allowusers)',
    policy: { rules: [{ effect: 'deny', commands: 'release', except: { people: [alice.id] } }] },
    asked: { who: bob },
    allowed: false,
    code: 'deny-rule',
  },
])

rows('What is for admins', [
  { name: 'is denied by default', policy: {}, asked: { what: admin }, allowed: false, code: 'admin-needed' },
  { name: 'is allowed to an admin', policy: { admins: [alice.id] }, asked: { what: admin }, allowed: true, code: 'admin' },
  {
    name: 'is allowed to an admin who speaks in a room',
    policy: { admins: [alice.id] },
    asked: { who: aliceInOps, what: admin },
    allowed: true,
    code: 'admin',
  },
  {
    name: 'is allowed by a rule that names the person',
    policy: { rules: [{ effect: 'allow', people: alice.id }] },
    asked: { what: admin },
    allowed: true,
    code: 'allow-rule',
  },
  {
    name: 'is not allowed by a rule that names nobody',
    policy: { rules: [{ effect: 'allow', commands: '*', rooms: ops.id }] },
    asked: { what: admin },
    allowed: false,
    code: 'admin-needed',
  },
  {
    name: 'may be restricted by the configuration alone',
    policy: { adminOnly: 'DEPLOY:*' },
    allowed: false,
    code: 'admin-needed',
  },
  {
    name: 'restricted by the configuration, may be allowed to a role',
    policy: {
      adminOnly: ['deploy:*'],
      roles: { deployer: { people: [alice.id] } },
      rules: [{ effect: 'allow', roles: 'deployer', commands: 'deploy:*' }],
    },
    allowed: true,
    code: 'allow-rule',
  },
  {
    name: 'an access that is not known counts as for admins',
    policy: {},
    asked: { what: { access: 'admins' as 'admin' } },
    allowed: false,
    code: 'admin-needed',
  },
])

const deployer = { roles: { deployer: { people: [alice.id], groups: ['slack:SDEPLOY'] } } }
const forDeployers = { access: { roles: ['deployer'] } }

rows('What is for a role (D13.7)', [
  { name: 'is allowed by configuration', policy: deployer, asked: { what: forDeployers }, allowed: true, code: 'role' },
  { name: 'is denied without it', policy: deployer, asked: { who: bob, what: forDeployers }, allowed: false, code: 'role-needed' },
  {
    name: 'is allowed by a group of the chat service',
    policy: deployer,
    asked: { who: bob, what: forDeployers },
    context: { groupsOf: (person) => (person === bob.id ? ['slack:SDEPLOY'] : []) },
    allowed: true,
    code: 'role',
  },
  {
    name: 'is allowed by a grant in chat',
    policy: deployer,
    asked: { who: bob, what: forDeployers },
    context: { grantsOf: (person) => (person === bob.id ? ['deployer'] : []) },
    allowed: true,
    code: 'role',
  },
  {
    name: 'is allowed to admins',
    policy: { ...deployer, admins: [bob.id] },
    asked: { who: bob, what: forDeployers },
    allowed: true,
    code: 'admin',
  },
  {
    name: 'is denied where the configuration has no such role, even if it was granted',
    policy: {},
    asked: { what: forDeployers },
    context: { grantsOf: () => ['deployer'] },
    allowed: false,
    code: 'unknown-role',
  },
  {
    name: 'is denied where the groups cannot be told',
    policy: deployer,
    asked: { who: bob, what: forDeployers },
    context: {
      groupsOf: () => {
        throw new Error('the service is down')
      },
    },
    allowed: false,
    code: 'error',
  },
  {
    name: 'is denied where an exception comes out of a rule',
    policy: { ...deployer, rules: [{ effect: 'allow', roles: ['deployer'] }] },
    asked: { who: bob },
    context: {
      groupsOf: () => {
        throw new Error('the service is down')
      },
    },
    allowed: false,
    code: 'broken-rule',
  },
])

const deny = (rule: object): AccessPolicyConfig => ({ rules: [{ effect: 'deny', ...rule }] })

rows('Each condition of a rule', [
  {
    name: 'commands are matched whatever their case (D13, step 1)',
    policy: deny({ commands: 'Deploy:RELEASE' }),
    allowed: false,
    code: 'deny-rule',
  },
  {
    name: 'a pattern without a colon is for any plugin (D13, step 1)',
    policy: deny({ commands: ['rel*'] }),
    allowed: false,
    code: 'deny-rule',
  },
  { name: 'a pattern covers the whole name', policy: deny({ commands: ['rel'] }), allowed: true, code: 'everyone' },
  { name: 'kinds: fits', policy: deny({ kinds: 'command' }), allowed: false, code: 'deny-rule' },
  { name: 'kinds: does not fit', policy: deny({ kinds: ['tool', 'sink'] }), allowed: true, code: 'everyone' },
  { name: 'rooms: this room (D13, step 6 denyrooms)', policy: deny({ rooms: ops.id }), allowed: false, code: 'deny-rule' },
  { name: 'rooms: another room', policy: deny({ rooms: lobby.id }), allowed: true, code: 'everyone' },
  { name: 'rooms: a pattern (D13.1)', policy: deny({ rooms: 'slack:C*' }), allowed: false, code: 'deny-rule' },
  { name: 'rooms: only these (D13, step 6 allowrooms)', policy: deny({ except: { rooms: [ops.id] } }), allowed: true, code: 'everyone' },
  {
    name: 'rooms: only these, asked elsewhere (D13, step 6 allowrooms)',
    policy: deny({ except: { rooms: [ops.id] } }),
    asked: { room: lobby },
    allowed: false,
    code: 'deny-rule',
  },
  { name: 'instances: fits', policy: deny({ instances: ['slack'] }), allowed: false, code: 'deny-rule' },
  { name: 'instances: does not fit', policy: deny({ instances: ['irc'] }), allowed: true, code: 'everyone' },
  { name: 'not in rooms at all (D13, step 6 allowmuc)', policy: deny({ private: false }), allowed: false, code: 'deny-rule' },
  {
    name: 'not in private (D13, step 7 allowprivate)',
    policy: deny({ private: true }),
    asked: { private: true },
    allowed: false,
    code: 'deny-rule',
  },
  { name: 'private: does not fit', policy: deny({ private: true }), allowed: true, code: 'everyone' },
  {
    name: 'args: fits (D13, step 3 denyargs)',
    policy: deny({ args: 'prod*' }),
    asked: { what: { args: 'prod now' } },
    allowed: false,
    code: 'deny-rule',
  },
  {
    name: 'args: case counts (D13.1)',
    policy: deny({ args: 'PROD*' }),
    asked: { what: { args: 'prod' } },
    allowed: true,
    code: 'everyone',
  },
  {
    name: 'args: only these (D13, step 2 allowargs)',
    policy: deny({ except: { args: ['staging*'] } }),
    asked: { what: { args: 'prod' } },
    allowed: false,
    code: 'deny-rule',
  },
  {
    name: 'args: only these, and it is one (D13, step 2 allowargs)',
    policy: deny({ except: { args: ['staging*'] } }),
    asked: { what: { args: 'staging 3' } },
    allowed: true,
    code: 'everyone',
  },
  { name: 'bots: only programs', policy: deny({ bots: true }), allowed: true, code: 'everyone' },
  { name: 'all conditions have to hold', policy: deny({ rooms: ops.id, instances: 'irc' }), allowed: true, code: 'everyone' },
])

rows('The place a command declares', [
  { name: 'private, asked in a room', policy: {}, asked: { what: { where: 'private' } }, allowed: false, code: 'where' },
  { name: 'private, asked in private', policy: {}, asked: { what: { where: 'private' }, private: true }, allowed: true, code: 'everyone' },
  {
    name: 'room, asked in private',
    policy: { admins: [alice.id] },
    asked: { what: { where: 'room' }, private: true },
    allowed: false,
    code: 'where',
  },
])

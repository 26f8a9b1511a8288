import { describe, expect, test } from 'vitest'
import { makeOccupant, makePerson, makeRoom, reviveIdentifier, type Identifier } from '../../src/contract/identifier.ts'
import type { AccessPolicyConfig } from '../../src/access/policy.ts'
import { ask } from './asking.ts'

/*
 * The spoof matrix (threats T28 and T29, check I3; F7 and F8 of the ancestors): whoever only looks like the admin gets nothing, by whatever way the admin was
 * given the right, and the admin who changes their looks loses nothing.
 */

const admin = makePerson('slack', 'T1/UADMIN', { nick: 'admin', displayName: 'Ada Admin', email: 'ada@example.com' })
const ircAdmin = makePerson('irc', 'admin', { nick: 'admin' })
const xmppAdmin = makePerson('xmpp', 'admin@example.com', { nick: 'admin' })
const admins = [admin.id, ircAdmin.id, xmppAdmin.id]
const looks = { nick: 'admin', displayName: 'Ada Admin', email: 'ada@example.com' }
const channel = makeRoom('slack', 'COPS')
const muc = makeRoom('xmpp', 'ops@conference.example.com')

const policies: Readonly<Record<string, AccessPolicyConfig>> = {
  'as an admin': { admins },
  'by a role': { roles: { boss: { people: admins } }, rules: [{ effect: 'allow', roles: 'boss' }] },
  'by a rule': { rules: [{ effect: 'allow', people: admins }] },
}

const attackers: readonly (readonly [name: string, who: Identifier])[] = [
  ['nickname spoofing: the same nick, display name and e-mail', makePerson('slack', 'T1/UEVE', looks)],
  ['nickname spoofing: the id as a name', makePerson('slack', 'T1/UEVE', { nick: admin.id, displayName: admin.person })],
  ['homoglyphs: a Cyrillic letter in the id', makePerson('irc', 'аdmin', looks)],
  ['homoglyphs: a full-width id', makePerson('irc', 'ａｄｍｉｎ', looks)],
  ['homoglyphs: an invisible character', makePerson('irc', 'admin\u200b', looks)],
  ['homoglyphs: another form of Unicode', makePerson('irc', 'ad\u0307min', looks)],
  ['case-folding: another case', makePerson('irc', 'ADMIN', looks)],
  ['case-folding: the Kelvin sign and its like', makePerson('irc', 'admın', looks)],
  ['case-folding: the id in lower case', makePerson('slack', 't1/uadmin', looks)],
  ['recycled names: the name belongs to somebody else now', makePerson('slack', 'T1/UNEW', looks)],
  ['a webhook posing as admin: a name of its own choice', makePerson('slack', 'T1/BHOOK', { ...looks, bot: true })],
  ["a webhook posing as admin: with the admin's id", makePerson('slack', 'T1/UADMIN', { ...looks, bot: true })],
  ['a webhook posing as admin: in a room', makeOccupant(channel, 'admin', { ...looks, bot: true })],
  ['the same id on two backends: another service', makePerson('mattermost', 'T1/UADMIN', looks)],
  ['the same id on two backends: another instance of the service', makePerson('slack2', 'T1/UADMIN', looks)],
  ['the same id on two backends: another workspace', makePerson('slack', 'T2/UADMIN', looks)],
  ['an anonymous occupant called as the admin', makeOccupant(muc, 'admin', looks)],
  ["an anonymous occupant called as the admin's address", makeOccupant(muc, 'admin@example.com', looks)],
  ['an anonymous occupant that the backend vouches for', makeOccupant(channel, 'T1/UADMIN', { ...looks, verified: true })],
  ['unverified: the nick of the admin without a services account', makePerson('irc', 'admin', { ...looks, verified: false })],
  ['unverified: an occupant', makeOccupant(makeRoom('irc', '#ops'), 'admin', { ...looks, person: 'admin', verified: false })],
  ['MUC nick: the nick of the admin with an address of its own', makeOccupant(muc, 'admin', { ...looks, person: 'eve@example.com' })],
  ['the room itself', makeRoom('slack', 'T1/UADMIN')],
]

describe.each(Object.entries(policies))('The right given %s', (_, policy) => {
  test.each(attackers)('is not given to: %s', (_name, who) => {
    for (const given of [who, reviveIdentifier(JSON.parse(JSON.stringify(who)))]) {
      expect(ask(policy, { who: given, what: { access: 'admin' } }).allowed).toBe(false)
      expect(ask({ ...policy, adminOnly: '*' }, { who: given }).allowed).toBe(false)
    }
  })

  test.each([
    ['renamed', makePerson('slack', 'T1/UADMIN', { nick: 'somebody-else', displayName: 'New Name', email: 'new@example.com' })],
    ['without any name', makePerson('slack', 'T1/UADMIN')],
    ['with the name of another', makePerson('slack', 'T1/UADMIN', { nick: 'eve' })],
    ['in a room', makeOccupant(channel, 'T1/UADMIN', { person: 'T1/UADMIN', nick: 'x' })],
    ['in a room under another nick', makeOccupant(muc, 'not-the-admin', { person: 'admin@example.com' })],
    ['on another device', makePerson('xmpp', 'admin@example.com', { client: 'phone' })],
    ['logged in to services under another nick', makePerson('irc', 'admin', { nick: 'admin_afk' })],
  ])('stays with the admin %s', (_name, who) => {
    for (const given of [who, reviveIdentifier(JSON.parse(JSON.stringify(who)))]) {
      expect(ask(policy, { who: given, what: { access: 'admin' } }).allowed).toBe(true)
    }
  })
})

test('an operator may trust a network that vouches for nobody, by name', () => {
  const unverified = makePerson('irc', 'admin', { verified: false })
  const asked = { who: unverified, what: { access: 'admin' } } as const
  expect(ask({ admins, trustUnverified: ['irc'] }, asked).allowed).toBe(true)
  expect(ask({ admins, trustUnverified: ['slack', 'irc2'] }, asked).allowed).toBe(false)
})

test('two occupants with one address are not one person (F8)', () => {
  const one = makeOccupant(muc, 'ada', { person: 'ada@example.com' })
  const two = makeOccupant(muc, 'eve', { person: 'eve@example.com' })
  const policy = { admins: ['xmpp:@ada%40example.com'] }
  expect(ask(policy, { who: one, what: { access: 'admin' } }).allowed).toBe(true)
  expect(ask(policy, { who: two, what: { access: 'admin' } }).allowed).toBe(false)
})

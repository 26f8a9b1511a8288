import { expect, test } from 'vitest'
import { AuditLog } from '../../src/access/audit.ts'
import { listAudit, verifyAudit } from '../../src/access/audit-reading.ts'
import { openRoleGrants, type RoleGrants } from '../../src/access/roles.ts'
import type { Store } from '../../src/contract/store.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { ManualClock, seededRandom } from '../manual-clock.ts'
import { alice, ask, bob, carol, ops } from './asking.ts'

const random = seededRandom(3)

async function begin(): Promise<{ store: Store; clock: ManualClock; open(): Promise<RoleGrants>; grants: RoleGrants }> {
  const clock = new ManualClock()
  const store = createMemoryStore({ clock })
  await store.open()
  const open = (): Promise<RoleGrants> => openRoleGrants({ store, clock, audit: new AuditLog({ chain: 'main', clock, random }) })
  return { store, clock, open, grants: await open() }
}

const policy = { roles: { deployer: {} } }
const asked = { who: bob, what: { access: { roles: ['deployer'] } } }

test('a role granted in chat counts until it expires', async () => {
  const { clock, grants } = await begin()
  const isAllowed = (): boolean =>
    ask(policy, { ...asked, now: clock.now() }, { grantsOf: (person, now) => grants.rolesOf(person, now) }).allowed
  expect(isAllowed()).toBe(false)
  const expiresAt = clock.now() + 60_000
  expect(await grants.grant({ person: bob.id, role: 'deployer', by: alice, expiresAt })).toMatchObject({ by: alice.id, expiresAt })
  expect(isAllowed()).toBe(true)
  await clock.advance(59_999)
  expect(isAllowed()).toBe(true)
  await clock.advance(1)
  expect(isAllowed()).toBe(false)
  expect(grants.list(clock.now())).toEqual([])
})

test('a role that is taken away counts no more', async () => {
  const { clock, grants } = await begin()
  await grants.grant({ person: bob.id, role: 'deployer', by: alice })
  await grants.grant({ person: bob.id, role: 'on-call', by: alice })
  await grants.grant({ person: carol.id, role: 'deployer', by: alice })
  expect(grants.list(clock.now(), { role: 'deployer' }).map(({ person }) => person)).toEqual([bob.id, carol.id])
  expect(await grants.revoke({ person: bob.id, role: 'deployer', by: alice })).toBe(true)
  expect(await grants.revoke({ person: bob.id, role: 'deployer', by: alice })).toBe(false)
  expect(grants.rolesOf(bob.id, clock.now())).toEqual(['on-call'])
  expect(grants.list(clock.now(), { person: carol.id })).toHaveLength(1)
})

test('grants survive a restart', async () => {
  const { clock, grants, open } = await begin()
  await grants.grant({ person: bob.id, role: 'deployer', by: alice })
  expect((await open()).rolesOf(bob.id, clock.now())).toEqual(['deployer'])
})

test('what another process changes in a shared store is seen', async () => {
  const { store, clock, grants } = await begin()
  const shared = Object.assign(Object.create(store) as Store, {
    can: { persist: false, share: true },
    get: store.get.bind(store),
    scan: store.scan.bind(store),
    commit: store.commit.bind(store),
  })
  const other = await openRoleGrants({ store: shared, clock, audit: new AuditLog({ chain: 'other', clock, random }) })
  await grants.grant({ person: bob.id, role: 'deployer', by: alice })
  await other.fresh()
  expect(other.rolesOf(bob.id, clock.now())).toEqual(['deployer'])
  await grants.revoke({ person: bob.id, role: 'deployer', by: alice })
  await other.fresh()
  expect(other.rolesOf(bob.id, clock.now())).toEqual([])
})

test('grants made at once are all there', async () => {
  const { clock, grants } = await begin()
  const roles = Array.from({ length: 50 }, (_, index) => `role-${index}`)
  await Promise.all(roles.map((role) => grants.grant({ person: bob.id, role, by: alice })))
  expect([...grants.rolesOf(bob.id, clock.now())].sort()).toEqual(roles.toSorted())
})

test('who gave what to whom is in the audit record', async () => {
  const { store, grants } = await begin()
  await grants.grant({ person: bob.id, role: 'deployer', by: alice })
  await grants.revoke({ person: bob.id, role: 'deployer', by: { kind: 'system', name: 'cli' } })
  await grants.revoke({ person: bob.id, role: 'deployer', by: alice })
  const entries = (await listAudit(store, { who: bob.id })).map(({ kind, what, who }) => [kind, what, who])
  expect(entries).toHaveLength(2)
  expect(entries).toContainEqual(['role.grant', 'role:deployer', alice.id])
  expect(entries).toContainEqual(['role.revoke', 'role:deployer', 'system:cli'])
  expect((await verifyAudit(store)).ok).toBe(true)
})

test('names, rooms, roles that are none and ends in the past are refused', async () => {
  const { store, clock, grants } = await begin()
  const refuse = async (grant: { person?: string; role?: string; expiresAt?: number }, code: string): Promise<void> => {
    await expect(grants.grant({ person: bob.id, role: 'deployer', by: alice, ...grant })).rejects.toMatchObject({ code })
  }
  await refuse({ person: 'bob' }, 'BOT_IDENTIFIER')
  await refuse({ person: ops.id }, 'BOT_IDENTIFIER')
  await refuse({ person: `${ops.id}/bob` }, 'BOT_IDENTIFIER')
  await refuse({ role: 'Deployer!' }, 'BOT_USAGE')
  await refuse({ expiresAt: clock.now() }, 'BOT_USAGE')
  expect(await store.scan('core/roles')).toEqual([])
})

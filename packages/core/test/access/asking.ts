import { makeOccupant, makePerson, makeRoom } from '../../src/contract/identifier.ts'
import { decide, type AccessContext, type AccessRequest, type Decision } from '../../src/access/gate.ts'
import type { AccessPolicyConfig } from '../../src/access/policy.ts'
import { compilePolicy } from '../../src/access/rules.ts'

export const alice = makePerson('slack', 'T1/UALICE', { nick: 'alice', displayName: 'Alice', email: 'alice@example.com' })
export const bob = makePerson('slack', 'T1/UBOB', { nick: 'bob' })
export const carol = makePerson('slack', 'T1/UCAROL', { nick: 'carol' })
export const ops = makeRoom('slack', 'COPS', { name: '#ops' })
export const lobby = makeRoom('slack', 'CLOBBY', { name: '#lobby' })
export const aliceInOps = makeOccupant(ops, 'T1/UALICE', { person: 'T1/UALICE', nick: 'alice' })

export type Asked = Partial<Omit<AccessRequest, 'what'>> & { readonly what?: Partial<AccessRequest['what']> }

/** A request as it comes from a room; what a test is about is given. */
export function request(asked: Asked = {}): AccessRequest {
  const { what, ...rest } = asked
  const who = rest.who ?? alice
  return {
    instance: who.kind === 'system' ? 'slack' : who.instance,
    room: ops,
    private: false,
    now: 1000,
    who,
    ...rest,
    what: { kind: 'command', name: 'deploy:release', ...what },
  }
}

export function ask(policy: AccessPolicyConfig, asked: Asked = {}, context: AccessContext = {}): Decision {
  return decide(request(asked), compilePolicy(policy), context)
}

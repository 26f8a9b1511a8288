import type { Static } from 'typebox'
import * as Type from '../type.ts'

/*
 * The configuration key `access` as people write it. `rules.ts` reads it; what cannot be said in a schema (that an id is canonical, that a role exists) is
 * complained about there.
 */

/** What the gate is asked about. */
export const ACCESS_KINDS = ['command', 'listener', 'flow-step', 'sink', 'schedule', 'tool', 'action', 'approval'] as const

export type AccessKind = (typeof ACCESS_KINDS)[number]

const closed = { additionalProperties: false } as const
const word = Type.String({ minLength: 1 })
const texts = (description: string) =>
  Type.Optional(Type.Union([word, Type.Array(word)], { description, allowed: 'a text, or a list of texts' }))

const conditions = {
  kinds: texts(`What is asked for: ${ACCESS_KINDS.join(', ')}`),
  people: texts('Canonical ids of people, such as slack:@U024BE7LH; never a name'),
  roles: texts('Names of roles; a rule with people and roles is for both'),
  systems: texts('Patterns over the parts of the bot that act by themselves, such as schedule:backup'),
  rooms: texts('Canonical ids of rooms, or patterns over them'),
  instances: texts('Names of backend instances'),
  private: Type.Optional(Type.Boolean({ description: 'true: only in private; false: only in rooms' })),
  bots: Type.Optional(Type.Boolean({ description: 'true: only programs; false: only people' })),
  args: texts('Patterns over the arguments as typed'),
}

const rule = Type.Object(
  {
    effect: Type.Union([Type.Literal('allow'), Type.Literal('deny')], {
      description: 'A rule that denies wins over every rule that allows',
    }),
    commands: texts('Patterns over plugin:command, upper and lower case alike; without a colon any plugin is meant'),
    ...conditions,
    except: Type.Optional(Type.Object(conditions, { ...closed, description: 'The rule does not apply where all of this does' })),
    reason: Type.Optional(Type.String({ minLength: 1, description: 'What those are told who are denied by this rule' })),
  },
  closed,
)

const role = Type.Object(
  {
    people: texts('Canonical ids of people'),
    groups: texts('Groups of a chat service, with the instance in front: slack:S0123'),
    bots: Type.Optional(Type.Boolean({ description: 'Whether programs listed under people hold the role' })),
  },
  closed,
)

/** The schema of the configuration key `access`. */
export const AccessPolicy = Type.Object(
  {
    admins: texts('Canonical ids of those who may do everything that no rule denies'),
    adminOnly: texts('Patterns over plugin:command of what needs an admin or a rule that allows it to somebody by name or role'),
    roles: Type.Optional(Type.Record(Type.String(), role)),
    rules: Type.Optional(Type.Array(rule)),
    trustUnverified: texts('Backend instances whose people count although the network cannot vouch for them'),
    requireVerified: Type.Optional(
      Type.Boolean({ description: 'Whether those whom the network does not vouch for may use nothing at all' }),
    ),
    hideDenied: Type.Optional(Type.Boolean({ description: 'Whether those who are denied are told that there is no such command' })),
    accounts: Type.Optional(
      Type.Array(Type.Array(word), {
        description: 'Accounts of one human being: none approves what another of them asked for. It grants nothing',
      }),
    ),
  },
  closed,
)

/** The configuration key `access`. */
export type AccessPolicyConfig = Static<typeof AccessPolicy>

export const RULE_KEYS: readonly string[] = Object.keys(rule.properties)
export const EXCEPT_KEYS: readonly string[] = Object.keys(conditions)
export const ROLE_KEYS: readonly string[] = Object.keys(role.properties)
export const POLICY_KEYS: readonly string[] = Object.keys(AccessPolicy.properties)

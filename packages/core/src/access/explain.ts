import {
  decide,
  isAdmin,
  judge,
  holdsRole,
  scopeOf,
  subjectOf,
  type AccessContext,
  type AccessRequest,
  type Case,
  type Decision,
  type DecisionCode,
  type Subject,
  type Verdict,
} from './gate.ts'
import type { Policy } from './rules.ts'

/** What somebody who is denied may be told. The codes serve as keys of message catalogues. */
export const REFUSALS = {
  args: 'You may not use this command with these arguments.',
  person: 'You may not use this command.',
  rooms: 'This command may not be used in rooms.',
  room: 'This command may not be used in this room.',
  private: 'This command may not be used in private.',
  'admin-needed': 'This command needs an admin.',
  'role-needed': 'You do not have a role that may use this command.',
  unverified: 'This network does not vouch for who you are, so you may not use this command.',
  denied: 'This command may not be used.',
  fault: 'This command is denied because an access rule is not in order. An admin finds more with `access explain`.',
} as const

export type RefusalCode = keyof typeof REFUSALS

/** Why somebody was denied, as far as it is theirs to know. `reason` is what the rule itself says. */
export function refusalOf(decision: Decision, request: AccessRequest): { readonly code: RefusalCode; readonly reason?: string } {
  const { rule } = decision
  switch (decision.code) {
    case 'admin-needed':
    case 'role-needed':
    case 'unverified':
      return { code: decision.code }
    case 'where':
      return { code: request.private ? 'private' : 'rooms' }
    case 'deny-rule':
      return { code: ruleRefusal(decision, request), ...(rule?.reason === undefined ? {} : { reason: rule.reason }) }
    default:
      return { code: 'fault' }
  }
}

/** Of what a rule asks, and of what it excepts, the part that a change of words or place would alter comes first. */
function ruleRefusal({ rule }: Decision, request: AccessRequest): RefusalCode {
  const { when = {}, except = {} } = rule ?? {}
  if (when.args !== undefined || except.args !== undefined) return 'args'
  if (request.private && (when.private !== undefined || except.private !== undefined)) return 'private'
  if (!request.private && (when.rooms !== undefined || except.rooms !== undefined)) return 'room'
  if (!request.private && (when.private !== undefined || except.private !== undefined)) return 'rooms'
  const people = [when.people, when.roles, when.bots, except.people, except.roles, except.bots]
  return people.some((condition) => condition !== undefined) ? 'person' : 'denied'
}

/** The whole way to a decision, a line a step: who asks, what is needed, what each rule came to, and which one decided. */
export function explain(request: AccessRequest, policy: Policy, context: AccessContext = {}): readonly string[] {
  const decision = decide(request, policy, context)
  const subject = subjectOf(request.who, policy)
  const given: Case = { request, policy, context, subject }
  const place = request.private ? 'in private' : request.room === undefined ? 'nowhere in particular' : `in ${request.room.id}`
  return [
    `${subjectName(subject)} asks for the ${request.what.kind} ${request.what.name} ${place}.`,
    ...standingLines(given),
    ...(policy.broken ? policy.complaints.map(({ path, text }) => `${path}: ${text}`) : []),
    `Needed: ${neededLine(request, policy)}.`,
    ...policy.rules.map((rule) => verdictLine(judge(rule, given))),
    `${decision.allowed ? 'Allowed' : 'Denied'}: ${DECIDED[decision.code]}${decision.rule === undefined ? '' : `, by ${decision.rule.text}`}.`,
  ]
}

const DECIDED: Readonly<Record<DecisionCode, string>> = {
  everyone: 'it is for everyone, and no rule denies it',
  admin: 'an admin asks, and no rule denies it',
  role: 'a role that it is for is held, and no rule denies it',
  'allow-rule': 'a rule allows it, and none denies it',
  'deny-rule': 'a rule denies it, and that wins over everything that allows it',
  'broken-rule': 'a rule that may be about it is not in order',
  'broken-policy': 'the policy is not in order, so any rule may be missing',
  where: 'it may not run there',
  unverified: 'the network does not vouch for the asker, who counts as nobody',
  'admin-needed': 'the asker is not an admin, and no rule allows it by name or role',
  'role-needed': 'the asker holds none of the roles, and no rule allows it by name or role',
  'unknown-role': 'it is for a role that the configuration does not have',
  error: 'the question could not be decided',
}

function subjectName({ system, claimed }: Subject): string {
  return system ?? claimed ?? 'Somebody without a name of their own'
}

function standingLines(given: Case): readonly string[] {
  const { subject, policy } = given
  const program = subject.bot ? ['It is a program, which is never an admin.'] : []
  switch (subject.standing) {
    case 'system':
      return ['It is a part of the bot.']
    case 'anonymous':
      return ['The room does not say who that is: it counts as nobody.', ...program]
    case 'unverified':
      return ['The network does not vouch for that: it counts as nobody, except where it is denied something.', ...program]
    case 'person': {
      const roles = [...policy.roles.keys()].map((role) => roleState(role, given)).filter((state) => state !== undefined)
      const admin = isAdmin(given) ? ['It is an admin.'] : []
      return [...program, ...admin, `Roles: ${roles.join(', ') || 'none'}.`]
    }
  }
}

function roleState(role: string, given: Case): string | undefined {
  try {
    return holdsRole(role, given, true) ? role : undefined
  } catch {
    // The rule that needs it says so as well; the reason goes to the log with the decision.
    return `${role} (not known: asking for the groups failed)`
  }
}

function neededLine(request: AccessRequest, policy: Policy): string {
  const scope = scopeOf(request, policy)
  if (scope === 'everyone') return 'nothing, it is for everyone'
  return scope === 'admin'
    ? 'an admin, or a rule that allows it by name or role'
    : `one of the roles ${scope.roles.join(', ')}, or an admin`
}

function verdictLine({ rule, outcome, condition }: Verdict): string {
  if (outcome === 'applies') return `${rule.text} applies: ${rule.effect}.`
  if (outcome === 'no')
    return `${rule.text} does not apply: ${condition === 'except' ? 'its exception does' : `"${condition}" does not fit`}.`
  const faults = rule.broken.map(({ path, text }) => `${path}: ${text}`)
  return `${rule.text} is not in order and denies: ${faults.length === 0 ? 'trying it failed.' : faults.join(' ')}`
}

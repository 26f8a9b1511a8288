import { personOf, type Identifier, type Room } from '../contract/identifier.ts'
import type { Glob } from './glob.ts'
import type { AccessKind } from './policy.ts'
import type { Conditions, Policy, Rule } from './rules.ts'

/*
 * The one decision for everything that has an effect, whoever or whatever asks for it. Deciding is pure, synchronous, and costs no more than the rules that can be
 * about what is asked for. Whatever goes wrong on the way denies.
 */

/** A part of the bot that acts by itself: `{ kind: 'system', name: 'schedule:backup' }`. */
export interface SystemActor {
  readonly kind: 'system'
  readonly name: string
}

/** Who may do something unless the policy says otherwise. Admins may do all of it. */
export type AccessScope = 'everyone' | 'admin' | { readonly roles: readonly string[] }

export interface AccessRequest {
  readonly what: {
    readonly kind: AccessKind
    /** `plugin:command`; `sink:NAME` for a sink. */
    readonly name: string
    /** As declared. Default `everyone`. */
    readonly access?: AccessScope
    /** Where it may run, as declared. Default `anywhere`. */
    readonly where?: 'anywhere' | 'private' | 'room'
    /** As typed. Default: none were. */
    readonly args?: string
  }
  readonly who: Identifier | SystemActor
  /** The backend instance it came through; none for what the bot does by itself. */
  readonly instance?: string
  readonly room?: Room
  readonly private: boolean
  readonly now: number
}

/** What the policy itself does not know. A function that throws makes the decision a denial. */
export interface AccessContext {
  /** The roles granted in chat to a person, by canonical id. */
  grantsOf?(person: string, now: number): Iterable<string>
  /** The groups a person is in at the chat service, with the instance in front. */
  groupsOf?(person: string): Iterable<string>
  /** Asked before anything is typed, for help: a rule about arguments counts as if the arguments were those that suit the asker. */
  readonly anyArgs?: boolean
}

/** Why it was decided so. The first four allow. */
export type DecisionCode =
  | 'everyone'
  | 'admin'
  | 'role'
  | 'allow-rule'
  | 'deny-rule'
  | 'broken-rule'
  | 'broken-policy'
  | 'where'
  | 'unverified'
  | 'admin-needed'
  | 'role-needed'
  | 'unknown-role'
  | 'error'

/** What a rule came to. */
export interface Verdict {
  readonly rule: Rule
  readonly outcome: 'applies' | 'broken' | 'no'
  /** The condition that does not hold; `except` where the exception does. */
  readonly condition?: keyof Conditions | 'except'
  /** What was thrown while the rule was tried. It goes to the log. */
  readonly error?: unknown
}

export interface Decision {
  readonly allowed: boolean
  readonly code: DecisionCode
  /** The rule that decided, where one did. */
  readonly rule?: Rule
  /** The rules that were looked at, in their order. {@link explain} says it in words. */
  readonly steps: readonly Verdict[]
  /** What was thrown on the way. It goes to the log. */
  readonly error?: unknown
}

/** Whom the gate takes somebody for. */
export interface Subject {
  readonly standing: 'person' | 'system' | 'unverified' | 'anonymous'
  /** The canonical id of a person the network vouches for: the only thing that is ever granted anything. */
  readonly id?: string
  /** Who it says it is, vouched for or not: what denials go by. */
  readonly claimed?: string
  readonly system?: string
  readonly bot: boolean
}

/** Decides. Never throws. */
export function decide(request: AccessRequest, policy: Policy, context: AccessContext = {}): Decision {
  try {
    return decided(request, policy, context)
  } catch (error) {
    return { allowed: false, code: 'error', steps: [], error }
  }
}

/** Whom the gate takes somebody for under this policy. */
export function subjectOf(who: Identifier | SystemActor, policy: Policy): Subject {
  if (who.kind === 'system') return { standing: 'system', system: who.name, bot: false }
  const person = personOf(who)
  if (person === undefined) return { standing: 'anonymous', bot: who.kind === 'occupant' && who.bot }
  const { id, bot } = person
  if (person.verified || policy.trustUnverified.has(person.instance)) return { standing: 'person', id, claimed: id, bot }
  return { standing: 'unverified', claimed: id, bot }
}

/** One question with everything an answer to it depends on. */
export interface Case {
  readonly request: AccessRequest
  readonly policy: Policy
  readonly context: AccessContext
  readonly subject: Subject
}

function decided(request: AccessRequest, policy: Policy, context: AccessContext): Decision {
  if (policy.broken) return { allowed: false, code: 'broken-policy', steps: [] }
  const { where = 'anywhere', name } = request.what
  if (where !== 'anywhere' && where !== (request.private ? 'private' : 'room')) return { allowed: false, code: 'where', steps: [] }

  const subject = subjectOf(request.who, policy)
  const { standing } = subject
  const isNobody = standing === 'unverified' || standing === 'anonymous'
  if (policy.requireVerified && isNobody) return { allowed: false, code: 'unverified', steps: [] }

  const given: Case = { request, policy, context, subject }
  const steps = policy.candidates(name, subject.claimed).map((rule) => judge(rule, given))
  const against = steps.find(({ rule, outcome }) => outcome === 'broken' || (outcome === 'applies' && rule.effect === 'deny'))
  if (against !== undefined) {
    const { rule, outcome, error } = against
    return {
      allowed: false,
      code: outcome === 'broken' ? 'broken-rule' : 'deny-rule',
      steps,
      rule,
      ...(error === undefined ? {} : { error }),
    }
  }

  const scope = scopeOf(request, policy)
  const inFavour = steps.find(({ rule, outcome }) => outcome === 'applies' && (scope === 'everyone' || namesWhom(rule.when)))
  if (scope === 'everyone') return { allowed: true, code: 'everyone', steps, ...(inFavour === undefined ? {} : { rule: inFavour.rule }) }
  if (isAdmin(given)) return { allowed: true, code: 'admin', steps }
  if (inFavour !== undefined) return { allowed: true, code: 'allow-rule', steps, rule: inFavour.rule }
  if (scope !== 'admin') {
    if (!scope.roles.every((role) => policy.roles.has(role))) return { allowed: false, code: 'unknown-role', steps }
    if (scope.roles.some((role) => holdsRole(role, given, true))) return { allowed: true, code: 'role', steps }
  }
  if (isNobody) return { allowed: false, code: 'unverified', steps }
  return { allowed: false, code: scope === 'admin' ? 'admin-needed' : 'role-needed', steps }
}

/** What is needed under this policy. A scope that is not understood is the strictest. */
export function scopeOf({ what: { name, access = 'everyone' } }: AccessRequest, policy: Policy): AccessScope {
  if (policy.adminOnly(name)) return 'admin'
  return access === 'everyone' || (typeof access === 'object' && Array.isArray(access.roles)) ? access : 'admin'
}

/** Programs are never admins; a rule may allow them what they need. */
export function isAdmin({ policy, subject: { id, bot } }: Case): boolean {
  return id !== undefined && !bot && policy.admins.has(id)
}

/** Tries one rule. Never throws. */
export function judge(rule: Rule, given: Case): Verdict {
  const grants = rule.effect === 'allow'
  try {
    const condition = unmet(rule.when, given, grants)
    if (condition !== undefined) return { rule, outcome: 'no', condition }
    if (rule.broken.length > 0) return { rule, outcome: 'broken' }
    // To be excepted from a denial is a grant, and the other way round.
    const isExcepted = rule.except !== undefined && unmet(rule.except, given, !grants) === undefined
    return isExcepted ? { rule, outcome: 'no', condition: 'except' } : { rule, outcome: 'applies' }
  } catch (error) {
    return { rule, outcome: 'broken', error }
  }
}

/** The first condition that does not hold. `grants`: that all hold is to the asker's advantage, so only what is certain counts. */
function unmet(when: Conditions, given: Case, grants: boolean): keyof Conditions | undefined {
  const { request, subject, context } = given
  const { what, room, instance } = request
  const { commands, kinds, rooms, instances, args } = when
  if (commands !== undefined && !anyMatches(commands, what.name.toLowerCase())) return 'commands'
  if (kinds !== undefined && !kinds.has(what.kind)) return 'kinds'
  if (instances !== undefined && (instance === undefined || !instances.has(instance))) return 'instances'
  if (when.private !== undefined && when.private !== request.private) return 'private'
  if (rooms !== undefined && (room === undefined || !anyMatches(rooms, room.id))) return 'rooms'
  if (when.bots !== undefined && when.bots !== subject.bot) return 'bots'
  if (args !== undefined && !(context.anyArgs === true ? grants : anyMatches(args, what.args ?? ''))) return 'args'
  return isFor(when, given, grants) ? undefined : 'people'
}

function isFor(when: Conditions, given: Case, grants: boolean): boolean {
  if (!namesWhom(when)) return true
  const { people, roles, systems } = when
  const { system, bot } = given.subject
  if (system !== undefined) return systems !== undefined && anyMatches(systems, system)
  const id = idOf(given.subject, grants)
  if (id === undefined) return false
  // What is granted to a program has to say that a program is meant.
  if (people?.has(id) === true && !(grants && bot && when.bots !== true)) return true
  return roles?.some((role) => holdsRole(role, given, grants)) ?? false
}

/** Whether the subject holds the role: by configuration, by a grant in chat, or by a group of the chat service. */
export function holdsRole(name: string, { policy, subject, context, request }: Case, grants: boolean): boolean {
  const role = policy.roles.get(name)
  const id = idOf(subject, grants)
  if (role === undefined || id === undefined) return false
  if (grants && subject.bot) return role.bots && role.people.has(id)
  if (role.people.has(id) || includes(context.grantsOf?.(id, request.now), name)) return true
  if (role.groups.size === 0) return false
  for (const group of context.groupsOf?.(id) ?? []) if (role.groups.has(group)) return true
  return false
}

/** Only a vouched-for identity is granted anything; a denial goes by what is claimed, so that nobody escapes it by not logging in. */
function idOf(subject: Subject, grants: boolean): string | undefined {
  return grants ? subject.id : subject.claimed
}

/** Only a rule that says whom it is for opens what is not for everybody. */
function namesWhom({ people, roles, systems }: Conditions): boolean {
  return people !== undefined || roles !== undefined || systems !== undefined
}

function anyMatches(globs: readonly Glob[], text: string): boolean {
  return globs.some((glob) => glob.matches(text))
}

function includes(items: Iterable<string> | undefined, wanted: string): boolean {
  for (const item of items ?? []) if (item === wanted) return true
  return false
}

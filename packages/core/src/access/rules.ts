import { below, show, type Complaint } from '../config/complaint.ts'
import type { Glob } from './glob.ts'
import { EXCEPT_KEYS, POLICY_KEYS, ROLE_KEYS, RULE_KEYS } from './policy.ts'
import { PolicyReader, type Fields } from './policy-reader.ts'

/*
 * Reads the configuration key `access` once, so that deciding is cheap. It never throws: what cannot be read is complained about, and until somebody mends it the
 * gate denies what it might have been about.
 */

/** What has to hold for a rule to apply. A condition that is not there holds. */
export interface Conditions {
  readonly commands?: readonly Glob[]
  readonly kinds?: ReadonlySet<string>
  readonly people?: ReadonlySet<string>
  readonly roles?: readonly string[]
  readonly systems?: readonly Glob[]
  readonly rooms?: readonly Glob[]
  readonly instances?: ReadonlySet<string>
  readonly private?: boolean
  readonly bots?: boolean
  readonly args?: readonly Glob[]
}

export interface Rule {
  readonly index: number
  /** Where it stands in the configuration: `access.rules[0]`. Names nobody, so it may stand in the audit record. */
  readonly path: string
  /** In words, as an operator would know it again. */
  readonly text: string
  readonly effect: 'allow' | 'deny'
  readonly when: Conditions
  readonly except?: Conditions
  readonly reason?: string
  /** What could not be read. Such a rule denies whatever its readable conditions do not exclude. */
  readonly broken: readonly Complaint[]
}

export interface Role {
  readonly people: ReadonlySet<string>
  readonly groups: ReadonlySet<string>
  /** Whether programs among the people hold it. */
  readonly bots: boolean
}

/** The rules that can be about something of one name. */
interface Candidates {
  readonly general: readonly Rule[]
  /** Those that are for single people only. */
  readonly byPerson: ReadonlyMap<string, readonly Rule[]>
}

/** A policy ready for use. Made by {@link compilePolicy}. */
export interface Policy {
  /** What is wrong with the configuration; empty for a policy that may be used. */
  readonly complaints: readonly Complaint[]
  /** Something is wrong that may hide any rule: everything is denied. */
  readonly broken: boolean
  readonly admins: ReadonlySet<string>
  readonly roles: ReadonlyMap<string, Role>
  readonly rules: readonly Rule[]
  readonly trustUnverified: ReadonlySet<string>
  readonly requireVerified: boolean
  readonly hideDenied: boolean
  /** Whether the configuration restricts it, whatever its declaration says. */
  adminOnly(name: string): boolean
  /** The rules that can be about something of that name and about that person, in their order. */
  candidates(name: string, person: string | undefined): readonly Rule[]
  /** Whether both are accounts of one human being, as far as the configuration knows. */
  sameHuman(a: string, b: string): boolean
}

export interface CompileOptions {
  /** Where the policy stands in the configuration, for complaints. Default `access`. */
  readonly path?: string
  /** The backend instances there are; with them, the name of another is complained about. */
  readonly instances?: ReadonlySet<string>
}

/** Names may come from outside, so what is remembered about them is bounded. */
const MOST_NAMES = 20_000

/** What a role may be called. */
export const ROLE_NAME = /^[a-z0-9][a-z0-9_.-]{0,63}$/

/** Reads the value of the configuration key `access`. Never throws; look at `complaints`. */
export function compilePolicy(value: unknown = {}, options: CompileOptions = {}): Policy {
  const { path = 'access', instances } = options
  // What is wrong with one of these may hide a rule; what is wrong with the others takes a grant away.
  const strict = new PolicyReader(instances)
  const lenient = new PolicyReader(instances)
  const fields = strict.object(value, path, POLICY_KEYS)
  const at = (key: string): [value: unknown, path: string] => [fields[key], below(path, key)]
  const admins = new Set(lenient.people(...at('admins')))
  const adminOnly = strict.commands(...at('adminOnly')) ?? []
  const accounts = strict
    .list(...at('accounts'))
    .map((group, index) => new Set(strict.people(group, below(below(path, 'accounts'), index))))
  const roles = readRoles(strict, lenient, ...at('roles'))
  const rules = strict
    .list(...at('rules'))
    .map((rule, index) => readRule(new PolicyReader(instances), rule, index, below(path, 'rules'), roles))
  const trustUnverified = new Set(lenient.instances(...at('trustUnverified')))
  const requireVerified = lenient.flag(...at('requireVerified'))
  const hideDenied = lenient.flag(...at('hideDenied'))
  const remembered = new Map<string, Candidates>()
  return {
    complaints: [...strict.complaints, ...lenient.complaints, ...rules.flatMap(({ broken }) => broken)],
    broken: strict.complaints.length > 0,
    admins,
    roles,
    rules,
    trustUnverified,
    // What cannot be read counts as the stricter of the two.
    requireVerified: requireVerified ?? fields['requireVerified'] !== undefined,
    hideDenied: hideDenied ?? false,
    adminOnly: (name) => adminOnly.some((glob) => glob.matches(name.toLowerCase())),
    candidates(name, person) {
      let found = remembered.get(name)
      if (found === undefined) {
        if (remembered.size >= MOST_NAMES) remembered.clear()
        found = candidatesFor(name.toLowerCase(), rules)
        remembered.set(name, found)
      }
      const own = person === undefined ? undefined : found.byPerson.get(person)
      return own === undefined ? found.general : [...found.general, ...own].sort((a, b) => a.index - b.index)
    },
    sameHuman: (a, b) => a === b || accounts.some((group) => group.has(a) && group.has(b)),
  }
}

function candidatesFor(name: string, rules: readonly Rule[]): Candidates {
  const general: Rule[] = []
  const byPerson = new Map<string, Rule[]>()
  for (const rule of rules) {
    const { commands, people, roles, systems } = rule.when
    if (commands !== undefined && !commands.some((glob) => glob.matches(name))) continue
    if (people === undefined || roles !== undefined || systems !== undefined) {
      general.push(rule)
      continue
    }
    for (const person of people) {
      const rulesOfPerson = byPerson.get(person)
      if (rulesOfPerson === undefined) byPerson.set(person, [rule])
      else rulesOfPerson.push(rule)
    }
  }
  return { general, byPerson }
}

function readRoles(strict: PolicyReader, lenient: PolicyReader, value: unknown, path: string): ReadonlyMap<string, Role> {
  const roles = new Map<string, Role>()
  for (const [name, role] of Object.entries(strict.object(value, path))) {
    const at = below(path, name)
    const read = lenient.whole(() => {
      const fields = lenient.object(role, at, ROLE_KEYS)
      return {
        people: new Set(lenient.people(fields['people'], below(at, 'people'))),
        groups: new Set(lenient.groups(fields['groups'], below(at, 'groups'))),
        bots: lenient.flag(fields['bots'], below(at, 'bots')) ?? false,
      }
    })
    if (!ROLE_NAME.test(name)) lenient.complain(at, name, 'a name of lower-case letters, digits, "-", "_" and "."')
    // A role nobody can be sure of is left out: a rule that names it cannot be read, and so denies.
    else if (read !== undefined) roles.set(name, read)
  }
  return roles
}

function readRule(reader: PolicyReader, value: unknown, index: number, list: string, roles: ReadonlyMap<string, Role>): Rule {
  const path = below(list, index)
  const fields = reader.object(value, path, RULE_KEYS)
  const effect = fields['effect']
  if (effect !== 'allow' && effect !== 'deny') reader.complain(below(path, 'effect'), effect, '"allow" or "deny"')
  const reason = reader.texts(fields['reason'], below(path, 'reason'))?.join(' ')
  const when = readConditions(reader, fields, path, roles)
  const exceptPath = below(path, 'except')
  const except =
    fields['except'] === undefined
      ? undefined
      : reader.whole(() => readConditions(reader, reader.object(fields['except'], exceptPath, EXCEPT_KEYS), exceptPath, roles))
  return {
    index,
    path,
    text: `${path} (${inWords(fields)})`,
    effect: effect === 'allow' ? 'allow' : 'deny',
    when,
    ...(except === undefined ? {} : { except }),
    ...(reason === undefined ? {} : { reason }),
    broken: reader.complaints,
  }
}

/** A condition of which any part cannot be read is left out, so that it excludes nothing. */
function readConditions(reader: PolicyReader, fields: Fields, path: string, roles: ReadonlyMap<string, Role>): Conditions {
  const at = (key: string): [value: unknown, path: string] => [fields[key], below(path, key)]
  const set = (items: readonly string[] | undefined): ReadonlySet<string> | undefined => items && new Set(items)
  const read = {
    // Whom a rule is for is one condition.
    ...reader.whole(() => ({
      people: set(reader.people(...at('people'))),
      roles: reader.roles(...at('roles'), roles),
      systems: reader.globs(...at('systems')),
    })),
    commands: reader.whole(() => reader.commands(...at('commands'))),
    kinds: reader.whole(() => set(reader.kinds(...at('kinds')))),
    rooms: reader.whole(() => reader.rooms(...at('rooms'))),
    instances: reader.whole(() => set(reader.instances(...at('instances')))),
    private: reader.flag(...at('private')),
    bots: reader.flag(...at('bots')),
    args: reader.whole(() => reader.globs(...at('args'))),
  }
  return Object.fromEntries(Object.entries(read).filter(([, condition]) => condition !== undefined))
}

/** A rule as its writer would know it again. */
function inWords(fields: Fields): string {
  return Object.entries(fields)
    .map(([key, value]) => `${key}: ${Array.isArray(value) ? value.map((item) => show(item)).join(', ') : show(value)}`)
    .join('; ')
}

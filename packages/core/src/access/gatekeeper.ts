import type { Clock, Logger, Random } from '../contract/environment.ts'
import { BotError } from '../contract/errors.ts'
import { isDirect, type ActionEvent, type Message } from '../contract/events.ts'
import { roomOf } from '../contract/identifier.ts'
import type { CommandAccess } from '../contract/plugin.ts'
import type { Store, Write } from '../contract/store.ts'
import { AuditLog } from './audit.ts'
import { refusalOf, REFUSALS } from './explain.ts'
import { decide, type AccessRequest, type Decision } from './gate.ts'
import { openRoleGrants, type RoleGrants } from './roles.ts'
import { compilePolicy, type Policy } from './rules.ts'

export interface GatekeeperOptions {
  /** The configuration's `access`. */
  readonly access: unknown
  readonly instances: ReadonlySet<string>
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

/** What somebody wants to call. */
export interface Wanted {
  readonly kind: 'command' | 'action'
  /** `plugin:command`. */
  readonly name: string
  readonly access?: CommandAccess
  readonly where?: 'anywhere' | 'private' | 'room'
  /** As typed. */
  readonly args?: string
}

/** An answer of the gate. */
export interface Admission {
  readonly allowed: boolean
  /** What the asker may be told. */
  readonly refusal: string
  /** Whether the asker shall not even learn that there is such a thing. */
  readonly hidden: boolean
  /** What keeps the decision in the audit record; to be committed with the effect. */
  readonly record: readonly Write[]
}

/** The bot's gate at work: the policy of its configuration, the roles granted in chat, and the audit record. */
export class Gatekeeper {
  readonly #options: GatekeeperOptions
  readonly #policy: Policy
  readonly #audit: AuditLog
  #grants: RoleGrants | undefined

  /** Throws `BOT_CONFIG` where the policy is not in order: an access rule that nobody understands must not run. */
  constructor(options: GatekeeperOptions) {
    this.#options = options
    this.#policy = compilePolicy(options.access ?? {}, { instances: options.instances })
    const lines = this.#policy.complaints.map(({ path, text }) => `  ${path}: ${text}`)
    if (lines.length > 0) throw new BotError('BOT_CONFIG', `The access rules are not in order:\n${lines.join('\n')}`)
    this.#audit = new AuditLog({ chain: 'bot', clock: options.clock, random: options.random })
  }

  /** Loads what was granted in chat. */
  async open(): Promise<void> {
    const { store, clock } = this.#options
    this.#grants = await openRoleGrants({ store, clock, audit: this.#audit })
  }

  /** Decides about a call. `asking`: nobody calls it yet, help only asks what there is to call. */
  async admit(wanted: Wanted, message: Message | ActionEvent, asking = false): Promise<Admission> {
    const grants = this.#grants
    await grants?.fresh()
    const { name, kind, access = 'everyone', where = 'anywhere', args } = wanted
    const room = roomOf(message.to)
    const request: AccessRequest = {
      what: { kind, name, access, where, ...(args === undefined ? {} : { args }) },
      who: message.from,
      instance: message.from.instance,
      ...(room === undefined ? {} : { room }),
      private: isDirect(message),
      now: this.#options.clock.now(),
    }
    const decision = decide(request, this.#policy, {
      grantsOf: (person, now) => grants?.rolesOf(person, now) ?? [],
      anyArgs: asking,
    })
    if (decision.error !== undefined) this.#options.log.error({ err: decision.error, command: name }, 'an access rule failed, so it denies')
    const { code, reason } = refusalOf(decision, request)
    return {
      allowed: decision.allowed,
      refusal: reason ?? REFUSALS[code],
      hidden: this.#policy.hideDenied,
      record: asking ? [] : this.#recordOf(decision, request),
    }
  }

  /** Denials are kept, and what was allowed because of who asked; what is open to everyone is not. */
  #recordOf(decision: Decision, { what, who, room }: AccessRequest): readonly Write[] {
    if (decision.allowed && decision.code === 'everyone') return []
    return this.#audit.entryWrites({
      kind: what.kind,
      who,
      what: what.name,
      where: room ?? 'private',
      decision: decision.allowed ? 'allowed' : 'denied',
      code: decision.code,
      ...(decision.rule === undefined ? {} : { rule: decision.rule.path }),
      ...(what.args === undefined ? {} : { args: what.args }),
    })
  }
}

import type { Clock } from './contract/environment.ts'
import { BotError } from './contract/errors.ts'
import { isDirect, type Message } from './contract/events.ts'
import { nameOf, personOf, type Identifier, type Person } from './contract/identifier.ts'
import type { Json } from './contract/events.ts'
import type { Store, Write } from './contract/store.ts'
import { RateLimiter } from './access/limits.ts'
import type { Gatekeeper, Wanted } from './access/gatekeeper.ts'
import type { MarkdownText } from './contract/content.ts'
import type { Backend } from './contract/backend.ts'
import type { CommandArguments } from './contract/plugin.ts'
import { md } from './content/md.ts'
import { recall, remember, type History } from './commands/history.ts'
import { parseText } from './commands/parse.ts'
import { readInvocation, type PrefixSettings } from './commands/prefix.ts'
import { suggest } from './commands/suggest.ts'
import { commandHelp, usageLine } from './commands/usage.ts'
import { namesOf, type Command } from './commands/table.ts'
import type { Registry } from './plugins/registry.ts'

const HISTORY = 'core/history'

export interface CallingOptions {
  readonly registry: Registry
  readonly prefixes: PrefixSettings
  readonly gate: Gatekeeper
  readonly store: Store
  readonly clock: Clock
  /** Where people's days begin, for dates in arguments. Default: the machine's. */
  readonly timeZone?: string | undefined
}

/** What a message asks of the bot. */
export type Call =
  /** Run this. `writes` are committed with it. */
  | {
      readonly do: 'run'
      readonly command: Command
      readonly text: string
      readonly args: CommandArguments
      readonly writes: readonly Write[]
    }
  /** Say this instead. */
  | { readonly do: 'say'; readonly text: MarkdownText; readonly writes: readonly Write[] }

/** From a message to the command it calls, by prefix, name, gate, rate and arguments, in this order: what somebody may not call tells nothing of its arguments. */
export class Calling {
  readonly #options: CallingOptions
  readonly #rates: RateLimiter

  constructor(options: CallingOptions) {
    this.#options = options
    this.#rates = new RateLimiter({ clock: options.clock })
  }

  /** Resolves to undefined where the message asks nothing of the bot. */
  async read(message: Message, backend: Backend, bot: Person | undefined): Promise<Call | undefined> {
    const { prefixes, registry } = this.#options
    const botNames = bot === undefined ? [] : [nameOf(bot), bot.person]
    const invocation = readInvocation(message.body, prefixes, { direct: isDirect(message), botNames })
    if (invocation === undefined) return undefined
    if (invocation.kind === 'recall') return this.#again(message, backend, invocation.back)
    const match = registry.commands.match(invocation.text)
    if (match !== undefined) return this.#call(match.command, match.text, message, backend)
    return invocation.prefixed ? this.#unknown(invocation.text, message) : undefined
  }

  /** The commands that the speaker may call, for help, completion and suggestions. */
  async permitted(message: Message): Promise<readonly Command[]> {
    const open: Command[] = []
    for (const command of this.#options.registry.commands.list()) {
      if (command.definition.hidden === true) continue
      if ((await this.#options.gate.admit(wantedOf(command), message, true)).allowed) open.push(command)
    }
    return open
  }

  async #again(message: Message, backend: Backend, back: number): Promise<Call | undefined> {
    const { registry, prefixes } = this.#options
    const entry = recall(await this.#history(message), back)
    const command = entry === undefined ? undefined : registry.commands.get(entry.command)
    if (entry !== undefined && command !== undefined) return this.#call(command, entry.text, message, backend)
    return say(md`There is no such call to repeat. "${prefixes.prefix}${prefixes.prefix}" repeats your last one.`)
  }

  async #call(command: Command, text: string, message: Message, backend: Backend): Promise<Call | undefined> {
    const { clock, gate, prefixes, timeZone } = this.#options
    const { definition, name } = command
    const admission = await gate.admit({ ...wantedOf(command), args: text }, message)
    if (!admission.allowed) {
      return admission.hidden ? this.#unknown(name, message, admission.record) : say(md`${admission.refusal}`, admission.record)
    }
    if (definition.rateLimit !== undefined) {
      const { count, perMs } = definition.rateLimit
      const rate = this.#rates.take(name, personOf(message.from)?.id ?? message.from.id, { limit: count, perMs })
      if (!rate.ok) return say(md`That is called too often. Try again in ${Math.ceil(rate.retryAfterMs / 1000)} s.`)
    }
    const line = { lead: `${prefixes.prefix}${name} `, usage: usageLine(command, prefixes.prefix) }
    const parsed = await parseText(command.grammar, text, {
      now: clock.now(),
      ...(timeZone === undefined ? {} : { timeZone }),
      line,
      resolve: (kind, address) => resolveAddress(backend, kind, address),
    })
    if (parsed.ok) {
      return { do: 'run', command, text, args: parsed.args, writes: [...admission.record, ...this.#remembering(message, command, text)] }
    }
    return say(parsed.help ? commandHelp(command, prefixes.prefix) : parsed.error.text)
  }

  async #unknown(text: string, message: Message, writes: readonly Write[] = []): Promise<Call | undefined> {
    const { prefix } = this.#options.prefixes
    const words = text.split(/\s+/)
    // `!!!` or `!?` is chatter.
    if (!/^[\p{L}\p{N}]/u.test(words[0] ?? '')) return undefined
    const names = (await this.permitted(message)).flatMap((command) => namesOf(command))
    const close = [words.slice(0, 2).join(' '), words[0] ?? ''].flatMap((typed) => suggest(typed, names))
    const [first] = close
    const hint = first === undefined ? md`"${prefix}help" lists what there is.` : md`Did you mean "${prefix}${first}"?`
    return say(md`There is no command "${prefix}${words[0]}". ${hint}`, writes)
  }

  async #history(message: Message): Promise<History> {
    const stored = await this.#options.store.get(HISTORY, historyKey(message))
    return (stored ?? []) as unknown as History
  }

  #remembering(message: Message, command: Command, text: string): readonly Write[] {
    if (command.definition.historize === false) return []
    const update = (current: Json | undefined): Json => remember((current ?? []) as unknown as History, command, text) as unknown as Json
    return [{ op: 'kv.update', ns: HISTORY, key: historyKey(message), update }]
  }
}

function wantedOf({ name, plugin, definition }: Command): Wanted {
  const { access, where } = definition
  return {
    kind: 'command',
    name: `${plugin}:${name}`,
    ...(access === undefined ? {} : { access }),
    ...(where === undefined ? {} : { where }),
  }
}

function historyKey({ from }: Message): string {
  return personOf(from)?.id ?? from.id
}

function say(text: MarkdownText, writes: readonly Write[] = []): Call {
  return { do: 'say', text, writes }
}

/** Whom or what an argument means. A room has to be one, and a person too. */
async function resolveAddress(backend: Backend, kind: 'person' | 'room', address: string): Promise<Identifier> {
  const found = await backend.buildIdentifier(address)
  const fits = kind === 'room' ? found.kind === 'room' : found.kind !== 'room'
  if (!fits) throw new BotError('BOT_ADDRESS_UNKNOWN', `"${address}" is not a ${kind}.`)
  return found
}

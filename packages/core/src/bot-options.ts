import type { Clock, Logger, Random } from './contract/environment.ts'
import type { BackendModule, ListenerModule, SinkModule, StoreModule } from './contract/module.ts'
import type { Plugin } from './contract/plugin.ts'
import type { SinkCoreOptions } from './contract/sink.ts'
import type { PrefixSettings } from './commands/prefix.ts'
import type { Redactor } from './environment/redact.ts'

/* eslint-disable @typescript-eslint/no-explicit-any -- the options of a module are known only to its schema, which checks them */

/** What `createBot` takes: modules, not names. `bot start` makes it from the configuration file. */
export interface BotOptions {
  /** Default `bot`. */
  readonly name?: string
  /** What stands in front of a command. Default `!`. */
  readonly prefix?: string
  /** How else commands may be called. */
  readonly commands?: CommandSettings
  /** Who may do what: the access policy (docs/access.md). Default: everybody may call what is not declared otherwise, and nobody is an admin. */
  readonly access?: unknown
  /** Relative paths start here. Default: the folder the process was started in. */
  readonly appDir?: string
  /** Where the bot keeps what it must not forget. Default `data` in the application's folder. */
  readonly dataDir?: string
  /** Default: SQLite in the data directory. */
  readonly store?: { readonly module: 'memory' | 'sqlite' | StoreModule<any>; readonly options?: unknown }
  /** By instance name, which is permanent: it stands in every identifier. */
  readonly backends?: Readonly<Record<string, { readonly module: BackendModule<any>; readonly options?: unknown }>>
  readonly sinks?: Readonly<
    Record<string, { readonly module: SinkModule<any>; readonly options?: unknown; readonly core?: SinkCoreOptions }>
  >
  readonly listeners?: Readonly<Record<string, { readonly module: ListenerModule<any>; readonly options?: unknown }>>
  readonly plugins?: readonly (Plugin<any> | { readonly plugin: Plugin<any>; readonly config?: unknown })[]
  /** Default: JSON lines on standard error. */
  readonly log?: Logger
  /** Knows the secrets that `log` masks; the secrets of options and sinks are added to it. Default: one of the bot's own, used by the default log. */
  readonly redactor?: Redactor
  /** Default: the machine's own. */
  readonly environment?: { readonly clock: Clock; readonly random: Random }
  readonly limits?: Partial<BotLimits>
}

export interface CommandSettings extends Omit<PrefixSettings, 'prefix'> {
  /** The time zone of dates in arguments, such as `Europe/Berlin`. Default: the machine's. */
  readonly timeZone?: string
}

/** Bounds of one bot. */
export interface BotLimits {
  /** Events accepted and not yet handled; beyond it senders are told to wait. */
  readonly backlog: number
  /** Events and messages held in memory; the rest waits in the store. */
  readonly inMemory: number
  /** Handlers running at once. */
  readonly concurrency: number
  /** How long one handler may run before its signal is aborted, in milliseconds. */
  readonly handlerMs: number
  /** How long a stop waits for what is under way, in milliseconds. */
  readonly stopMs: number
  /** How long finished deliveries, and with them the memory of repeats, are kept, in milliseconds. */
  readonly retentionMs: number
  /** The most bytes of one file that is sent or fetched. */
  readonly fileBytes: number
}

export const DEFAULT_LIMITS: BotLimits = {
  backlog: 100_000,
  inMemory: 10_000,
  concurrency: 256,
  handlerMs: 60_000,
  stopMs: 5_000,
  retentionMs: 30 * 24 * 60 * 60 * 1000,
  fileBytes: 25 * 1024 * 1024,
}

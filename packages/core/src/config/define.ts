import type { AccessPolicyConfig } from '../access/policy.ts'
import type { BotLimits, CommandSettings } from '../bot-options.ts'
import type { LogLevel } from '../contract/environment.ts'
import type { SinkCoreOptions } from '../contract/sink.ts'

/** A value that stands elsewhere: in an environment variable, or in a file. Allowed wherever an option takes a text. */
export type Reference = { readonly env: string } | { readonly file: string }

/** An extension in use: which one, and its own options beside. */
export interface ExtensionConfig {
  /** The extension's name, its package, or a path that begins with `./`. */
  readonly use: string
  readonly [option: string]: unknown
}

/** The configuration of a bot: what `bot.config.ts` exports by default. `docs/configuration.md` explains each key. */
export interface BotConfig {
  /** Default `bot`. */
  readonly name?: string
  /** What stands in front of a command. Default `!`. */
  readonly prefix?: string
  /** How else commands may be called: other prefixes, without one in private, and the time zone of dates. */
  readonly commands?: CommandSettings
  /** Who may do what. */
  readonly access?: AccessPolicyConfig
  /** Default `data`. */
  readonly dataDir?: string
  /** Default `sqlite`. */
  readonly store?: 'sqlite' | 'memory' | ExtensionConfig
  /** By instance name, which is permanent: it stands in every identifier. */
  readonly backends?: Readonly<Record<string, ExtensionConfig>>
  readonly sinks?: Readonly<Record<string, ExtensionConfig & SinkCoreOptions>>
  /** What listens for others to be mounted on; `use` is `https` where it is left out. */
  readonly listeners?: Readonly<Record<string, { readonly use?: string; readonly [option: string]: unknown }>>
  /** Plugins by name: their configuration, or whether they run. What lies in the folder `plugins` runs unless it says `false` here. */
  readonly plugins?: Readonly<Record<string, boolean | { readonly use?: string; readonly [option: string]: unknown }>>
  readonly log?: { readonly level?: LogLevel; readonly pretty?: boolean; readonly file?: string }
  /** Folders of extensions that are not among the application's dependencies, each with a package.json. */
  readonly paths?: readonly string[]
  readonly limits?: Partial<BotLimits>
  /** The older way to write sinks, kept for existing configurations: one entry, or a list. Only on this machine's own address. */
  readonly jsonrpc?: JsonRpcEntry | readonly JsonRpcEntry[]
}

export interface JsonRpcEntry {
  /** The PEM file with certificate and key. */
  readonly certfile: string
  readonly module: string
  /** The address to listen on. */
  readonly name: string
  readonly port: number
}

/** Gives `bot.config.ts` its types. Returns what it is given. */
export function defineConfig(config: BotConfig): BotConfig {
  return config
}

import type { Backend, BackendHost } from './backend.ts'
import type { Content } from './content.ts'
import type { Clock, Logger, Random } from './environment.ts'
import type { HttpHost } from './http.ts'
import type { Sink, SinkHost } from './sink.ts'
import type { Store } from './store.ts'

/** The number of this contract. An extension says in its manifest which one it was written for; another number is refused at start. */
export const CONTRACT = 1

export type ExtensionKind = 'backend' | 'sink' | 'store' | 'listener' | 'plugin'

/** The `"bot"` field of an extension's package.json: one, or a list of them. */
export interface ExtensionManifest {
  readonly kind: ExtensionKind
  /** What the configuration calls it. */
  readonly name: string
  readonly contract: number
}

/**
 * JSON Schema for the options. TypeBox makes such schemas; any other maker will do. The core reads two annotations: `secret: true` (masked
 * everywhere) and `env: "NAME"` (the environment variable used where the option is left out). Defaults stand in the schema only.
 */
export type OptionsSchema = object

interface ModuleBase {
  readonly name: string
  readonly contract: number
  readonly options?: OptionsSchema
  /** Subcommands this extension adds to `bot`. */
  readonly cli?: readonly CliCommand[]
  /** Checks this extension adds to `bot doctor`. */
  readonly doctor?: readonly DoctorCheck[]
}

/** The default export of a backend package. */
export interface BackendModule<Options = never> extends ModuleBase {
  readonly kind: 'backend'
  /** It draws on the terminal that the bot was started in; `bot start` then writes its log to a file. */
  readonly terminal?: boolean
  create(options: Options, host: BackendHost): Backend | Promise<Backend>
  /** What a message looks like there, without a connection. Pure. */
  preview(content: Content): Preview
}

export interface Preview {
  readonly type: 'text/plain' | 'text/html' | 'application/json'
  readonly body: string
}

/** The default export of a sink package. */
export interface SinkModule<Options = never> extends ModuleBase {
  readonly kind: 'sink'
  create(options: Options, host: SinkHost): Sink | Promise<Sink>
}

/** The default export of a store package. */
export interface StoreModule<Options = never> extends ModuleBase {
  readonly kind: 'store'
  create(options: Options, host: StoreHost): Store
}

export interface StoreHost {
  readonly log: Logger
  readonly clock: Clock
  /** The bot's data directory. */
  readonly dataDir: string
}

/** The default export of a package that can listen. */
export interface ListenerModule<Options = never> extends ModuleBase {
  readonly kind: 'listener'
  /** Resolves when it listens; rejects with a `LISTENER_` code. */
  create(options: Options, host: ListenerHost): Promise<HttpHost>
}

export interface ListenerHost {
  /** The listener's name in the configuration, for messages. */
  readonly name: string
  readonly log: Logger
  readonly clock: Clock
  readonly random: Random
  /** Relative paths start here. */
  readonly appDir: string
}

/** What any of the packages exports. Plugins have their own shape: see `definePlugin`. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the options of an unknown module are known only to its schema
export type ExtensionModule = BackendModule<any> | SinkModule<any> | StoreModule<any> | ListenerModule<any>

/** A subcommand of `bot` that an extension brings. */
export interface CliCommand {
  /** One word or several: `generate-certificate`, `sink test`. */
  readonly name: string
  readonly description: string
  /** Positional arguments and options for `node:util`'s parseArgs. */
  readonly usage: string
  readonly options?: Readonly<Record<string, CliOption>>
  /** Resolves to the exit code. */
  run(context: CliContext): Promise<number>
}

export interface CliOption {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  readonly multiple?: boolean
  readonly description: string
  readonly default?: string | boolean
}

export interface CliContext {
  readonly args: readonly string[]
  readonly options: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>
  /** The folder the command was run in. */
  readonly cwd: string
  readonly clock: Clock
  readonly random: Random
  /** Writes a line to standard output. */
  print(line: string): void
  /** Writes a line to standard error. */
  warn(line: string): void
  readonly json: boolean
}

export interface DoctorFinding {
  readonly ok: boolean
  /** What was looked at, in a few words. */
  readonly what: string
  /** What was found, and what to do where it is not well. */
  readonly detail: string
}

export interface DoctorCheck {
  readonly name: string
  /** `configured` holds each use of this extension in the configuration: its name there and its checked options. Secrets are masked. */
  run(context: {
    readonly appDir: string
    readonly clock: Clock
    readonly configured: readonly { readonly name: string; readonly options: Readonly<Record<string, unknown>> }[]
  }): Promise<readonly DoctorFinding[]>
}

import type { BotOptions } from '../bot-options.ts'
import type { BackendModule, ExtensionKind, ListenerModule, SinkModule, StoreModule } from '../contract/module.ts'
import { BotError, codeOf } from '../contract/errors.ts'
import type { Plugin } from '../contract/plugin.ts'
import { findExtension } from '../discovery/find.ts'
import { installedExtensions, type Extension, type Installed } from '../discovery/installed.ts'
import { loadExtension, type Loaded } from '../discovery/load.ts'
import type { Complaint } from './complaint.ts'
import { isObject, type Fields } from './json-schema.ts'
import type { LoadedConfig } from './load.ts'
import { optionsError, reviewOptions } from './options.ts'

/** One use of an extension in a configuration. */
export interface Use {
  readonly kind: ExtensionKind
  /** Its name in the configuration. */
  readonly name: string
  /** Where it stands there: `backends.web`. */
  readonly path: string
  readonly extension: Extension
  readonly module: Loaded
  /** Checked, with references followed and defaults filled in. Holds secrets. */
  readonly options: unknown
}

export interface ResolvedConfig {
  readonly installed: Installed
  readonly uses: readonly Use[]
  /** What stops a start: one error for each extension that cannot be loaded, one for everything that is wrong with options. */
  readonly problems: readonly BotError[]
}

interface Wanted {
  readonly kind: ExtensionKind
  readonly name: string
  readonly path: string
  readonly use: string
  readonly options: Fields
}

const BUILT_IN_STORES: ReadonlySet<string> = new Set(['sqlite', 'memory'])

/** Finds and imports every extension the configuration names, and checks its options. Problems are collected, so that all are seen at once. */
export async function resolveConfig(config: LoadedConfig, secret: (value: string) => void): Promise<ResolvedConfig> {
  const installed = installedExtensions(config.appDir, config.paths)
  const uses: Use[] = []
  const problems: BotError[] = []
  const complaints: Complaint[] = []
  for (const wanted of wantedBy(config, installed)) {
    const { kind, name, path } = wanted
    try {
      const extension = findExtension(installed, kind, wanted.use)
      const module = await loadExtension(extension)
      const schema = module.kind === 'plugin' ? module.config : module.options
      const { env, appDir } = config
      const review = await reviewOptions(schema, wanted.options, { path, env, appDir, secret })
      complaints.push(...review.complaints)
      uses.push({ kind, name, path, extension, module, options: review.value })
    } catch (error) {
      const code = codeOf(error)
      if (code === undefined) throw error
      const { message } = error as BotError
      problems.push(new BotError(code, `${path}: ${message}`, { cause: (error as BotError).cause }))
    }
  }
  if (BUILT_IN_STORES.has(config.store.use) && Object.keys(config.store.options).length > 0) {
    complaints.push({ path: 'store', text: `"${config.store.use}" takes no options; "dataDir" says where it lies.` })
  }
  if (complaints.length > 0) problems.push(optionsError(complaints))
  return { installed, uses, problems }
}

/** The problems as one error: the first one's code, and all their messages. Undefined where there is none. */
export function problemsError(problems: readonly BotError[]): BotError | undefined {
  const [first] = problems
  if (first === undefined || problems.length === 1) return first
  return new BotError(first.code, problems.map(({ message }) => message).join('\n'), { cause: first.cause })
}

/** What `createBot` takes, once nothing stops the start; else throws the problems as one error. */
export function botOptions(config: LoadedConfig, { uses, problems }: ResolvedConfig): BotOptions {
  const problem = problemsError(problems)
  if (problem !== undefined) throw problem
  const of = <M>(kind: ExtensionKind): Record<string, { module: M; options: unknown }> =>
    Object.fromEntries(uses.filter((use) => use.kind === kind).map((use) => [use.name, { module: use.module as M, options: use.options }]))
  /* eslint-disable @typescript-eslint/no-explicit-any -- the options of a module are known only to its schema, which has checked them */
  const sinks = Object.entries(of<SinkModule<any>>('sink')).map(([name, sink]) => [name, { ...sink, core: config.sinks[name]?.core ?? {} }])
  const store = of<StoreModule<any>>('store')['store']
  return {
    name: config.name,
    prefix: config.prefix,
    commands: config.commands,
    access: config.access,
    appDir: config.appDir,
    dataDir: config.dataDir,
    store: store ?? { module: config.store.use as 'sqlite' | 'memory' },
    backends: of<BackendModule<any>>('backend'),
    sinks: Object.fromEntries(sinks) as NonNullable<BotOptions['sinks']>,
    listeners: of<ListenerModule<any>>('listener'),
    plugins: Object.values(of<Plugin<any>>('plugin')).map(({ module, options }) => ({ plugin: module, config: options })),
    limits: config.limits,
  }
  /* eslint-enable @typescript-eslint/no-explicit-any */
}

/** Listeners come first: they are what the rest is mounted on. */
function wantedBy(config: LoadedConfig, installed: Installed): Wanted[] {
  const of = (kind: ExtensionKind, section: 'backends' | 'sinks' | 'listeners'): Wanted[] =>
    Object.entries(config[section]).map(([name, { use, options }]) => ({ kind, name, path: `${section}.${name}`, use, options }))
  const store: Wanted[] = BUILT_IN_STORES.has(config.store.use)
    ? []
    : [{ kind: 'store', name: 'store', path: 'store', use: config.store.use, options: config.store.options }]
  return [
    ...store,
    ...of('listener', 'listeners'),
    ...of('backend', 'backends'),
    ...of('sink', 'sinks'),
    ...wantedPlugins(config, installed),
  ]
}

/** What the configuration names, and what lies in the application's folder `plugins` unless it is switched off. */
function wantedPlugins(config: LoadedConfig, installed: Installed): Wanted[] {
  const local = installed.extensions.filter(({ kind, contract }) => kind === 'plugin' && contract === undefined).map(({ name }) => name)
  return [...new Set([...local, ...Object.keys(config.plugins)])].flatMap((name) => {
    const entry = config.plugins[name] ?? { enabled: true, options: {} }
    return entry.enabled ? [{ kind: 'plugin' as const, name, path: `plugins.${name}`, use: entry.use ?? name, options: entry.options }] : []
  })
}

/** Options with everything masked that the schema marks as secret, for people and for the checks of extensions. */
export function maskedOptions(use: Use, redact: (text: string) => string): Fields {
  const masked = (value: unknown): unknown => {
    if (typeof value === 'string') return redact(value)
    if (Array.isArray(value)) return value.map(masked)
    return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, masked(item)])) : value
  }
  return masked(use.options) as Fields
}

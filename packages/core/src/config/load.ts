import { resolve } from 'node:path'

import type { BotLimits, CommandSettings } from '../bot-options.ts'
import type { LogLevel } from '../contract/environment.ts'
import { BotError } from '../contract/errors.ts'
import type { SinkCoreOptions } from '../contract/sink.ts'
import { below, complaintLines, FORBIDDEN_KEYS, show, type Complaint } from './complaint.ts'
import type { BotConfig } from './define.ts'
import { findConfigFile, readConfigFile, withEnvFile } from './file.ts'
import { jsonRpcSinks } from './jsonrpc.ts'
import { isObject, type Fields } from './json-schema.ts'
import { reviewOptions } from './options.ts'

/** An extension that the configuration names, with its options as they stand there: not yet checked, references not yet followed. */
export interface Entry {
  readonly use: string
  readonly options: Fields
}

export interface SinkEntry extends Entry {
  readonly core: SinkCoreOptions
}

export interface PluginEntry {
  readonly enabled: boolean
  readonly use?: string
  readonly options: Fields
}

/** A configuration whose own keys are checked. */
export interface LoadedConfig {
  readonly file: string
  readonly appDir: string
  /** The environment with what stands in `.env`. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly name: string
  readonly prefix: string
  readonly commands: CommandSettings
  readonly access: unknown
  /** Absolute. */
  readonly dataDir: string
  readonly store: Entry
  readonly backends: Readonly<Record<string, Entry>>
  readonly sinks: Readonly<Record<string, SinkEntry>>
  readonly listeners: Readonly<Record<string, Entry>>
  readonly plugins: Readonly<Record<string, PluginEntry>>
  readonly log: { readonly level: LogLevel; readonly pretty?: boolean; readonly file?: string }
  /** Absolute. */
  readonly paths: readonly string[]
  readonly limits: Partial<BotLimits>
  /** What the operator should know, and can start with all the same. */
  readonly warnings: readonly string[]
}

export interface LoadOptions {
  /** Another file than the usual ones. */
  readonly file?: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Told every secret, so that it can be masked. */
  secret(value: string): void
}

/**
 * Reads the configuration of the application in this folder. Rejects with `BOT_CONFIG_NOT_FOUND`, `BOT_CONFIG_LOAD`, or `BOT_CONFIG` with one line
 * for everything that is wrong (`BOT_SECRET_MISSING` where only secrets are missing).
 */
export async function loadConfig(appDir: string, options: LoadOptions): Promise<LoadedConfig> {
  const file = findConfigFile(appDir, options.file)
  const env = withEnvFile(appDir, options.env)
  const raw = await readConfigFile(file)
  if (!isObject(raw)) throw new BotError('BOT_CONFIG', `The configuration ${file} has to be an object; found ${show(raw)}.`)

  const { ConfigSchema } = await import('./schema.ts')
  const { core, extras, complaints: refused } = split(raw)
  const review = await reviewOptions(ConfigSchema, core, { path: '', env, secret: options.secret, appDir })
  const complaints = [...refused, ...review.complaints]
  if (complaints.length > 0) throw configError(file, complaints)

  const config = review.value as BotConfig &
    Required<Pick<BotConfig, 'name' | 'prefix' | 'commands' | 'dataDir' | 'store' | 'paths' | 'limits'>>
  const old = config.jsonrpc === undefined ? undefined : jsonRpcSinks(config.jsonrpc)
  const sinks = { ...entries(config.sinks, extras.sinks, withCore), ...old?.sinks }
  const wrong = [...(old?.complaints ?? []), ...unknownBackends(sinks, Object.keys(config.backends ?? {}))]
  if (wrong.length > 0) throw configError(file, wrong)

  return {
    file,
    appDir,
    env,
    name: config.name,
    prefix: config.prefix,
    commands: config.commands,
    access: config.access,
    dataDir: resolve(appDir, config.dataDir),
    store:
      typeof config.store === 'string' ? { use: config.store, options: {} } : { use: config.store.use, options: extras.store[''] ?? {} },
    backends: entries(config.backends, extras.backends, plain),
    sinks,
    listeners: entries(config.listeners, extras.listeners, plain),
    plugins: entries(config.plugins, extras.plugins, pluginEntry),
    log: config.log as LoadedConfig['log'],
    paths: config.paths.map((path) => resolve(appDir, path)),
    limits: config.limits,
    warnings: old?.warnings ?? [],
  }
}

function configError(file: string, complaints: readonly Complaint[]): BotError {
  const onlySecrets = complaints.every((complaint) => complaint.missingSecret === true)
  const mistakes = complaints.length === 1 ? 'a mistake' : `${complaints.length} mistakes`
  return new BotError(
    onlySecrets ? 'BOT_SECRET_MISSING' : 'BOT_CONFIG',
    `The configuration ${file} has ${mistakes}:\n${complaintLines(complaints)}`,
  )
}

const NAMED = ['backends', 'sinks', 'listeners', 'plugins'] as const
type Named = (typeof NAMED)[number]
type Extras = Record<Named | 'store', Record<string, Fields>>

const NAME = /^[a-z0-9][a-z0-9_.-]{0,63}$/
const CORE_KEYS: Readonly<Record<Named | 'store', readonly string[]>> = {
  store: ['use'],
  backends: ['use'],
  sinks: ['use', 'backend', 'conversations', 'aliases'],
  listeners: ['use'],
  plugins: ['use'],
}

/** Parts what the core reads from the options of the extensions, which only their own schemas can judge. Names are checked on the way. */
function split(raw: Fields): { core: Fields; extras: Extras; complaints: Complaint[] } {
  const complaints: Complaint[] = []
  const extras: Extras = { store: {}, backends: {}, sinks: {}, listeners: {}, plugins: {} }
  const core: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(raw)) {
    if (FORBIDDEN_KEYS.has(key)) complaints.push({ path: key, text: 'a key of this name is refused.' })
    else core[key] = value
  }
  for (const section of NAMED) {
    const given = core[section]
    if (!isObject(given)) continue
    const kept: Record<string, unknown> = {}
    for (const [name, entry] of Object.entries(given)) {
      if (!NAME.test(name) || FORBIDDEN_KEYS.has(name)) {
        const allowed = 'a name of lower-case letters, digits, "-", "_" and ".", at most 64 characters'
        complaints.push({ path: below(section, name), text: `found the name ${JSON.stringify(name)}; allowed is ${allowed}.` })
        continue
      }
      kept[name] = take(entry, section, extras[section], name)
    }
    core[section] = kept
  }
  if (core['store'] !== undefined) core['store'] = take(core['store'], 'store', extras.store, '')
  return { core, extras, complaints }
}

function take(entry: unknown, section: Named | 'store', into: Record<string, Fields>, name: string): unknown {
  if (!isObject(entry)) return entry
  const isCore = ([key]: [string, unknown]): boolean => CORE_KEYS[section].includes(key)
  const all = Object.entries(entry)
  into[name] = Object.fromEntries(all.filter((pair) => !isCore(pair)))
  return Object.fromEntries(all.filter(isCore))
}

function entries<In, Out>(
  given: Readonly<Record<string, In>> | undefined,
  extras: Readonly<Record<string, Fields>>,
  make: (entry: In, options: Fields) => Out,
): Record<string, Out> {
  return Object.fromEntries(Object.entries(given ?? {}).map(([name, entry]) => [name, make(entry, extras[name] ?? {})]))
}

function plain(entry: { readonly use?: string }, options: Fields): Entry {
  return { use: entry.use ?? '', options }
}

function withCore(entry: { readonly use: string } & SinkCoreOptions, options: Fields): SinkEntry {
  const { use, backend, conversations, aliases } = entry
  return {
    use,
    options,
    core: {
      ...(backend === undefined ? {} : { backend }),
      ...(conversations === undefined ? {} : { conversations }),
      ...(aliases === undefined ? {} : { aliases }),
    },
  }
}

function pluginEntry(entry: boolean | { readonly use?: string }, options: Fields): PluginEntry {
  if (typeof entry === 'boolean') return { enabled: entry, options: {} }
  return { enabled: true, options, ...(entry.use === undefined ? {} : { use: entry.use }) }
}

function unknownBackends(sinks: Readonly<Record<string, SinkEntry>>, backends: readonly string[]): Complaint[] {
  return Object.entries(sinks).flatMap(([name, { core }]) => {
    if (core.backend === undefined || backends.includes(core.backend)) return []
    const known = backends.length === 0 ? 'there is none' : backends.map((backend) => `"${backend}"`).join(', ')
    return [{ path: `sinks.${name}.backend`, text: `found "${core.backend}"; allowed are the backends of this configuration: ${known}.` }]
  })
}

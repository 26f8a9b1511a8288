import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { BotError } from '../contract/errors.ts'
import type { ExtensionKind, ExtensionManifest } from '../contract/module.ts'

const KINDS: readonly ExtensionKind[] = ['backend', 'sink', 'store', 'listener', 'plugin']
const NAME = /^[a-z0-9][a-z0-9_.-]{0,63}$/
const REFUSED_NAMES: ReadonlySet<string> = new Set(['constructor', 'prototype'])

/** A package on disk, as far as its package.json tells. */
export interface PackageInfo {
  /** Its folder, with links followed. */
  readonly dir: string
  readonly name: string
  readonly version?: string
  /** Whether it says at all that it is an extension. */
  readonly hasManifest: boolean
  readonly manifests: readonly ExtensionManifest[]
  /** The file that an import of the package loads. */
  readonly entry: string
}

/**
 * The folder of an installed package as seen from another folder, or undefined where it is not installed. The one place that uses
 * `findPackageJSON`: Node still calls it young.
 */
export function installedDir(name: string, fromDir: string): string | undefined {
  try {
    const file = findPackageJSON(name, pathToFileURL(join(fromDir, 'package.json')))
    return file === undefined ? undefined : dirname(file)
  } catch {
    // It throws where there is no such package, which is the answer.
    return undefined
  }
}

/** Reads the package in a folder. Throws `BOT_EXTENSION_MANIFEST` where its package.json is absent, not JSON, or has an unusable "bot" field. */
export function readPackage(folder: string): PackageInfo {
  const file = join(folder, 'package.json')
  if (!existsSync(file)) throw manifestError(folder, 'there is no package.json in it')
  let data: unknown
  try {
    data = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw manifestError(folder, 'its package.json is not JSON', cause)
  }
  const fields = fieldsOf(data)
  if (fields === undefined) throw manifestError(folder, 'its package.json is not an object')
  const bot = Object.hasOwn(fields, 'bot') ? fields['bot'] : undefined
  const dir = realpathSync(folder)
  return {
    dir,
    name: typeof fields['name'] === 'string' ? fields['name'] : dir,
    ...(typeof fields['version'] === 'string' ? { version: fields['version'] } : {}),
    hasManifest: bot !== undefined,
    manifests: bot === undefined ? [] : (Array.isArray(bot) ? (bot as unknown[]) : [bot]).map((one) => readManifest(one, folder)),
    entry: join(dir, entryOf(fields)),
  }
}

/** The direct dependencies of an application; none where it has no package.json. Throws `BOT_CONFIG_LOAD` where that is not JSON. */
export function dependenciesOf(appDir: string): readonly string[] {
  const file = join(appDir, 'package.json')
  if (!existsSync(file)) return []
  try {
    return Object.keys(fieldsOf(fieldsOf(JSON.parse(readFileSync(file, 'utf8')))?.['dependencies']) ?? {})
  } catch (cause) {
    throw new BotError('BOT_CONFIG_LOAD', `${file} is not JSON, so the extensions of this application cannot be found. Mend it.`, { cause })
  }
}

export function manifestError(folder: string, problem: string, cause?: unknown): BotError {
  const example = '"bot": { "kind": "backend", "name": "example", "contract": 1 }'
  return new BotError(
    'BOT_EXTENSION_MANIFEST',
    `${folder} is no extension: ${problem}. Its package.json needs a field such as ${example}.`,
    { cause },
  )
}

function readManifest(data: unknown, folder: string): ExtensionManifest {
  const fields = fieldsOf(data)
  if (fields === undefined) throw manifestError(folder, 'its "bot" field is neither an object nor a list of objects')
  const { kind, name, contract } = fields
  if (!KINDS.includes(kind as ExtensionKind)) throw manifestError(folder, `"bot.kind" has to be one of ${KINDS.join(', ')}`)
  if (typeof name !== 'string' || !NAME.test(name) || REFUSED_NAMES.has(name)) {
    throw manifestError(folder, '"bot.name" has to be a name of lower-case letters, digits, "-", "_" and "."')
  }
  if (!Number.isInteger(contract)) throw manifestError(folder, '"bot.contract" has to be the number of the contract it was written for')
  const unknown = Object.keys(fields).filter((key) => !['kind', 'name', 'contract'].includes(key))
  if (unknown.length > 0)
    throw manifestError(
      folder,
      `its "bot" field has keys that do not belong there (${unknown.map((key) => JSON.stringify(key)).join(', ')})`,
    )
  return { kind: kind as ExtensionKind, name, contract: contract as number }
}

/** The file of the package's main entry, relative to its folder, by Node's rules for an import. */
function entryOf(fields: Readonly<Record<string, unknown>>): string {
  const exports = fields['exports']
  const map = fieldsOf(exports)
  const root = map !== undefined && Object.hasOwn(map, '.') ? map['.'] : exports
  const main = typeof fields['main'] === 'string' ? fields['main'] : 'index.js'
  return target(root) ?? main
}

function target(exported: unknown): string | undefined {
  if (typeof exported === 'string') return exported
  if (Array.isArray(exported)) return exported.map(target).find((found) => found !== undefined)
  for (const [condition, value] of Object.entries(fieldsOf(exported) ?? {})) {
    if (!['node', 'import', 'module-sync', 'default'].includes(condition)) continue
    const found = target(value)
    if (found !== undefined) return found
  }
  return undefined
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
}

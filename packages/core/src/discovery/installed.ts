import { existsSync, readdirSync, realpathSync, type Dirent } from 'node:fs'
import { extname, join } from 'node:path'

import type { BotError } from '../contract/errors.ts'
import type { ExtensionKind } from '../contract/module.ts'
import { dependenciesOf, installedDir, manifestError, readPackage, type PackageInfo } from './manifest.ts'

/** An extension that is there, known from its manifest or its place; nothing of it has been imported. */
export interface Extension {
  readonly kind: ExtensionKind
  /** What the configuration calls it. */
  readonly name: string
  /** The number of the contract its manifest names; a file of the application has no manifest. */
  readonly contract?: number
  /** Its package, or its path within the application. */
  readonly package: string
  readonly version?: string
  /** Its folder, or the file itself. */
  readonly dir: string
  /** The file to import. */
  readonly entry: string
  /** The export to take. Default: the default export. */
  readonly exportName?: string
}

export interface Installed {
  readonly appDir: string
  readonly extensions: readonly Extension[]
  /** Dependencies and paths that cannot be used, each with the reason. Only naming one in the configuration makes it an error. */
  readonly broken: readonly { readonly name: string; readonly error: BotError }[]
  /** Direct dependencies that stand in package.json and are not on disk. */
  readonly missing: readonly string[]
  /** Direct dependencies that are no extensions. */
  readonly others: readonly PackageInfo[]
}

const LOCAL_FOLDERS = { backend: 'backends', sink: 'sinks', plugin: 'plugins' } as const satisfies Partial<Record<ExtensionKind, string>>
export const CODE_ENDINGS = ['.ts', '.mts', '.js', '.mjs'] as const

/**
 * What an application could use: its own direct dependencies with a "bot" field, the folders in `paths`, and what lies in its folders `backends`,
 * `sinks` and `plugins`. Imports nothing.
 */
export function installedExtensions(appDir: string, paths: readonly string[] = []): Installed {
  const extensions: Extension[] = []
  const broken: { name: string; error: BotError }[] = []
  const missing: string[] = []
  const others: PackageInfo[] = []
  const seen = new Set<string>()

  const take = (folder: string, name: string, isPath: boolean): void => {
    try {
      const info = readPackage(folder)
      if (seen.has(info.dir)) return
      seen.add(info.dir)
      if (info.hasManifest) extensions.push(...extensionsOf(info))
      else if (isPath) broken.push({ name, error: manifestError(folder, 'its package.json has no "bot" field') })
      else others.push(info)
    } catch (error) {
      broken.push({ name, error: error as BotError })
    }
  }

  for (const name of dependenciesOf(appDir)) {
    const dir = installedDir(name, appDir)
    if (dir === undefined) missing.push(name)
    else take(dir, name, false)
  }
  for (const path of paths) take(path, path, true)
  for (const [kind, folder] of Object.entries(LOCAL_FOLDERS)) {
    const dir = join(appDir, folder)
    for (const found of existsSync(dir) ? readdirSync(dir, { withFileTypes: true }).sort(byName) : []) {
      if (/^[._]/.test(found.name)) continue
      try {
        const extension = localExtension(kind as ExtensionKind, folder, dir, found)
        if (extension !== undefined) extensions.push(extension)
      } catch (error) {
        broken.push({ name: `./${folder}/${found.name}`, error: error as BotError })
      }
    }
  }
  return { appDir, extensions, broken, missing, others }
}

function byName(a: Dirent, b: Dirent): number {
  return a.name < b.name ? -1 : 1
}

export function extensionsOf(info: PackageInfo): Extension[] {
  return info.manifests.map((manifest) => ({
    ...manifest,
    package: info.name,
    ...(info.version === undefined ? {} : { version: info.version }),
    dir: info.dir,
    entry: info.entry,
  }))
}

/** A file, or a folder with an index, among the application's own; undefined where it is neither. */
function localExtension(kind: ExtensionKind, folder: string, dir: string, found: Dirent): Extension | undefined {
  const path = join(dir, found.name)
  const entry = found.isDirectory() ? indexOf(path) : isCode(found.name) ? path : undefined
  if (entry === undefined) return undefined
  const name = found.isDirectory() ? found.name : found.name.slice(0, -extname(found.name).length)
  return { kind, name, package: `./${folder}/${found.name}`, dir: realpathSync(path), entry: realpathSync(entry) }
}

/** The file that stands for a folder of the application: what its package.json says, else its index. */
function indexOf(folder: string): string | undefined {
  if (existsSync(join(folder, 'package.json'))) return readPackage(folder).entry
  return CODE_ENDINGS.map((ending) => join(folder, `index${ending}`)).find((file) => existsSync(file))
}

function isCode(name: string): boolean {
  return CODE_ENDINGS.some((ending) => name.endsWith(ending)) && !/\.(?:test|spec|d)\.m?[tj]s$/.test(name)
}

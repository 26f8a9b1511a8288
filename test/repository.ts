import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** The parts of a package.json that the rules look at. */
export interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly description?: string
  readonly license?: string
  readonly type?: string
  readonly engines?: { readonly node?: string }
  readonly files?: readonly string[]
  readonly bin?: Readonly<Record<string, string>>
  readonly bot?: unknown
  readonly exports?: Readonly<Record<string, string>>
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly publishConfig?: {
    readonly access?: string
    readonly provenance?: boolean
    readonly bin?: Readonly<Record<string, string>>
    readonly exports?: Readonly<Record<string, unknown>>
  }
}

export interface Package {
  /** The folder's name: `backend-web`. */
  readonly folder: string
  /** Where it is, from the repository's root: `packages/backend-web`. */
  readonly path: string
  readonly manifest: Manifest
}

const NOT_OURS = new Set(['node_modules', 'dist', '.git', 'coverage', 'data'])

/** Every file below a folder, from the repository's root, with `/` between the names; without what is installed, built or written at run time. */
export function files(folder = '.'): readonly string[] {
  const found: string[] = []
  for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true })) {
    const name = folder === '.' ? entry.name : `${folder}/${entry.name}`
    if (NOT_OURS.has(entry.name)) continue
    if (entry.isDirectory()) found.push(...files(name))
    else if (entry.isFile()) found.push(name)
  }
  return found
}

export function read(file: string): string {
  return readFileSync(path.join(root, file), 'utf8')
}

export function exists(file: string): boolean {
  return existsSync(path.join(root, file))
}

export function manifestOf(folder: string): Manifest {
  return JSON.parse(read(`${folder}/package.json`)) as Manifest
}

/** The packages of a folder of the workspace, found by reading it: no list to keep. */
export function packagesIn(parent: 'packages' | 'examples'): readonly Package[] {
  return readdirSync(path.join(root, parent), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && exists(`${parent}/${entry.name}/package.json`))
    .map(({ name }) => ({ folder: name, path: `${parent}/${name}`, manifest: manifestOf(`${parent}/${name}`) }))
}

export const packages = packagesIn('packages')
export const examples = packagesIn('examples')

/** Whether a file is program text of ours: TypeScript or JavaScript, not a fixture. */
export function isCode(file: string): boolean {
  return /\.(ts|tsx|js|mjs|cjs)$/.test(file) && !file.includes('/fixtures/')
}

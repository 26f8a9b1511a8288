import path from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { files, isCode, packages, read, type Package } from './repository.ts'

/** What the source of each kind of package may import of ours. The first row that matches a folder counts. See ARCHITECTURE.md. */
const ARROWS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^core$/, []],
  [/^sink-kit$/, ['@bot/core/backend', '@bot/core/validation']],
  [/^testkit$/, ['@bot/core', '@bot/core/backend']],
  [/^(backend|sink)-/, ['@bot/core/backend', '@bot/core/validation', '@bot/sink-kit']],
  [/^store-/, ['@bot/core/backend', '@bot/core/validation']],
  [/^plugin-/, ['@bot/core']],
]

/** The core knows no platform and no web server: what it may import from npm is named here, one by one. */
const CORE_DEPENDENCIES = ['marked', 're2js', 'typebox']

/** Only the command line speaks HTTP in the core, and only as a client. */
const WEB_SERVERS = /^node:(http|https|http2)$/

/** Dev dependencies that a build puts inside the package. */
const BUNDLED: Readonly<Record<string, readonly string[]>> = {
  core: ['marked', 're2js'],
  'sink-kit': ['@peculiar/x509', 'reflect-metadata'],
  'backend-web': ['htm', 'preact'],
}

interface Import {
  readonly file: string
  readonly specifier: string
}

function importsOf(folder: string): readonly Import[] {
  return files(folder)
    .filter(isCode)
    .flatMap((file) => ts.preProcessFile(read(file), true, true).importedFiles.map(({ fileName }) => ({ file, specifier: fileName })))
}

/** `@bot/core` of `@bot/core/backend`, `typebox` of `typebox/compile`. */
function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function allowedOurs({ folder }: Package): readonly string[] {
  const row = ARROWS.find(([pattern]) => pattern.test(folder))
  if (row === undefined) throw new Error(`packages/${folder} is of no known kind: add it to the table of arrows, and to ARCHITECTURE.md.`)
  return row[1]
}

const sources = packages.map((pkg) => ({ pkg, imports: importsOf(`${pkg.path}/src`) }))

describe('what may import what', () => {
  it('finds packages and imports to check', () => {
    expect(packages.length).toBeGreaterThanOrEqual(5)
    expect(sources.flatMap(({ imports }) => imports).length).toBeGreaterThan(50)
    expect(sources.flatMap(({ imports }) => imports).map(({ specifier }) => specifier)).toContain('@bot/core/backend')
  })

  it.each(sources)('$pkg.path imports only what its kind may', ({ pkg, imports }) => {
    const allowed = allowedOurs(pkg)
    expect(imports.filter(({ specifier }) => specifier.startsWith('@bot/') && !allowed.includes(specifier))).toEqual([])
  })

  it.each(sources)('$pkg.path imports from npm only what it installs or bundles', ({ pkg, imports }) => {
    const { dependencies = {}, peerDependencies = {}, optionalDependencies = {} } = pkg.manifest
    const installed = [dependencies, peerDependencies, optionalDependencies].flatMap((block) => Object.keys(block))
    const known = new Set([...installed, ...(BUNDLED[pkg.folder] ?? [])])
    const outside = imports.filter(({ specifier }) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
    expect(outside.filter(({ specifier }) => !known.has(packageName(specifier)))).toEqual([])
  })

  it.each(sources)('$pkg.path stays inside its own src', ({ pkg, imports }) => {
    const relative = imports.filter(({ specifier }) => specifier.startsWith('.'))
    const outside = relative.filter(({ file, specifier }) => {
      const target = path.posix.join(path.posix.dirname(file), specifier)
      return !target.startsWith(`${pkg.path}/src/`) && target !== `${pkg.path}/package.json`
    })
    expect(outside).toEqual([])
  })

  it.each(packages)('the tests of $path reach no other package but through its exports', (pkg) => {
    const outside = importsOf(`${pkg.path}/test`).filter(({ file, specifier }) => {
      return specifier.startsWith('.') && !path.posix.join(path.posix.dirname(file), specifier).startsWith(`${pkg.path}/`)
    })
    expect(outside).toEqual([])
  })

  it('the core imports no web server, no platform and no package of ours', () => {
    const core = sources.find(({ pkg }) => pkg.folder === 'core')
    expect(core?.imports.length).toBeGreaterThan(0)
    const foreign = core?.imports.filter(({ file, specifier }) => {
      if (specifier.startsWith('.')) return false
      if (specifier.startsWith('node:')) return WEB_SERVERS.test(specifier) && !file.startsWith('packages/core/src/cli/')
      return !CORE_DEPENDENCIES.includes(packageName(specifier))
    })
    expect(foreign).toEqual([])
    expect(Object.keys(core?.pkg.manifest.dependencies ?? {}).filter((name) => !CORE_DEPENDENCIES.includes(name))).toEqual([])
  })

  it.each(packages)('$path names our packages in the right block of its package.json', ({ folder, manifest }) => {
    const ours = (block: Readonly<Record<string, string>> = {}): readonly string[] =>
      Object.keys(block).filter((name) => name.startsWith('@bot/'))
    // The core is a peer everywhere: two copies of it in one application would be two sets of contracts.
    expect(ours(manifest.peerDependencies)).toEqual(folder === 'core' ? [] : ['@bot/core'])
    const kits = /^(backend|sink)-/.test(folder) ? ['@bot/sink-kit'] : []
    expect(ours(manifest.dependencies).filter((name) => !kits.includes(name))).toEqual([])
    for (const [name, range] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.peerDependencies })) {
      if (name.startsWith('@bot/')) expect(range, name).toBe('workspace:^')
    }
  })
})

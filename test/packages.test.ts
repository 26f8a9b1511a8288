import { readdirSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { CONTRACT, type ExtensionManifest, type ExtensionModule } from '../packages/core/src/backend.ts'
import { exists, files, manifestOf, packages, examples, read, root, type Package } from './repository.ts'

const REQUIRED = ['README.md', 'package.json', 'src', 'test', 'tsconfig.json', 'tsup.config.ts']
const GENERATED = ['CHANGELOG.md', 'dist', 'node_modules']
const LIFECYCLE = /^(pre|post)?(install|prepare|publish|pack|uninstall|shrinkwrap|version)$|^prepublishOnly$|^dependencies$/

/** What the README of an extension has, each as a heading; see CONTRIBUTING.md. */
const SECTIONS = ['Install', 'Use', 'Options', 'What it can and cannot', 'Limits', 'Errors']

const extensions = packages.flatMap((pkg) => extensionsOf(pkg).map((extension) => ({ ...pkg, extension })))

function extensionsOf({ manifest }: Package): readonly ExtensionManifest[] {
  if (manifest.bot === undefined) return []
  return (Array.isArray(manifest.bot) ? manifest.bot : [manifest.bot]) as readonly ExtensionManifest[]
}

/** Where a source lands when it is built. */
function built(source: string): string {
  return source.replace('./src/', './dist/').replace(/\.ts$/, '.js')
}

describe('the shape of a package', () => {
  it('finds packages and extensions to check', () => {
    expect(packages.map(({ folder }) => folder)).toContain('core')
    expect(extensions.length).toBeGreaterThanOrEqual(4)
  })

  it.each(packages)('$path holds the expected files and nothing more', ({ path: folder }) => {
    const names = readdirSync(path.join(root, folder)).filter((name) => !GENERATED.includes(name))
    expect(names.toSorted()).toEqual(REQUIRED)
  })

  it.each(packages)('$path has a complete package.json', ({ folder, manifest }) => {
    expect(manifest).toMatchObject({
      name: `@bot/${folder}`,
      license: 'MIT',
      type: 'module',
      engines: { node: '>=22.19' },
      files: ['dist'],
      publishConfig: { access: 'public', provenance: true },
    })
    expect(manifest.description).toMatch(/^[A-Z].*\.$/)
    expect(manifest.private).toBeUndefined()
    expect(Object.keys(manifest.scripts ?? {}).filter((name) => LIFECYCLE.test(name))).toEqual([])
  })

  it.each(packages)('$path exports in publishConfig what it exports in the repository', ({ path: folder, manifest }) => {
    const { exports = {}, bin, publishConfig } = manifest
    expect(exports['./package.json']).toBe('./package.json')
    const expected = Object.fromEntries(
      Object.entries(exports).map(([name, target]) => {
        if (!target.startsWith('./src/')) return [name, target]
        return [name, { types: built(target).replace(/\.js$/, '.d.ts'), default: built(target) }]
      }),
    )
    expect(publishConfig?.exports).toEqual(expected)
    expect(publishConfig?.bin).toEqual(bin && Object.fromEntries(Object.entries(bin).map(([name, target]) => [name, built(target)])))
    for (const target of [...Object.values(exports), ...Object.values(bin ?? {})]) {
      expect(exists(path.posix.join(folder, target)), target).toBe(true)
    }
  })

  it.each(packages)('$path says in its "bot" field what it is', (pkg) => {
    const kind = /^(backend|sink|store|plugin)-(?!kit$)(.+)$/.exec(pkg.folder)
    if (kind === null) return
    expect(extensionsOf(pkg)).toContainEqual({ kind: kind[1], name: kind[2], contract: CONTRACT })
  })

  it.each(extensions)('$path keeps the promise of its "bot" field: $extension.kind $extension.name', async (pkg) => {
    const entry = pathToFileURL(path.join(root, pkg.path, pkg.manifest.exports?.['.'] ?? '')).href
    const { default: module } = (await import(entry)) as { readonly default: ExtensionModule }
    expect(module).toMatchObject(pkg.extension)
  })
})

describe('the README of a package', () => {
  it.each(packages)('$path opens with its name and one sentence', ({ path: folder, manifest }) => {
    const [title, blank, sentence] = read(`${folder}/README.md`).split('\n')
    expect(title).toBe(`# ${manifest.name}`)
    expect(blank).toBe('')
    expect(sentence).toMatch(/^\S/)
  })

  it.each(extensions)('$path has the sections of an extension', ({ path: folder }) => {
    const headings = [...read(`${folder}/README.md`).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)
    expect(headings.filter((heading) => SECTIONS.includes(heading ?? ''))).toEqual(SECTIONS)
  })

  it.each(extensions)('$path lists every option in its README', async ({ path: folder, manifest }) => {
    const entry = pathToFileURL(path.join(root, folder, manifest.exports?.['.'] ?? '')).href
    const { default: module } = (await import(entry)) as { readonly default: ExtensionModule }
    const { properties = {} } = (module.options ?? {}) as { readonly properties?: Readonly<Record<string, unknown>> }
    const documented = [...read(`${folder}/README.md`).matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name)
    expect(Object.keys(properties).filter((name) => !documented.includes(name))).toEqual([])
  })
})

describe('the examples', () => {
  it('are found', () => {
    expect(examples.map(({ folder }) => folder)).toContain('starter')
  })

  it.each(examples)('$path is private, is called after its folder, and has a test', ({ path: folder, folder: name, manifest }) => {
    expect(manifest).toMatchObject({ name: `example-${name}`, private: true, type: 'module', license: 'MIT' })
    expect(files(folder).filter((file) => file.endsWith('.test.ts'))).not.toEqual([])
    expect(Object.keys(manifest.scripts ?? {}).filter((script) => LIFECYCLE.test(script))).toEqual([])
  })
})

describe('the scripts', () => {
  const manifest = manifestOf('.')

  it('start and test work with an old Node', () => {
    expect(manifest.scripts).toMatchObject({ start: 'node scripts/with-node.mjs start', test: 'node scripts/with-node.mjs test' })
    expect(read('scripts/with-node.mjs')).toContain("'scripts/test.ts'")
    expect(manifest.scripts?.['test']).not.toContain('vitest')
  })

  it('name the configuration wherever they run vitest, which otherwise ignores it', () => {
    const commands = [manifest, ...[...packages, ...examples].map((pkg) => pkg.manifest)].flatMap(({ scripts = {} }) =>
      Object.values(scripts),
    )
    const lines = [...commands, ...read('.ci/run').split('\n'), ...read('scripts/test.ts').split('\n')]
    const runs = lines.filter((line) => /\bvitest(\.mjs)?['"]?,? +['"]?(run|watch|--)|^vitest\b/.test(line))
    expect(runs.length).toBeGreaterThanOrEqual(3)
    expect(runs.filter((line) => !/--config['"]?,? +['"]?vitest\.workspace\.ts/.test(line))).toEqual([])
  })

  it('build every package with the one configuration', () => {
    for (const { path: folder, manifest: own } of packages) {
      expect(own.scripts?.['build'], folder).toMatch(/\btsup\b/)
      expect(read(`${folder}/tsup.config.ts`), folder).toContain("from '../../tsup.config.ts'")
    }
  })

  it('.ci/run calls npm test', () => {
    expect(read('.ci/run')).toMatch(/\bnpm test\b/)
  })
})

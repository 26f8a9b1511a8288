import { readFileSync } from 'node:fs'
import path from 'node:path'
import { defineConfig, type Options } from 'tsup'

interface Manifest {
  readonly exports?: Readonly<Record<string, unknown>>
  readonly bin?: Readonly<Record<string, string>>
}

/**
 * The one build configuration. tsup runs in the package's folder; what is built is what its package.json exports and offers as commands,
 * at the same place below `dist` as below `src`, so that `publishConfig` follows by rule.
 */
export function createTsupConfig(overrides: Options = {}): Options {
  const folder = process.cwd()
  const { exports = {}, bin = {} } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as Manifest
  const library = entries(Object.values(exports))
  const commands = entries(Object.values(bin))
  if (Object.keys(library).length === 0) throw new Error(`${folder}/package.json exports no ./src/*.ts: there is nothing to build.`)
  return {
    entry: { ...library, ...commands },
    format: 'esm',
    target: 'node22',
    platform: 'node',
    outDir: 'dist',
    dts: { entry: library },
    splitting: true,
    clean: true,
    sourcemap: false,
    treeshake: true,
    // A stack trace from a published package can be read.
    minify: false,
    // Otherwise node:sqlite, which has no name without the prefix, would be imported as "sqlite".
    removeNodeProtocol: false,
    ...overrides,
  }
}

function entries(targets: readonly unknown[]): Record<string, string> {
  const sources = targets.filter((target): target is string => typeof target === 'string' && /^\.\/src\/.+\.ts$/.test(target))
  return Object.fromEntries(sources.map((source) => [source.slice('./src/'.length, -'.ts'.length), source]))
}

export default defineConfig(() => createTsupConfig())

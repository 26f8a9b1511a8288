import { createTsupConfig } from '../../tsup.config.ts'

/** What is built into the package: importing the many files of these would cost 150 ms. The declarations still refer to typebox, so it stays a dependency. */
const noExternal = ['typebox', 'marked', 're2js']

/**
 * The validator is built apart. Built together with the rest it would share typebox's files with the schema builders, and whoever imports the core would load its
 * engine with them.
 */
const validationApart = {
  name: 'validation apart',
  setup(build: { onResolve(options: { filter: RegExp }, callback: () => { path: string; external: boolean }): void }) {
    build.onResolve({ filter: /\/validation\.ts$/ }, () => ({ path: './validation.js', external: true }))
  },
}

const { entry, dts, ...main } = createTsupConfig({ noExternal, esbuildPlugins: [validationApart] })
const { validation, ...others } = entry as Record<string, string>
if (validation === undefined) throw new Error('packages/core/package.json no longer exports ./validation.')

export default [{ ...main, entry: others, dts }, createTsupConfig({ noExternal, entry: { validation }, dts: false, clean: false })]

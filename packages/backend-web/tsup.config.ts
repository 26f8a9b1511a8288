import { cp, readdir } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { createTsupConfig } from '../../tsup.config.ts'

const PAGE = 'src/page'
const AS_THEY_ARE = new Set(['.css', '.html', '.svg'])

/** The page as browsers get it from the package: one script with preact in it, and beside it the files that need no building. */
const page = {
  entry: { main: join(PAGE, 'main.js') },
  outDir: 'dist/page',
  platform: 'browser',
  target: 'es2024',
  noExternal: [/./],
  minify: true,
  dts: false,
  onSuccess: async () => {
    for (const name of await readdir(PAGE)) if (AS_THEY_ARE.has(extname(name))) await cp(join(PAGE, name), join('dist/page', name))
  },
} as const

// Both are built at once: each clears its own folder only.
export default [createTsupConfig({ clean: ['!page', '!page/**'] }), createTsupConfig({ ...page, noExternal: [...page.noExternal] })]

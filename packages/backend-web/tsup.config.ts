import { cp, readdir } from 'node:fs/promises'
import { createTsupConfig } from '../../tsup.config.ts'

// Two builds: the backend, and the page it serves beside it, where preact and htm are bundled so that no bare import is left for the browser.
export default [
  createTsupConfig({ clean: ['!page/**'] }),
  createTsupConfig({
    entry: { main: 'src/page/main.js' },
    outDir: 'dist/page',
    platform: 'browser',
    target: 'es2022',
    dts: false,
    splitting: false,
    minify: true,
    noExternal: [/./],
    async onSuccess() {
      for (const name of await readdir('src/page')) if (/\.(html|css|svg)$/.test(name)) await cp(`src/page/${name}`, `dist/page/${name}`)
    },
  }),
]

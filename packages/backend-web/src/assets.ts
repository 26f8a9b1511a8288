import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

/*
 * The page's own files, read once. In the repository the browser gets the modules as they are written, with preact and htm beside them under fixed
 * addresses; the build bundles all of it, and then no bare import is left to resolve.
 */

export interface Asset {
  readonly type: string
  readonly body: Uint8Array
  readonly etag: string
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

const VENDOR: Readonly<Record<string, string>> = { preact: 'preact.js', 'preact/hooks': 'hooks.js', htm: 'htm.js' }
const BARE_IMPORT = /(\bfrom\s*)(["'])(preact\/hooks|preact|htm)\2/g

/** What to serve by path; `/` is the page itself, with its addresses below `base`. */
export async function loadAssets(base: string): Promise<ReadonlyMap<string, Asset>> {
  const folder = new URL('./page/', import.meta.url)
  const assets = new Map<string, Asset>()
  const vendor = new Set<string>()
  for (const name of await readdir(folder)) {
    const type = TYPES[extname(name)]
    if (type === undefined) continue
    const bytes = await readFile(new URL(name, folder))
    if (name === 'index.html') assets.set('/', asset(type, Buffer.from(bytes.toString('utf8').replaceAll('{{base}}', base))))
    else if (name.endsWith('.js'))
      assets.set(`/page/${name}`, asset(type, Buffer.from(resolved(bytes.toString('utf8'), './vendor/', vendor))))
    else assets.set(`/page/${name}`, asset(type, bytes))
  }
  for (const specifier of vendor) {
    const source = await readFile(fileURLToPath(import.meta.resolve(specifier)), 'utf8')
    const type = TYPES['.js'] as string
    assets.set(`/page/vendor/${VENDOR[specifier] ?? ''}`, asset(type, Buffer.from(resolved(source, './', vendor))))
  }
  return assets
}

/** Browsers know no bare imports; `found` collects those that were met, also while it is being walked. */
function resolved(source: string, folder: string, found: Set<string>): string {
  return source.replace(BARE_IMPORT, (_all, from: string, quote: string, specifier: string) => {
    found.add(specifier)
    return `${from}${quote}${folder}${VENDOR[specifier] ?? ''}${quote}`
  })
}

function asset(type: string, body: Uint8Array): Asset {
  return { type, body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` }
}

import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'

import { BotError } from '../contract/errors.ts'
import { readPackage } from '../discovery/manifest.ts'
import { positional, type Command } from './command.ts'
import { EXIT } from './exit-codes.ts'
import { templates } from './init-templates.ts'
import { packageDir } from './package-dir.ts'

export const init: Command = {
  name: 'init',
  description: 'Writes a new bot into a folder: configuration, a first plugin, and what npm needs. Never overwrites a file',
  usage: 'init [DIR]',
  run(context) {
    const [folder = '.'] = positional(context, 'init [DIR]', 0, 1)
    const dir = resolve(context.app.appDir, folder)
    const name = packageName(basename(dir))
    const files = templates(name, readPackage(packageDir()).version ?? '0.1.0')
    const written: string[] = []
    const kept: string[] = []
    for (const [path, content] of Object.entries(files)) (writeNew(join(dir, path), content) ? written : kept).push(path)

    if (context.json) {
      context.print(JSON.stringify({ dir, written, kept }))
      return Promise.resolve(EXIT.ok)
    }
    for (const path of written) context.print(`wrote ${path}`)
    for (const path of kept) context.print(`kept  ${path}, which was there already`)
    const way = relative(context.cwd, dir)
    const there = way.startsWith('..') ? dir : way
    context.print('')
    context.print(`Next: ${there === '' ? '' : `cd ${there} && `}npm install && npm start`)
    return Promise.resolve(EXIT.ok)
  },
}

/** Whether it was written: a file that is there stays as it is. */
function writeNew(path: string, content: string): boolean {
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content, { flag: 'wx' })
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw new BotError('BOT_USAGE', `${path} could not be written: ${(cause as Error).message}`, { cause })
  }
}

function packageName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return name === '' ? 'my-bot' : name
}

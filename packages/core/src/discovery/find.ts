import { existsSync, realpathSync, statSync } from 'node:fs'
import { isAbsolute, relative, resolve } from 'node:path'

import { nearest } from '../config/complaint.ts'
import { BotError } from '../contract/errors.ts'
import type { ExtensionKind } from '../contract/module.ts'
import { CODE_ENDINGS, extensionsOf, type Extension, type Installed } from './installed.ts'
import { manifestError, readPackage } from './manifest.ts'

/**
 * The extension that a configuration means by `use`: a name, a package, or a path (`./folder`, `./file.ts`, `./file.ts#Export`). Throws
 * `BOT_EXTENSION_NOT_FOUND`, `BOT_EXTENSION_DUPLICATE` or `BOT_EXTENSION_MANIFEST`.
 */
export function findExtension(installed: Installed, kind: ExtensionKind, use: string): Extension {
  if (use.startsWith('./') || use.startsWith('../') || isAbsolute(use)) return fromPath(installed.appDir, kind, use)

  const ofKind = installed.extensions.filter((extension) => extension.kind === kind)
  const named = ofKind.filter((extension) => extension.name === use)
  const found = named.length > 0 ? named : ofKind.filter((extension) => extension.package === use)
  if (found.length > 1) {
    const places = found.map((extension) => `${extension.package} (${extension.dir})`).join(' and ')
    throw new BotError(
      'BOT_EXTENSION_DUPLICATE',
      `The ${kind} "${use}" is offered twice: by ${places}. Remove one, or name the one you mean by its path.`,
    )
  }
  const only = found[0]
  if (only !== undefined) return only
  throw whyNot(installed, kind, use, ofKind)
}

/** Why nothing was found, as exactly as it can be told. */
function whyNot(installed: Installed, kind: ExtensionKind, use: string, ofKind: readonly Extension[]): BotError {
  const broken = installed.broken.find(({ name }) => name === use || packageNames(kind, use).includes(name))
  if (broken !== undefined) return broken.error
  const other = installed.others.find(({ name }) => name === use)
  if (other !== undefined) return manifestError(other.dir, 'its package.json has no "bot" field')
  const missing = installed.missing.find((name) => packageNames(kind, use).includes(name))
  if (missing !== undefined) {
    return new BotError(
      'BOT_EXTENSION_NOT_FOUND',
      `The ${kind} "${use}" is a dependency of this application and not on disk. Run \`npm install\`.`,
    )
  }
  const names = ofKind.map((extension) => extension.name)
  const meant = nearest(use, names)
  const there = names.length === 0 ? `No ${kind} is installed.` : `Installed: ${names.join(', ')}.`
  const unusable = installed.broken.length === 0 ? '' : ` Unusable: ${installed.broken.map(({ name }) => name).join(', ')}.`
  return new BotError(
    'BOT_EXTENSION_NOT_FOUND',
    `There is no ${kind} "${use}".${meant === undefined ? '' : ` Did you mean "${meant}"?`} ${there}${unusable} Install it with \`npm install ${installName(kind, use)}\`.`,
  )
}

/** The package by which an extension of this name is usually published. */
export function installName(kind: ExtensionKind, use: string): string {
  if (use.includes('/') || use.startsWith('@')) return use
  // The one listener of ours comes with what sinks are made of.
  return kind === 'listener' && use === 'https' ? '@bot/sink-kit' : `@bot/${kind}-${use}`
}

function packageNames(kind: ExtensionKind, use: string): readonly string[] {
  return [use, installName(kind, use)]
}

function fromPath(appDir: string, kind: ExtensionKind, use: string): Extension {
  const hash = use.indexOf('#')
  const path = hash < 0 ? use : use.slice(0, hash)
  const given = resolve(appDir, path)
  const file = ['', ...CODE_ENDINGS].map((ending) => given + ending).find((candidate) => existsSync(candidate))
  if (file === undefined) {
    throw new BotError(
      'BOT_EXTENSION_NOT_FOUND',
      `The ${kind} "${use}" is not there: neither ${given} nor a file of that name with ${CODE_ENDINGS.join(', ')} exists.`,
    )
  }
  const exportName = hash < 0 ? {} : { exportName: use.slice(hash + 1) }
  if (!statSync(file).isDirectory()) {
    const entry = realpathSync(file)
    const name = (relative(appDir, file).split(/[\\/]/).at(-1) ?? '').replace(/\.[^.]+$/, '')
    return { kind, name, package: path, dir: entry, entry, ...exportName }
  }
  const info = readPackage(file)
  if (!info.hasManifest) throw manifestError(file, 'its package.json has no "bot" field')
  const found = extensionsOf(info).filter((extension) => extension.kind === kind)
  const [first, second] = found
  if (first === undefined) throw manifestError(file, `its "bot" field offers no ${kind}`)
  if (second !== undefined) {
    throw new BotError(
      'BOT_EXTENSION_DUPLICATE',
      `${file} offers several extensions of kind ${kind} (${found.map(({ name }) => name).join(', ')}): add the folder to "paths" and name the one you mean.`,
    )
  }
  return { ...first, ...exportName }
}

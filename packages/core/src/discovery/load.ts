import { pathToFileURL } from 'node:url'

import { firstLine } from '../config/file.ts'
import { BotError } from '../contract/errors.ts'
import { CONTRACT, type ExtensionModule } from '../contract/module.ts'
import type { Plugin } from '../contract/plugin.ts'
import type { Extension } from './installed.ts'

/** What an extension's package exports: a module of one of the four kinds, or a plugin. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the configuration of an unknown plugin is known only to its schema
export type Loaded = ExtensionModule | Plugin<any>

/**
 * Imports an extension and makes sure it is what its manifest promises. Rejects with `BOT_EXTENSION_CONTRACT`, `BOT_EXTENSION_LOAD` (with the cause)
 * or `BOT_EXTENSION_SHAPE`.
 */
export async function loadExtension(extension: Extension): Promise<Loaded> {
  if (extension.contract !== undefined) checkContract(extension, extension.contract)
  const exported = await importEntry(extension)
  const wanted = extension.exportName ?? 'default'
  if (!Object.hasOwn(exported, wanted)) {
    const others = Object.keys(exported)
    const there = others.length === 0 ? 'It exports nothing.' : `It exports: ${others.join(', ')}.`
    throw shapeError(extension, `it has no ${wanted === 'default' ? 'default export' : `export "${wanted}"`}. ${there}`)
  }
  const module = pick(extension, exported[wanted])
  checkContract(extension, module['contract'])
  checkShape(extension, module)
  return module as unknown as Loaded
}

type Fields = Readonly<Record<string, unknown>>

async function importEntry(extension: Extension): Promise<Fields> {
  try {
    return (await import(pathToFileURL(extension.entry).href)) as Fields
  } catch (cause) {
    throw new BotError(
      'BOT_EXTENSION_LOAD',
      `${title(extension)} is there, but importing it failed: ${firstLine(cause)}.${advice(cause)}`,
      { cause },
    )
  }
}

function advice(cause: unknown): string {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined
  if (code === 'ERR_MODULE_NOT_FOUND')
    return ' A package that it needs is not installed, or a file is missing from it: run `npm install`, or install it again.'
  if (code === 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING') return ' A package has to ship JavaScript, not TypeScript: tell its author.'
  return ' Tell its author, or take another version.'
}

/** A package with several manifests exports a list; the manifest's kind and name choose from it. */
function pick(extension: Extension, exported: unknown): Fields {
  const candidates = (Array.isArray(exported) ? (exported as unknown[]) : [exported]).map(moduleOf)
  const found = candidates.find((candidate) => candidate?.['kind'] === extension.kind && hasName(extension, candidate))
  if (found !== undefined) return found
  const [only] = candidates
  if (only === undefined || candidates.length > 1) {
    throw shapeError(
      extension,
      Array.isArray(exported) ? 'no module of its list has this kind and name.' : `its export is ${typeof exported}, not a module.`,
    )
  }
  if (only['kind'] !== extension.kind) throw shapeError(extension, `its module says kind ${JSON.stringify(only['kind'])}.`)
  throw shapeError(extension, `its module says the name ${JSON.stringify(only['name'])}; both have to be the same.`)
}

/** A class may carry the module that runs it in its static property `module`, so that older configurations can name the class. */
function moduleOf(exported: unknown): Fields | undefined {
  if (typeof exported === 'function' && 'module' in exported) return moduleOf(exported.module)
  return typeof exported === 'object' && exported !== null ? (exported as Fields) : undefined
}

/** A file of the application is called as the application likes, except a plugin: its name is what people configure and see. */
function hasName(extension: Extension, module: Fields): boolean {
  return module['name'] === extension.name || (extension.contract === undefined && extension.kind !== 'plugin')
}

function checkContract(extension: Extension, contract: unknown): void {
  if (contract === CONTRACT) return
  const direction =
    typeof contract === 'number' && contract > CONTRACT ? 'Take a newer @bot/core, or an older version of it' : 'Take a newer version of it'
  throw new BotError(
    'BOT_EXTENSION_CONTRACT',
    `${title(extension)} was written for contract ${String(contract)}; this @bot/core speaks contract ${CONTRACT}. ${direction}.`,
  )
}

function checkShape(extension: Extension, module: Fields): void {
  if (typeof module['name'] !== 'string') throw shapeError(extension, 'its module has no name.')
  const schema = extension.kind === 'plugin' ? 'config' : 'options'
  if (module[schema] !== undefined && (typeof module[schema] !== 'object' || module[schema] === null)) {
    throw shapeError(extension, `its "${schema}" is not a JSON Schema.`)
  }
  const functions = extension.kind === 'plugin' ? [] : extension.kind === 'backend' ? ['create', 'preview'] : ['create']
  const absent = functions.filter((name) => typeof module[name] !== 'function')
  if (absent.length > 0) throw shapeError(extension, `its module has no function ${absent.join(' and no function ')}.`)
}

function shapeError(extension: Extension, problem: string): BotError {
  return new BotError(
    'BOT_EXTENSION_SHAPE',
    `${title(extension)} is not what it promises: ${problem} Tell its author, or take another version.`,
  )
}

function title({ kind, name, package: from, version, dir }: Extension): string {
  return `The ${kind} "${name}" of ${from}${version === undefined ? '' : ` ${version}`} (${dir})`
}

import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseEnv } from 'node:util'

import { BotError } from '../contract/errors.ts'

const NAMES = ['bot.config.ts', 'bot.config.mts', 'bot.config.js', 'bot.config.mjs', 'bot.config.json'] as const

/** The configuration file of an application. Throws `BOT_CONFIG_NOT_FOUND`. */
export function findConfigFile(appDir: string, file?: string): string {
  if (file !== undefined) {
    const path = resolve(appDir, file)
    if (existsSync(path)) return path
    throw new BotError(
      'BOT_CONFIG_NOT_FOUND',
      `There is no configuration file ${path}. Name another with --config, or make an application with \`bot init\`.`,
    )
  }
  const found = NAMES.map((name) => join(appDir, name)).find((path) => existsSync(path))
  if (found !== undefined) return found
  throw new BotError(
    'BOT_CONFIG_NOT_FOUND',
    `There is no configuration in ${appDir}: looked for ${NAMES.join(', ')}. Go to the folder of your bot, name it with --dir, or make one with \`bot init\`.`,
  )
}

/** What the file exports by default, or holds as JSON. Rejects with `BOT_CONFIG_LOAD`. */
export async function readConfigFile(file: string): Promise<unknown> {
  if (file.endsWith('.json')) return parseJsonFile(file)
  let loaded: { readonly default?: unknown }
  try {
    loaded = (await import(pathToFileURL(file).href)) as { readonly default?: unknown }
  } catch (cause) {
    throw new BotError('BOT_CONFIG_LOAD', `Running the configuration ${file} failed: ${firstLine(cause)}`, { cause })
  }
  if (loaded.default === undefined) {
    throw new BotError('BOT_CONFIG_LOAD', `The configuration ${file} has no default export. Write \`export default defineConfig({ … })\`.`)
  }
  return loaded.default
}

/** The environment with what stands in `.env` beside it; the real environment wins. Throws `BOT_CONFIG_LOAD`. */
export function withEnvFile(
  appDir: string,
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> {
  const file = join(appDir, '.env')
  if (!existsSync(file)) return env
  try {
    return { ...parseEnv(readFileSync(file, 'utf8')), ...env }
  } catch (cause) {
    throw new BotError('BOT_CONFIG_LOAD', `Reading ${file} failed: ${firstLine(cause)}`, { cause })
  }
}

/** The first line of whatever was thrown. */
export function firstLine(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause)
  return text.split('\n', 1)[0] ?? ''
}

function parseJsonFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, '')) as unknown
  } catch (cause) {
    // The parser quotes what stands around the mistake, and that may be a secret.
    const position = /at position \d+(?: \(line \d+ column \d+\))?|Unexpected end of JSON input/.exec(firstLine(cause))?.[0]
    const where = cause instanceof SyntaxError ? `it is not JSON (${position ?? 'see its syntax'})` : firstLine(cause)
    throw new BotError('BOT_CONFIG_LOAD', `Reading the configuration ${file} failed: ${where}.`)
  }
}

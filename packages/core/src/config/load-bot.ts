import { appendFileSync, mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

import { createBot, type Bot } from '../create-bot.ts'
import type { Logger } from '../contract/environment.ts'
import { systemClock } from '../environment/clock.ts'
import { createLogger } from '../environment/log.ts'
import { Redactor } from '../environment/redact.ts'
import { environmentVariables } from '../environment/variables.ts'
import { loadConfig, type LoadedConfig } from './load.ts'
import { botOptions, resolveConfig, type ResolvedConfig } from './resolve.ts'

export interface LoadBotOptions {
  /** Another configuration file than the usual ones. */
  readonly file?: string
  /** Default: that of the process. What stands in `.env` is added. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Default: lines on standard error, as the configuration's `log` says. */
  readonly log?: Logger
}

/** What `loadBot` promises. */
export async function loadConfiguredBot(appDir: string, { file, env = environmentVariables(), log }: LoadBotOptions = {}): Promise<Bot> {
  const redactor = new Redactor()
  const secret = (value: string): void => redactor.add(value)
  const config = await loadConfig(appDir, { env, secret, ...(file === undefined ? {} : { file }) })
  const logger = log ?? configuredLog(config, redactor, (line) => void process.stderr.write(`${line}\n`))
  for (const warning of config.warnings) logger.warn(warning)
  return botOf(config, await resolveConfig(config, secret), logger, redactor)
}

/** The bot of a configuration that is loaded already. Throws what stops it from starting. */
export function botOf(config: LoadedConfig, resolved: ResolvedConfig, log: Logger, redactor: Redactor): Bot {
  return createBot({ ...botOptions(config, resolved), log, redactor })
}

/** A logger as the configuration asks for. `write` is where lines go unless the configuration names a file. */
export function configuredLog(config: LoadedConfig, redactor: Redactor, write: (line: string) => void, pretty = false): Logger {
  const { file, level } = config.log
  const options = { level, clock: systemClock, redactor }
  if (file === undefined) return createLogger({ ...options, pretty: config.log.pretty ?? pretty, write })
  return createLogger({ ...options, pretty: config.log.pretty ?? false, write: appendTo(resolve(config.appDir, file)) })
}

/** Writes lines at the end of a file that only its owner may read. Lines are few, and the last one before a crash is the one that counts: so at once. */
function appendTo(path: string): (line: string) => void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  return (line) => appendFileSync(path, `${line}\n`, { mode: 0o600 })
}

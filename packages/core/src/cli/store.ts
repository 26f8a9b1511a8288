import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { botOptions } from '../config/resolve.ts'
import { BotError } from '../contract/errors.ts'
import type { Store } from '../contract/store.ts'
import { systemClock } from '../environment/clock.ts'
import { silentLogger } from '../environment/log.ts'
import { createSqliteStore } from '../store/sqlite.ts'
import type { App } from './app.ts'

/** The store of an application whose bot does not run, not yet opened; undefined where there is nothing in it yet. Throws `BOT_USAGE` for the memory store. */
export async function storeOf(app: App): Promise<Store | undefined> {
  const config = await app.config()
  if (config.store.use === 'memory') {
    throw new BotError('BOT_USAGE', 'The store is in memory: what is in it can be seen only while the bot runs, and none runs here.')
  }
  if (config.store.use === 'sqlite') {
    const path = join(config.dataDir, 'bot.db')
    return existsSync(path) ? createSqliteStore({ path, clock: systemClock, log: silentLogger }) : undefined
  }
  const resolved = await app.resolved()
  const { store } = botOptions(config, { ...resolved, problems: [] })
  if (store === undefined || typeof store.module === 'string')
    throw resolved.problems[0] ?? new BotError('BOT_CONFIG', 'The store could not be loaded.')
  return store.module.create(store.options, { log: silentLogger, clock: systemClock, dataDir: config.dataDir })
}

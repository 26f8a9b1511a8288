import type { Bot } from './create-bot.ts'
import type { LoadBotOptions } from './config/load-bot.ts'

/**
 * The bot that the configuration in a folder describes, not yet started: what `bot start` starts. Rejects with `BOT_CONFIG_NOT_FOUND`,
 * `BOT_CONFIG_LOAD`, `BOT_CONFIG`, `BOT_SECRET_MISSING`, `BOT_OPTIONS` or a `BOT_EXTENSION_` code.
 */
export async function loadBot(appDir: string, options?: LoadBotOptions): Promise<Bot> {
  // Who makes a bot of modules needs neither configuration nor discovery.
  const { loadConfiguredBot } = await import('./config/load-bot.ts')
  return loadConfiguredBot(appDir, options)
}

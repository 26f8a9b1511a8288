import type { Bot, BotStatus } from '../bot.ts'
import { codeOf } from '../contract/errors.ts'
import { controlPath, openControl } from '../control.ts'
import { botOf, configuredLog } from '../config/load-bot.ts'
import { positional, type Command, type Context } from './command.ts'
import { deliveryMethods } from './deliveries.ts'
import { EXIT } from './exit-codes.ts'

export const start: Command = {
  name: 'start',
  description: 'Starts the bot of this folder and runs it until it is told to stop (Ctrl-C, SIGTERM)',
  usage: 'start',
  async run(context) {
    positional(context, 'start', 0)
    const { app } = context
    const config = await app.config()
    const resolved = await app.resolved()
    const log = configuredLog(config, app.redactor, context.warn, !context.json && context.isTerminal)
    const bot = botOf(config, resolved, log)
    const interrupted = stopOnSignals(bot, context)

    context.progress(`Starting ${config.name}`)
    await bot.start()
    const control = await openControl(controlPath(config.dataDir), { status: () => bot.status(), ...deliveryMethods(bot.deliveries) })
    try {
      // At the end of a script the bot may have stopped by now, and its store is closed.
      const ended = bot.stopped.then(() => EXIT.ok)
      const status = await bot.status().catch(() => ended)
      if (typeof status !== 'number') announce(status, context)
      return await Promise.race([ended, interrupted])
    } finally {
      await control.close()
    }
  },
}

/** The first signal stops in good order; a second one does not wait any longer. Resolves at the second. */
function stopOnSignals(bot: Bot, context: Context): Promise<number> {
  return new Promise((resolve) => {
    let asked = false
    const onSignal = (signal: NodeJS.Signals): void => {
      if (asked) {
        resolve(EXIT.interrupted)
        return
      }
      asked = true
      context.warn(`${signal}: finishing what is under way. Once more stops at once.`)
      bot.stop(signal).catch((error: unknown) => {
        context.warn(`bot: stopping failed: ${(error as Error).message} [${codeOf(error) ?? 'unexpected'}]`)
        resolve(EXIT.failed)
      })
    }
    process.on('SIGTERM', onSignal)
    process.on('SIGINT', onSignal)
    process.on('SIGHUP', onSignal)
  })
}

/** Says where the bot can be met. On standard error: standard output belongs to what the bot says in a terminal. */
function announce(status: BotStatus, context: Context): void {
  if (context.json) {
    context.print(JSON.stringify({ event: 'started', ...status }))
    return
  }
  const { name, backends, sinks, plugins } = status
  context.warn(`${name} runs with ${plugins.length} ${plugins.length === 1 ? 'plugin' : 'plugins'}: ${plugins.join(', ')}`)
  if (backends.length === 0) context.warn('  no backend is configured: add one under "backends"')
  for (const backend of backends) context.warn(`  backend ${backend.name}: ${backend.url ?? backend.module}, ${backend.state}`)
  for (const sink of sinks) {
    context.warn(`  sink ${sink.name}: ${sink.url ?? 'not listening'}`)
    for (const example of sink.examples) context.warn(`    ${example}`)
  }
}

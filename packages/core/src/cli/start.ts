import { join } from 'node:path'

import type { Bot } from '../create-bot.ts'
import type { BotStatus } from '../bot-status.ts'
import { botOf, configuredLog } from '../config/load-bot.ts'
import { codeOf } from '../contract/errors.ts'
import { controlPath, openControl } from '../control.ts'
import type { App } from './app.ts'
import { positional, type Command, type Context } from './command.ts'
import { deliveryMethods } from './deliveries.ts'
import { EXIT } from './exit-codes.ts'

export const start: Command = {
  name: 'start',
  description: 'Starts the bot of this folder and runs it until it is told to stop (Ctrl-C, SIGTERM)',
  usage: 'start',
  options: { plain: { type: 'boolean', description: 'No colours and no prompt, whatever the terminal can do' } },
  async run(context) {
    positional(context, 'start', 0)
    const { app, options } = context
    // An option of the backends that draw on a terminal; the core knows none of them, but the variable.
    if (options['plain'] === true) app.setVariable('BOT_PLAIN', 'true')
    const { config, resolved, logFile } = await prepare(app, context)
    for (const warning of config.warnings) context.warn(`warning: ${warning}`)
    if (logFile !== undefined) context.warn(`The log is in ${logFile}.`)
    const log = configuredLog(config, app.redactor, context.warn, context.isTerminal && !context.json)
    const bot = botOf(config, resolved, log, app.redactor)
    const ended = untilEnd(bot, context, (error) => log.fatal({ err: error }, 'a fault that nobody caught: the bot stops'))

    context.progress(`Starting ${config.name}`)
    await bot.start()
    try {
      const control = await openControl(controlPath(config.dataDir), { status: () => bot.status(), ...deliveryMethods(bot.deliveries) })
      // At the end of a script the bot may have stopped by now, and its store is closed.
      const status = await bot.status().catch(() => ended)
      if (typeof status !== 'number') announce(status, context)
      const code = await ended
      await control.close()
      return code
    } catch (error) {
      await bot.stop('the start failed')
      throw error
    }
  },
}

/** Reads the configuration. Where a backend draws on this very terminal, the log goes to a file: it would tear what is being typed. */
async function prepare(app: App, context: Context) {
  const config = await app.config()
  const resolved = await app.resolved()
  const drawsHere = context.isTerminal && resolved.uses.some(({ module }) => 'terminal' in module && module.terminal === true)
  if (!drawsHere || config.log.file !== undefined) return { config, resolved, logFile: undefined }
  const logFile = join(config.dataDir, 'bot.log')
  return { config: { ...config, log: { ...config.log, file: logFile } }, resolved, logFile }
}

/**
 * Resolves to the exit code when the bot has stopped. The first signal stops it in good order, a second one does not wait any longer. So does a fault
 * that nobody caught: what is on disk goes on after the next start, and nothing of it reaches the terminal unmasked.
 */
function untilEnd(bot: Bot, context: Context, onFault: (error: unknown) => void): Promise<number> {
  return new Promise((resolve) => {
    let code: number = EXIT.ok
    let isStopping = false
    const stop = (reason: string): void => {
      isStopping = true
      bot.stop(reason).catch((error: unknown) => {
        context.warn(`bot: stopping failed: ${(error as Error).message} [${codeOf(error) ?? 'unexpected'}]`)
        resolve(EXIT.failed)
      })
    }
    const onSignal = (signal: NodeJS.Signals): void => {
      if (isStopping) return resolve(EXIT.interrupted)
      context.warn(`${signal}: finishing what is under way. Once more stops at once.`)
      stop(signal)
    }
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, onSignal)
    process.on('uncaughtException', (error) => {
      onFault(error)
      code = EXIT.failed
      if (!isStopping) stop('a fault')
    })
    void bot.stopped.then(() => resolve(code))
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

import { inspect } from 'node:util'

import { BotError, codeOf } from '../contract/errors.ts'
import type { CliCommand } from '../contract/module.ts'
import { systemClock } from '../environment/clock.ts'
import { systemRandom } from '../environment/random.ts'
import { nearest } from '../config/complaint.ts'
import { App } from './app.ts'
import { match, parse, type Command, type Context } from './command.ts'
import { EXIT, exitCodeOf } from './exit-codes.ts'
import { commandHelp, generalHelp } from './help.ts'

/** What surrounds the command line. */
export interface Surroundings {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
  /** Whether a person watches standard error. */
  readonly isTerminal: boolean
}

/** Each is loaded when it is called: `bot send` should not wait for what only `bot start` needs. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  init: async () => (await import('./init.ts')).init,
  start: async () => (await import('./start.ts')).start,
  list: async () => (await import('./list.ts')).list,
  doctor: async () => (await import('./doctor.ts')).doctor,
  send: async () => (await import('./send.ts')).send,
  'deliveries list': async () => (await import('./deliveries.ts')).listDeliveries,
  'deliveries show': async () => (await import('./deliveries.ts')).showDelivery,
  'deliveries replay': async () => (await import('./deliveries.ts')).replayDelivery,
  'deliveries purge': async () => (await import('./deliveries.ts')).purgeDeliveries,
}

/** Runs one command line. Resolves to the exit code, whatever happens. */
export async function run(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const { cwd, env, stdout, stderr, isTerminal } = surroundings
  const { app, rest, json, verbose } = readGlobals(words, cwd, env)
  let isProgressShown = false
  const clear = (): void => {
    if (isProgressShown) stderr.write('\r\u001b[2K')
    isProgressShown = false
  }
  const write = (stream: NodeJS.WritableStream, line: string): void => {
    clear()
    stream.write(`${app.redactor.redact(line)}\n`)
  }
  const base = {
    app,
    cwd,
    json,
    verbose,
    isTerminal,
    clock: systemClock,
    random: systemRandom,
    print: (line: string) => write(stdout, line),
    warn: (line: string) => write(stderr, line),
    progress(what: string) {
      if (!isTerminal || json) return
      clear()
      isProgressShown = true
      stderr.write(`… ${app.redactor.redact(what)}`)
    },
  }
  try {
    const code = await dispatch(rest, base)
    clear()
    return code
  } catch (error) {
    report(error, base)
    return exitCodeOf(error)
  }
}

type Base = Omit<Context, 'args' | 'options'>

async function dispatch(words: readonly string[], base: Base): Promise<number> {
  if (words.includes('--version') && words.length === 1) {
    base.print(await ownVersion())
    return EXIT.ok
  }
  const found = match(
    Object.keys(COMMANDS).map((name) => ({ name })),
    words,
  )
  const wantsHelp = (rest: readonly string[]): boolean => rest.some((word) => word === '--help' || word === '-h')
  if (found === undefined) {
    if (words.length === 0 || wantsHelp(words.slice(0, 1))) return help(words, base)
    if (words[0] === 'deliveries' || words[0] === 'help') return help(words, base)
    return extensionCommand(words, base, wantsHelp)
  }
  const command = await (COMMANDS[found.command.name] as () => Promise<Command>)()
  if (wantsHelp(found.rest)) {
    base.print(commandHelp(command))
    return EXIT.ok
  }
  return command.run({ ...base, ...parse(command.name, command.options ?? {}, found.rest) })
}

async function help(words: readonly string[], base: Base): Promise<number> {
  const own = await Promise.all(Object.values(COMMANDS).map((load) => load()))
  const { extensionCommands } = await import('./extension-commands.ts')
  const { commands } = await extensionCommands(base.app)
  base.print(generalHelp(own, commands))
  return words.length === 0 || words[0] === 'deliveries' ? EXIT.usage : EXIT.ok
}

async function extensionCommand(words: readonly string[], base: Base, wantsHelp: (rest: readonly string[]) => boolean): Promise<number> {
  const { extensionCommands, packageFor } = await import('./extension-commands.ts')
  const { commands, unloadable } = await extensionCommands(base.app)
  const found = match<CliCommand>(commands, words)
  if (found === undefined) {
    const typed = words[0] ?? ''
    const meant = nearest(typed, [...Object.keys(COMMANDS), ...commands.map(({ name }) => name)])
    const suggestion = meant === undefined ? '' : ` Did you mean \`bot ${meant}\`?`
    const offered = packageFor(typed)
    const install = offered === undefined ? '' : ` It comes with ${offered}: run \`npm install ${offered}\` in the folder of your bot.`
    for (const line of unloadable) base.warn(line)
    throw new BotError('BOT_USAGE', `There is no command "${typed}".${suggestion}${install} \`bot --help\` lists them.`)
  }
  if (wantsHelp(found.rest)) {
    base.print(commandHelp(found.command))
    return EXIT.ok
  }
  const { clock, random, json, print, warn } = base
  const parsed = parse(found.command.name, found.command.options ?? {}, found.rest)
  return found.command.run({ clock, random, cwd: base.app.appDir, json, print, warn, ...parsed })
}

/** Global options may stand anywhere; what they mean is needed before the command is known. */
function readGlobals(
  words: readonly string[],
  cwd: string,
  env: Surroundings['env'],
): { app: App; rest: readonly string[]; json: boolean; verbose: boolean } {
  const valueOf = (long: string, short: string): string | undefined => {
    for (const [index, word] of words.entries()) {
      if (word === '--') return undefined
      if (word === `--${long}` || word === `-${short}`) return words[index + 1]
      if (word.startsWith(`--${long}=`)) return word.slice(long.length + 3)
    }
    return undefined
  }
  // Put behind the command, so that `bot --dir x list` is read like `bot list --dir x`.
  const leading: string[] = []
  const rest = [...words]
  while (rest[0] !== undefined && /^(?:--(?:json|verbose|dir|config)(?:=|$)|-[Cc]$)/.test(rest[0])) {
    leading.push(rest.shift() as string)
    if (/^(?:--(?:dir|config)|-[Cc])$/.test(leading.at(-1) ?? '') && rest[0] !== undefined) leading.push(rest.shift() as string)
  }
  const dir = valueOf('dir', 'C')
  const file = valueOf('config', 'c')
  const app = new App({ cwd, env, ...(dir === undefined ? {} : { dir }), ...(file === undefined ? {} : { file }) })
  return { app, rest: insertAfterCommand(rest, leading), json: words.includes('--json'), verbose: words.includes('--verbose') }
}

function insertAfterCommand(rest: readonly string[], leading: readonly string[]): readonly string[] {
  const end = rest.findIndex((word) => word === '--')
  return end < 0 ? [...rest, ...leading] : [...rest.slice(0, end), ...leading, ...rest.slice(end)]
}

function report(error: unknown, { app, json, verbose, print, warn }: Base): void {
  const code = codeOf(error)
  const message = error instanceof Error ? error.message : String(error)
  if (json) print(JSON.stringify({ error: { code: code ?? null, message: app.mask(message) } }))
  else if (code === undefined) warn(`bot: this was not expected: ${message}${verbose ? '' : ' (--verbose shows where it comes from)'}`)
  else warn(`bot: ${message} [${code}]`)
  if (verbose) warn(inspect(error, { depth: 6 }))
}

async function ownVersion(): Promise<string> {
  const { readPackage } = await import('../discovery/manifest.ts')
  const { packageDir } = await import('./package-dir.ts')
  return readPackage(packageDir()).version ?? ''
}

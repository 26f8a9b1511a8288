import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'

import type { CliCommand, CliContext, CliOption } from '../contract/module.ts'
import { BotError } from '../contract/errors.ts'
import { nearest } from '../config/complaint.ts'
import type { App } from './app.ts'

/** What a command of `bot` itself gets: what an extension's gets, and the application. */
export interface Context extends CliContext {
  readonly app: App
  readonly verbose: boolean
  /** Whether a person watches standard error. */
  readonly isTerminal: boolean
  /** Shows on a terminal what is being done; gone when the next line is written. */
  progress(text: string): void
}

export interface Command extends Omit<CliCommand, 'run'> {
  run(context: Context): Promise<number>
}

/** Understood by every command. */
export const GLOBAL_OPTIONS: Readonly<Record<string, CliOption>> = {
  help: { type: 'boolean', short: 'h', description: 'Show this help' },
  json: { type: 'boolean', description: 'Write JSON for machines' },
  dir: { type: 'string', short: 'C', description: 'The folder of the application (default: the current one)' },
  config: { type: 'string', short: 'c', description: 'Another configuration file' },
  verbose: { type: 'boolean', description: 'Show where errors come from' },
}

export interface Parsed {
  readonly args: readonly string[]
  readonly options: CliContext['options']
}

/** Reads the words behind a command's name. Throws `BOT_USAGE`. */
export function parse(name: string, options: Readonly<Record<string, CliOption>>, words: readonly string[]): Parsed {
  const all = { ...GLOBAL_OPTIONS, ...options }
  const shapes = Object.entries(all).map(([key, { type, short, multiple, default: preset }]) => [
    key,
    {
      type,
      ...(short === undefined ? {} : { short }),
      ...(multiple === undefined ? {} : { multiple }),
      ...(preset === undefined ? {} : { default: preset }),
    },
  ])
  try {
    const { positionals, values } = parseArgs({
      args: [...words],
      options: Object.fromEntries(shapes) as ParseArgsOptionsConfig,
      allowPositionals: true,
    })
    return { args: positionals, options: values }
  } catch (error) {
    const problem = (error as Error).message.split('. ', 1)[0] ?? ''
    const option = /'(?:-\w, )?--?([\w-]+)/.exec(problem)?.[1] ?? ''
    const meant = Object.hasOwn(all, option) ? undefined : nearest(option, Object.keys(all))
    const suggestion = meant === undefined ? '' : ` Did you mean --${meant}?`
    throw new BotError('BOT_USAGE', `${problem}.${suggestion} \`bot ${name} --help\` shows what there is.`)
  }
}

/** The command whose words stand first, and the words behind it. */
export function match<C extends { readonly name: string }>(
  commands: readonly C[],
  words: readonly string[],
): { command: C; rest: readonly string[] } | undefined {
  const byLength = [...commands].sort((a, b) => b.name.split(' ').length - a.name.split(' ').length)
  for (const command of byLength) {
    const parts = command.name.split(' ')
    if (parts.every((part, index) => words[index] === part)) return { command, rest: words.slice(parts.length) }
  }
  return undefined
}

/** Exactly these positional arguments, or `BOT_USAGE`. */
export function positional(context: Pick<CliContext, 'args'>, usage: string, least: number, most = least): readonly string[] {
  if (context.args.length >= least && context.args.length <= most) return context.args
  const problem = context.args.length < least ? 'Something is missing' : `"${context.args[most] ?? ''}" is one word too many`
  throw new BotError('BOT_USAGE', `${problem}. Usage: bot ${usage}`)
}

/** The value of an option that takes a text. */
export function text(context: Pick<CliContext, 'options'>, name: string): string | undefined {
  const value = context.options[name]
  return typeof value === 'string' ? value : undefined
}

/** The value of an option that takes a whole number from 1; throws `BOT_USAGE`. */
export function count(context: Pick<CliContext, 'options'>, name: string): number | undefined {
  const value = text(context, name)
  if (value === undefined) return undefined
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value)
  throw new BotError('BOT_USAGE', `--${name} takes a whole number from 1; found "${value}".`)
}

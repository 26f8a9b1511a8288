import type { CliCommand, CliOption } from '../contract/module.ts'
import { GLOBAL_OPTIONS } from './command.ts'
import { EXIT, EXIT_MEANINGS } from './exit-codes.ts'

type Described = Pick<CliCommand, 'name' | 'description' | 'usage' | 'options'>

/** What `bot --help` shows. */
export function generalHelp(own: readonly Described[], ofExtensions: readonly Described[]): string {
  return [
    'Usage: bot COMMAND [OPTIONS]',
    '',
    'Commands:',
    ...table(own.map(({ name, description }) => [name, description])),
    ...(ofExtensions.length === 0 ? [] : ['', 'Commands of the installed extensions:']),
    ...table(ofExtensions.map(({ name, description }) => [name, description])),
    '',
    'Every command explains itself: bot COMMAND --help',
    '',
    'Options of every command:',
    ...table([...optionRows(GLOBAL_OPTIONS), ['--version', 'Show the version']]),
    '',
    'Exit codes:',
    ...exitRows(),
  ].join('\n')
}

/** What `bot COMMAND --help` shows. */
export function commandHelp({ name, description, usage, options = {} }: Described): string {
  return [
    `Usage: bot ${name}${usage === '' ? '' : ` ${usage.startsWith(name) ? usage.slice(name.length).trim() : usage}`}`,
    '',
    description,
    '',
    'Options:',
    ...table(optionRows({ ...options, ...GLOBAL_OPTIONS })),
    '',
    'Exit codes:',
    ...exitRows(),
  ].join('\n')
}

function optionRows(options: Readonly<Record<string, CliOption>>): [string, string][] {
  return Object.entries(options).map(([name, { type, short, description }]) => [
    `${short === undefined ? '' : `-${short}, `}--${name}${type === 'string' ? ` ${name.toUpperCase()}` : ''}`,
    description,
  ])
}

function exitRows(): string[] {
  return table(Object.entries(EXIT).map(([name, code]) => [String(code), EXIT_MEANINGS[name as keyof typeof EXIT]]))
}

/** Rows with their columns below each other. */
export function table(rows: readonly (readonly string[])[], indent = '  '): string[] {
  const widths: number[] = []
  for (const row of rows) for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length)
  return rows.map((row) => (indent + row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ')).trimEnd())
}

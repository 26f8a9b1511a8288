import type { Clock, LogFunction, Logger, LogLevel } from '../contract/environment.ts'
import type { Redactor } from './redact.ts'

const LEVELS = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const satisfies Record<LogLevel, number>
/** Terminal colours (ECMA-48 SGR). Two of them are not worth loading `node:util` for with every import of this package. */
const COLORS = { trace: 90, debug: 90, info: 32, warn: 33, error: 31, fatal: 35 } as const satisfies Record<LogLevel, number>
const GRAY = 90
/** How deep a record is followed; what lies below is named, not shown. */
const DEEPEST = 6

export interface LoggerOptions {
  readonly level: LogLevel
  readonly clock: Clock
  readonly redactor: Redactor
  /** One line a record, for people. Default: JSON. */
  readonly pretty?: boolean
  /** Takes one line without its end. */
  write(line: string): void
}

/** A logger of pino's call shape that writes one line a record and masks every registered secret in it. */
export function createLogger(options: LoggerOptions): Logger {
  return logger(options, {})
}

/** A logger that says nothing. */
export const silentLogger: Logger = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  fatal: nothing,
  child: () => silentLogger,
}

function nothing(): void {}

function logger(options: LoggerOptions, bound: Readonly<Record<string, unknown>>): Logger {
  const at = (level: LogLevel): LogFunction => {
    if (LEVELS[level] < LEVELS[options.level]) return nothing
    return (first: string | Readonly<Record<string, unknown>>, message?: string) => {
      const fields = typeof first === 'string' ? bound : { ...bound, ...first }
      const text = typeof first === 'string' ? first : (message ?? '')
      const line =
        options.pretty === true ? prettyLine(level, options.clock.now(), fields, text) : jsonLine(level, options.clock.now(), fields, text)
      options.write(options.redactor.redact(line))
    }
  }
  return {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
    child: (fields) => logger(options, { ...bound, ...fields }),
  }
}

function jsonLine(level: LogLevel, time: number, fields: Readonly<Record<string, unknown>>, msg: string): string {
  return JSON.stringify({ level: LEVELS[level], time, ...(plain(fields, 0) as object), msg })
}

function prettyLine(level: LogLevel, time: number, fields: Readonly<Record<string, unknown>>, msg: string): string {
  const at = new Date(time).toISOString().slice(11, 19)
  const rest = Object.entries(plain(fields, 0) as Record<string, unknown>).map(([key, value]) => {
    return `${key}=${typeof value === 'string' ? printable(value) : printable(JSON.stringify(value))}`
  })
  const label = colored(COLORS[level], level.toUpperCase().padEnd(5))
  return `${at} ${label} ${printable(msg)}${rest.length === 0 ? '' : ` ${colored(GRAY, rest.join(' '))}`}`
}

function colored(color: number, text: string): string {
  return `\u001b[${color}m${text}\u001b[39m`
}

/** Control characters from outside must reach neither a terminal nor the next line. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => (character === '\n' ? '⏎' : '·'))
}

/** A value as JSON can hold it: errors with their code, stack and cause; bytes and cycles named. */
function plain(value: unknown, depth: number): unknown {
  if (value instanceof Error) {
    const { name, message, stack, cause } = value
    const code = 'code' in value ? value.code : undefined
    return {
      type: name,
      message,
      ...(code === undefined ? {} : { code }),
      stack,
      ...(cause === undefined ? {} : { cause: depth >= DEEPEST ? '[deeper]' : plain(cause, depth + 1) }),
    }
  }
  if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return `[${value.byteLength} bytes]`
  if (depth >= DEEPEST) return '[deeper]'
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1))
  if ('toJSON' in value && typeof value.toJSON === 'function') return (value as { toJSON(): unknown }).toJSON()
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, depth + 1)]))
}

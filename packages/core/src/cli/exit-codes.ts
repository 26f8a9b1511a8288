import { codeOf, type ErrorCode } from '../contract/errors.ts'

/** How `bot` ends. `bot --help` and docs/cli.md list exactly these. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  config: 3,
  notFound: 4,
  unreachable: 5,
  interrupted: 130,
} as const

export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'done',
  failed: 'it was tried and failed, or a check of `bot doctor` failed',
  usage: 'the command line was not understood',
  config: 'the configuration, a secret or an extension stops it',
  notFound: 'there is no such delivery, room or address',
  unreachable: 'the bot or the address could not be reached, or another process holds the store',
  interrupted: 'stopped by a second signal before everything was finished',
}

const CODES: Partial<Record<ErrorCode, number>> = {
  BOT_USAGE: EXIT.usage,
  DELIVERY_NOT_FOUND: EXIT.notFound,
  BOT_CLOSED: EXIT.unreachable,
  STORE_LOCKED: EXIT.unreachable,
}

/** The exit code for an error. */
export function exitCodeOf(error: unknown): number {
  const code = codeOf(error)
  if (code === undefined) return EXIT.failed
  if (/^BOT_(?:CONFIG|SECRET|OPTIONS|EXTENSION|PLUGIN)/.test(code) || code.startsWith('LISTENER_')) return EXIT.config
  return CODES[code] ?? EXIT.failed
}

/** Time, chance and notes are handed in, so that tests move the clock and a seed repeats a run. */

export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Wall time in milliseconds since 1970. It may jump; durations use `monotonic`. */
  now(): number
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonic(): number
  /** Calls back once after `ms`. The timer keeps the process alive unless `background` is set. */
  after(ms: number, callback: () => void, options?: { readonly background?: boolean }): Timer
  /** Resolves after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export interface Random {
  /** At least 0, less than 1. Not for secrets. */
  float(): number
  /** A random UUID (version 4), fit for ids that must not be guessed. */
  uuid(): string
  /** Cryptographically strong in a real bot; repeatable in a seeded test. */
  bytes(length: number): Uint8Array
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'

/** The call shape of pino: `log.info({ room }, 'joined')` or `log.info('joined')`. Secrets are masked in everything. */
export interface Logger {
  trace: LogFunction
  debug: LogFunction
  info: LogFunction
  warn: LogFunction
  error: LogFunction
  fatal: LogFunction
  /** A logger that adds these fields to every record. */
  child(fields: Readonly<Record<string, unknown>>): Logger
}

export interface LogFunction {
  (fields: Readonly<Record<string, unknown>>, message: string): void
  (message: string): void
}

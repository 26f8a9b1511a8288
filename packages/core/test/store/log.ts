import type { Logger } from '../../src/contract/environment.ts'

const nothing = (): void => undefined

export const silentLog: Logger = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  fatal: nothing,
  child: () => silentLog,
}

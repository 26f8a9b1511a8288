import { codeOf, type BackendHost, type ErrorCode } from '@bot/core/backend'
import type { Deliveries } from './deliveries.ts'
import { take } from './directives.ts'
import type { Session } from './session.ts'
import type { Screen } from './terminal.ts'

export interface Loop {
  readonly screen: Screen
  readonly session: Session
  readonly deliveries: Deliveries
  readonly host: BackendHost
  readonly signal: AbortSignal
  /** Resolves when `signal` is aborted. */
  readonly aborted: Promise<void>
}

/**
 * Takes text after text, until the input ends, the user quits, or the signal is aborted. In a script each text waits for the bot to be done with the
 * one before, so that a run reads the same every time.
 */
export async function readAll({ screen, session, deliveries, host, signal, aborted }: Loop): Promise<void> {
  const done = (): Promise<void> => (screen.interactive ? Promise.resolve() : Promise.race([deliveries.idle(), aborted]))
  for await (const text of screen.texts()) {
    if (signal.aborted) return
    host.alive()
    await takeOrTell(session, text)
    await done()
    if (session.ended || signal.aborted) return
  }
  await done()
}

/** Mistakes of the person at the terminal; everything else is the bot's trouble. */
const MISTAKES: ReadonlySet<ErrorCode> = new Set(['BOT_USAGE', 'BOT_ADDRESS_UNKNOWN', 'ROOM_NOT_JOINED', 'ROOM_NOT_FOUND'] as const)

async function takeOrTell(session: Session, text: string): Promise<void> {
  try {
    await take(session, text)
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined) throw error
    const { message } = error as Error
    await session.note(MISTAKES.has(code) ? message : `The bot did not take that (${code}): ${message}`)
  }
}

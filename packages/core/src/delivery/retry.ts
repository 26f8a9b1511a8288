import { codeOf } from '../contract/errors.ts'
import type { Random } from '../contract/environment.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** How long anything is tried again before it is a dead letter. */
export const GIVE_UP_MS = 24 * HOUR
export const GIVE_UP_ATTEMPTS = 10

/**
 * Whether the store failed under whoever used it, so that the same may work later. `STORE_VALUE` is not that: the value was refused, and will be again.
 */
export function storeFailed(error: unknown): boolean {
  const code = codeOf(error)
  return code !== undefined && code.startsWith('STORE_') && code !== 'STORE_VALUE'
}

/** What to do after a send failed. */
export type SendVerdict =
  /** Not sent: again after the pause. */
  | { readonly do: 'retry'; readonly afterMs: number }
  /** Perhaps sent: after the pause find out, or send again where the network recognises it. */
  | { readonly do: 'find-out'; readonly afterMs: number }
  /** Never again. */
  | { readonly do: 'give-up' }

/**
 * The one place that decides about sending again, by error code. `failures` counts those of this message so far. What carries no code of ours may have been
 * sent.
 */
export function judgeSend(error: unknown, failures: number, random: Random): SendVerdict {
  const code = codeOf(error)
  switch (code) {
    case 'BACKEND_RATE_LIMITED': {
      const asked = (error as { readonly retryAfterMs?: number }).retryAfterMs
      return { do: 'retry', afterMs: asked ?? backoffMs(failures, 5 * MINUTE, random) }
    }
    case 'BACKEND_NOT_CONNECTED':
    case 'BACKEND_AUTH':
    case 'BACKEND_UNAVAILABLE':
      return { do: 'retry', afterMs: backoffMs(failures, MINUTE, random) }
    case 'BACKEND_REFUSED':
    case 'BACKEND_TOO_LONG':
    case 'BACKEND_UNSUPPORTED':
    case 'BOT_CONTENT':
    case 'BOT_IDENTIFIER':
    case 'BOT_ADDRESS_UNKNOWN':
    case 'BOT_ADDRESS_AMBIGUOUS':
    case 'ROOM_NOT_FOUND':
    case 'ROOM_NOT_JOINED':
    case 'ROOM_REFUSED':
      return { do: 'give-up' }
    default:
      return { do: 'find-out', afterMs: backoffMs(failures, MINUTE, random) }
  }
}

/** 1 s, doubling, up to the cap; of that between a half and the whole, so that many do not come back together. */
export function backoffMs(attempt: number, capMs: number, random: Random): number {
  const full = Math.min(capMs, SECOND * 2 ** Math.min(attempt - 1, 30))
  return full * (0.5 + random.float() / 2)
}

/**
 * The pause before a sink's or a schedule's handler is run again, or undefined when it is a dead letter. Ten attempts spread over about half a day:
 * 1 s, 4 s, 16 s … 6 h.
 */
export function handlerRetryMs(attempts: number, ageMs: number, random: Random): number | undefined {
  if (attempts >= GIVE_UP_ATTEMPTS || ageMs >= GIVE_UP_MS) return undefined
  return Math.min(6 * HOUR, SECOND * 4 ** (attempts - 1)) * (0.75 + random.float() / 4)
}

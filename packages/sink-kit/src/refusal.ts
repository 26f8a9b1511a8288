import { codeOf, type BotError } from '@bot/core/backend'
import { retryAfter } from './problem.ts'

/** What a caller is told about an error: nothing internal, and never another status than the error deserves. */
export interface Refusal {
  readonly status: number
  readonly detail: string
  readonly headers?: Readonly<Record<string, string>>
}

const RETRY_MS = 5000

/** The refusal for an error of ours; every other error is a fault of this side, and the caller shall come again. */
export function refusalOf(error: unknown): Refusal {
  switch (codeOf(error)) {
    case 'SINK_PAYLOAD':
      return { status: 400, detail: (error as BotError).message }
    case 'SINK_CONVERSATION_FORBIDDEN':
      return { status: 403, detail: 'This sink may not post to that conversation.' }
    case 'SINK_CONVERSATION_UNKNOWN':
    case 'BOT_ADDRESS_UNKNOWN':
    case 'BOT_INSTANCE_UNKNOWN':
    case 'BOT_IDENTIFIER':
    case 'ROOM_NOT_FOUND':
      return { status: 404, detail: 'There is no such conversation.' }
    case 'BOT_ADDRESS_AMBIGUOUS':
      return { status: 409, detail: 'Several conversations answer to that name; use the canonical identifier.' }
    default: {
      const pauseMs = (error as Partial<BotError> | undefined)?.retryAfterMs ?? RETRY_MS
      return { status: 503, detail: 'The post could not be taken and was not kept. Try again later.', headers: retryAfter(pauseMs) }
    }
  }
}

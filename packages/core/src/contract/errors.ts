/**
 * Every code a {@link BotError} can carry, with one sentence on when. Match on the code, never on the message or the class: an application
 * may hold two copies of this package. `docs/errors.md` lists exactly these; a test compares both ways.
 */
export const ERROR_CODES = {
  BOT_CLOSED: 'The bot is stopping or has stopped and takes nothing new.',
  BOT_BUSY: 'The backlog has reached its bound; `retryAfterMs` says when to try again.',
  BOT_CONFIG: 'The configuration has a key or a value that is not allowed; the message names the key, what was found and what is allowed.',
  BOT_CONFIG_NOT_FOUND: 'There is no configuration file where one was looked for.',
  BOT_CONFIG_LOAD: 'The configuration file, or a file it names, could not be read or run.',
  BOT_SECRET_MISSING: 'The configuration refers to an environment variable or a file that is not there.',
  BOT_OPTIONS: 'The options of an extension do not match its schema.',
  BOT_EXTENSION_NOT_FOUND: 'The configuration names an extension that no direct dependency of the application and no given path offers.',
  BOT_EXTENSION_DUPLICATE: 'Two packages offer an extension of the same kind and name.',
  BOT_EXTENSION_MANIFEST: 'A path was given as an extension, but its package.json is absent, is not JSON, or has no usable "bot" field.',
  BOT_EXTENSION_CONTRACT: 'An extension was written for another number of the contract.',
  BOT_EXTENSION_LOAD: 'The extension is installed, but importing it failed; `cause` has the reason.',
  BOT_EXTENSION_SHAPE: 'The extension was imported, but its default export is not the module that its manifest promises.',
  BOT_PLUGIN: 'A plugin is not what `definePlugin` makes, or two plugins claim the same name or command.',
  BOT_IDENTIFIER: 'A text is not a canonical identifier.',
  BOT_INSTANCE_UNKNOWN: 'An identifier or a setting names a backend instance that this bot does not run.',
  BOT_ADDRESS_UNKNOWN: 'Nobody and no room answers to that address.',
  BOT_ADDRESS_AMBIGUOUS: 'Several people or rooms answer to that address.',
  BOT_CONTENT: 'What was to be sent is not content, or it is empty.',
  BOT_USAGE: 'A command line was not understood.',
  BACKEND_UNSUPPORTED: 'The chat service, or this backend for it, cannot do that.',
  BACKEND_NOT_CONNECTED: 'There is no connection; the message was not sent.',
  BACKEND_UNAVAILABLE: 'The service could not be reached or answered with a temporary failure; the message was not sent.',
  BACKEND_RATE_LIMITED: 'The service asked for a pause; `retryAfterMs` says how long. The message was not sent.',
  BACKEND_OUTCOME_UNKNOWN: 'The message may or may not have been sent: the connection failed after it was handed over.',
  BACKEND_REFUSED: 'The service refused the message for good; sending it again cannot help.',
  BACKEND_TOO_LONG: 'The message does not fit even after splitting.',
  BACKEND_AUTH: 'The service refused the credentials; reconnecting cannot help until they change.',
  BACKEND_PROTOCOL: 'The service sent something that breaks its own protocol.',
  ROOM_NOT_FOUND: 'There is no such room, or the bot may not see it.',
  ROOM_NOT_JOINED: 'The bot has to be in the room for that.',
  ROOM_REFUSED: 'The service refused to do that to the room.',
  SINK_CONVERSATION_UNKNOWN:
    'The delivery names a conversation that is neither an alias, nor a canonical identifier, nor a room of the sink.',
  SINK_CONVERSATION_FORBIDDEN: 'The sink may not post to that conversation.',
  SINK_PAYLOAD: 'The delivery is not what the sink understands.',
  SINK_UNAUTHORIZED: 'The delivery carries no valid proof of who sent it.',
  LISTENER_CERTIFICATE: 'The certificate or its key is missing, unreadable, expired, mismatched or readable by others.',
  LISTENER_ADDRESS: 'The address cannot be bound: it is taken, not of this machine, or needs more rights.',
  LISTENER_EXPOSED: 'Something without authentication, or without TLS, was about to listen beyond this machine.',
  LISTENER_PATH: 'The path is already mounted on that listener.',
  STORE_LOCKED: 'Another process holds the store.',
  STORE_CORRUPT: 'The store file is damaged; it was left as it is.',
  STORE_FULL: 'The store could not write: the disk is full or the quota is reached. Nothing was accepted.',
  STORE_FAILED: 'The store failed; nothing of the commit was kept.',
  STORE_FENCED: 'The lease under which the write was made has passed to another process; nothing of the commit was kept.',
  STORE_VALUE: 'A key or a value cannot be kept: it is not well-formed text, or not JSON. Trying again cannot help.',
  STORE_VERSION: 'The store was written by a newer version of this package.',
  DELIVERY_NOT_FOUND: 'There is no delivery with that id.',
} as const

/** A code of the table {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES

export interface BotErrorOptions {
  /** How long to wait before trying again, in milliseconds. */
  readonly retryAfterMs?: number
  /** What went wrong underneath. It goes to the log, never into a chat. */
  readonly cause?: unknown
}

/**
 * The one error class. The message says what was attempted, with what, and what to do next; it holds no secret, so it may stand in a log.
 * Third parties use these codes too; what the service said in its own words goes into `cause`.
 */
export class BotError extends Error {
  override readonly name = 'BotError'
  readonly code: ErrorCode
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, message: string, options: BotErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retryAfterMs = options.retryAfterMs
  }
}

/** The code of anything thrown, or undefined where it carries none of ours. Works across copies of this package. */
export function codeOf(error: unknown): ErrorCode | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  const { code } = error
  return typeof code === 'string' && Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : undefined
}

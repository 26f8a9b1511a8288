import { BotError } from '../contract/errors.ts'
import type { Json } from '../contract/events.ts'
import type { Write } from '../contract/store.ts'

/** Orders keys by code point, as SQLite orders their UTF-8 bytes. JavaScript's own order puts U+10000 and above before U+E000. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index)
    const right = b.charCodeAt(index)
    if (left !== right) return rank(left) - rank(right)
  }
  return a.length - b.length
}

/** Moves surrogates behind every other code unit. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000
}

/** Throws `STORE_VALUE` for a write whose keys some store could not give back as they are. */
export function checkWrite(write: Write): void {
  switch (write.op) {
    case 'inbox.add':
      checkText('inbox id', write.row.id)
      checkText('source', write.row.source)
      checkText('lane', write.row.lane)
      if (write.row.trace !== undefined) checkText('trace', write.row.trace)
      return
    case 'outbox.add':
      checkText('outbox key', write.row.key)
      checkText('instance', write.row.instance)
      checkText('lane', write.row.lane)
      if (write.row.trace !== undefined) checkText('trace', write.row.trace)
      return
    case 'kv.put':
    case 'kv.delete':
    case 'kv.update':
      checkText('namespace', write.ns)
      checkText('key', write.key)
      return
    case 'blob.put':
    case 'blob.delete':
      checkText('blob id', write.id)
      return
    default:
  }
}

function checkText(what: string, text: string): void {
  // Half a surrogate pair becomes U+FFFD in UTF-8, and Node 22 reads a text back only up to U+0000: two keys could become one.
  if (typeof text === 'string' && text.isWellFormed() && !text.includes('\0')) return
  throw new BotError('STORE_VALUE', `The ${what} ${JSON.stringify(text)} cannot be stored: use well-formed Unicode text without U+0000.`)
}

/** The value as JSON text. Throws `STORE_VALUE` for what JSON cannot say, naming where it was to be kept. */
export function toJson(value: Json, where: string): string {
  let text: string | undefined
  let cause: unknown
  try {
    text = JSON.stringify(value)
  } catch (error) {
    cause = error
  }
  if (text !== undefined) return text
  throw new BotError('STORE_VALUE', `The value for ${where} cannot be stored: it is not JSON.`, { cause })
}

/** What an update makes of the current value. Throws `STORE_VALUE` for an asynchronous function, and what the function throws. */
export function updated(write: Extract<Write, { op: 'kv.update' }>, current: Json | undefined): Json | undefined {
  const value: unknown = write.update(current)
  if (value instanceof Promise) {
    // Its outcome belongs to nobody any more; without this a rejection would end the process.
    value.catch(() => undefined)
    throw new BotError('STORE_VALUE', `The update of "${write.key}" in "${write.ns}" is asynchronous. Use a synchronous pure function.`)
  }
  return value as Json | undefined
}

/** The refusal of a commit whose lease has passed on. */
export function fenced(name: string): BotError {
  return new BotError(
    'STORE_FENCED',
    `The lease "${name}" is no longer held: another process has taken it, or it was released. Nothing was written.`,
  )
}

/** The refusal of anything asked of a store that is not open. */
export function notOpen(): BotError {
  return new BotError('STORE_FAILED', 'The store is not open. Call `open` first.')
}

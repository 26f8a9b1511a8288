import { BotError } from '@bot/core/backend'

const MAX_DEPTH = 64

/**
 * Reads JSON that comes from outside. Throws `SINK_PAYLOAD` for what is not JSON, is nested deeper than 64, or has a key that could reach an
 * object's prototype. Of a key that stands twice in an object the last one counts.
 */
export function parseJson(text: string): unknown {
  // Before parsing: the parser itself takes any depth, and whoever walks the result afterwards would run out of stack.
  if (deeperThan(text, MAX_DEPTH)) throw new BotError('SINK_PAYLOAD', `The body is nested deeper than ${MAX_DEPTH} levels.`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new BotError('SINK_PAYLOAD', 'The body is not JSON.')
  }
  refusePrototypeKeys(value)
  return value
}

function deeperThan(text: string, limit: number): boolean {
  let depth = 0
  let position = 0
  while (position < text.length) {
    const code = text.charCodeAt(position)
    if (code === 0x22) {
      position = endOfString(text, position)
    } else if (code === 0x5b || code === 0x7b) {
      depth += 1
      if (depth > limit) return true
    } else if (code === 0x5d || code === 0x7d) {
      depth -= 1
    }
    position += 1
  }
  return false
}

/** The position of the quote that ends the string which begins at `start`; strings may be megabytes long, so it jumps. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0
    while (text.charCodeAt(quote - 1 - backslashes) === 0x5c) backslashes += 1
    if (backslashes % 2 === 0) return quote
  }
  return text.length
}

function refusePrototypeKeys(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  if (Object.hasOwn(value, '__proto__')) throw new BotError('SINK_PAYLOAD', 'The body holds the key "__proto__", which is not allowed.')
  const constructor: unknown = Object.hasOwn(value, 'constructor') ? (value as { constructor: unknown }).constructor : undefined
  if (typeof constructor === 'object' && constructor !== null && Object.hasOwn(constructor, 'prototype')) {
    throw new BotError('SINK_PAYLOAD', 'The body holds the key "constructor.prototype", which is not allowed.')
  }
  for (const child of Object.values(value)) refusePrototypeKeys(child)
}

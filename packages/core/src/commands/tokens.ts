/*
 * Words as in a POSIX shell, and as telephones type them. White space of any kind separates; '…' is literal; "…" knows \" \\ and \newline; a backslash
 * outside takes the next character as it is. Typographic quotes work like double and single ones, and a block fenced with ``` is one word without its
 * fence. Unlike in a shell, a single quote between or behind letters is an apostrophe: `don't` needs no backslash.
 */

export interface Word {
  readonly text: string
  /** Where it stands in the source: from `start` up to, not including, `end`. */
  readonly start: number
  readonly end: number
  /** Whether any of it was quoted or escaped. */
  readonly quoted: boolean
}

/** A quote, a fence or a JSON value that does not end. */
export interface Unended {
  readonly unended: 'quote' | 'fence' | 'escape' | 'json'
  readonly start: number
  readonly end: number
}

const DOUBLE: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['“', '”“'],
  ['”', '”'],
  ['„', '“”'],
  ['«', '»'],
  ['»', '«»'],
  ['＂', '＂'],
])
const SINGLE: ReadonlyMap<string, string> = new Map([
  ["'", "'"],
  ['‘', '’'],
  ['‚', '‘’'],
  ['‹', '›'],
  ['›', '‹›'],
])
const FENCE = '```'
const SPACE = /\s/u
const ALPHANUMERIC = /[\p{L}\p{N}]/u
/** What a fence may name as its language before the first line break. */
const FENCE_LANGUAGE = /^[\w+#.-]*[ \t]*\r?\n/

/** Reads a command line from left to right. */
export class Scanner {
  readonly source: string
  position = 0

  constructor(source: string) {
    this.source = source
  }

  /** Skips white space; false at the end. */
  more(): boolean {
    while (this.position < this.source.length && this.#isSpace(this.position)) this.position++
    return this.position < this.source.length
  }

  /** Takes what a sticky expression finds here. */
  take(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.position
    const found = expression.exec(this.source)
    if (found !== null) this.position = expression.lastIndex
    return found
  }

  /** The word that begins exactly here; empty before white space and at the end. */
  word(): Word | Unended {
    const { source } = this
    const start = this.position
    if (source.startsWith(FENCE, start)) return this.#fenced()
    let text = ''
    let quoted = false
    while (this.position < source.length && !this.#isSpace(this.position)) {
      const at = this.position
      const character = source[at] as string
      const closers = DOUBLE.get(character) ?? (this.#isApostrophe(at, start) ? undefined : SINGLE.get(character))
      if (character === '\\') {
        if (at + 1 >= source.length) return { unended: 'escape', start: at, end: source.length }
        if (source[at + 1] !== '\n') text += source[at + 1]
        this.position += 2
        quoted = true
      } else if (closers !== undefined) {
        const part = this.#quoted(closers, DOUBLE.has(character))
        if (part === undefined) return { unended: 'quote', start: at, end: source.length }
        text += part
        quoted = true
      } else {
        text += character
        this.position++
      }
    }
    return { text, start, end: this.position, quoted }
  }

  /** A JSON object or list that begins here, to its closing bracket; undefined where none begins. */
  json(): Word | Unended | undefined {
    const { source } = this
    const start = this.position
    if (source[start] !== '{' && source[start] !== '[') return undefined
    let depth = 0
    let isText = false
    for (let at = start; at < source.length; at++) {
      const character = source[at] as string
      if (isText && character === '\\') at++
      else if ('"“”'.includes(character)) isText = !isText
      else if (!isText && (character === '{' || character === '[')) depth++
      else if (!isText && (character === '}' || character === ']') && --depth === 0) {
        this.position = at + 1
        return { text: source.slice(start, at + 1), start, end: at + 1, quoted: true }
      }
    }
    this.position = source.length
    return { unended: 'json', start, end: source.length }
  }

  /** Everything from here on, as typed. */
  rest(): Word {
    const start = this.position
    this.position = this.source.length
    const text = this.source.slice(start).trimEnd()
    return { text, start, end: start + text.length, quoted: true }
  }

  #isSpace(at: number): boolean {
    return SPACE.test(this.source[at] as string)
  }

  #isApostrophe(at: number, start: number): boolean {
    return at > start && ALPHANUMERIC.test(this.source[at - 1] as string)
  }

  /** What stands between quotes; undefined where they do not end. */
  #quoted(closers: string, isDouble: boolean): string | undefined {
    const { source } = this
    let text = ''
    for (let at = this.position + 1; at < source.length; at++) {
      const character = source[at] as string
      const next = source[at + 1] ?? ''
      if (isDouble && character === '\\' && (next === '\\' || next === '\n' || next === '"' || closers.includes(next))) {
        if (next !== '\n') text += next
        at++
      } else if (closers.includes(character) && (isDouble || !this.#isInWord(at))) {
        this.position = at + 1
        return text
      } else {
        text += character
      }
    }
    return undefined
  }

  #isInWord(at: number): boolean {
    return ALPHANUMERIC.test(this.source[at - 1] ?? '') && ALPHANUMERIC.test(this.source[at + 1] ?? '')
  }

  #fenced(): Word | Unended {
    const { source } = this
    const start = this.position
    const end = source.indexOf(FENCE, start + FENCE.length)
    if (end === -1) return { unended: 'fence', start, end: source.length }
    const inner = source.slice(start + FENCE.length, end)
    const text = inner.replace(FENCE_LANGUAGE, '').replace(/\r?\n$/, '')
    this.position = end + FENCE.length
    return { text, start, end: this.position, quoted: true }
  }
}

/** All words of a line, or what does not end. */
export function tokenise(source: string): readonly Word[] | Unended {
  const scanner = new Scanner(source)
  const words: Word[] = []
  while (scanner.more()) {
    const word = scanner.word()
    if ('unended' in word) return word
    words.push(word)
  }
  return words
}

/** A text as it has to be typed to be one word that is nothing else. */
export function quote(text: string): string {
  return /^[\p{L}\p{N}_.,:/@%+][\p{L}\p{N}_.,:/@%+=-]*$/u.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`
}

import type { MarkdownText } from '../contract/content.ts'
import { md } from '../content/md.ts'

/** Why a command line was not understood, for the one who typed it. */
export interface UsageProblem {
  /** In one or two sentences. */
  readonly message: string
  /** The message, the line with a mark under what is meant, and the usage. */
  readonly text: MarkdownText
  /** The keys of required arguments that were not given: ask for them. Empty where something else is wrong. */
  readonly missing: readonly string[]
}

/** What is wrong, and where in the arguments' text it stands. */
export interface Fault {
  readonly message: string
  readonly start: number
  readonly end: number
}

/** A line as it was typed, for pointing at parts of it. */
export interface TypedLine {
  /** What stood before the arguments: prefix and name, with the space behind. */
  readonly lead: string
  readonly text: string
  readonly usage: string
}

const SHOWN = 100
const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uFF01-\uFF60]/u
const NARROW = /[\p{M}\p{Cf}]/u

export function faultProblem({ message, start, end }: Fault, line: TypedLine): UsageProblem {
  const pointed = pointAt(`${line.lead}${line.text}`, line.lead.length + start, line.lead.length + end)
  const text = md`
    ${message}

    ${codeBlock(pointed)}

    Usage: ${code(line.usage)}
  `
  return { message, text, missing: [] }
}

/** What is wrong where there is nothing to point at. */
export function plainProblem(message: string, line: TypedLine, missing: readonly string[] = []): UsageProblem {
  const text = md`
    ${message}

    Usage: ${code(line.usage)}
  `
  return { message, text, missing }
}

/** The line of the source that holds the part, with carets below it. A long line is cut where an ellipsis says so. */
export function pointAt(source: string, start: number, end: number): string {
  const lineStart = source.lastIndexOf('\n', start - 1) + 1
  const nextBreak = source.indexOf('\n', start)
  const lineEnd = nextBreak === -1 ? source.length : nextBreak
  const from = start - lineStart > SHOWN / 2 ? start - SHOWN / 2 : lineStart
  const to = Math.min(lineEnd, from + SHOWN)
  const before = shown(source.slice(from, start))
  const part = shown(source.slice(start, Math.min(Math.max(end, start), to)))
  const head = from > lineStart ? `…${before}` : before
  const tail = `${shown(source.slice(start, to)).slice(part.length)}${to < lineEnd ? '…' : ''}`
  return `${head}${part}${tail}\n${' '.repeat(width(head))}${'^'.repeat(Math.max(1, width(part)))}`
}

export function code(value: string): MarkdownText {
  return { type: 'markdown', blocks: [{ type: 'paragraph', children: [{ type: 'code', text: value }] }] }
}

export function codeBlock(value: string): MarkdownText {
  return { type: 'markdown', blocks: [{ type: 'code', text: value }] }
}

/** Control characters would move the mark away from what it points at. */
function shown(text: string): string {
  return text.toWellFormed().replace(/\p{Cc}/gu, ' ')
}

/** How many columns of a fixed-width font a text takes. */
function width(text: string): number {
  let columns = 0
  for (const character of text) columns += WIDE.test(character) ? 2 : NARROW.test(character) ? 0 : 1
  return columns
}

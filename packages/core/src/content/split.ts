import type { MessageLimits } from '../contract/backend.ts'
import type { Block, Content, FileRef } from '../contract/content.ts'
import { BotError } from '../contract/errors.ts'
import { textInlines } from './inlines.ts'
import { plainBlocks, plainInlines } from './plain.ts'
import { Line, RANK } from './span.ts'

const DEFAULT_FILES = 10

/**
 * Splits one message into as few parts as a network's limits need, in order, losing nothing: between paragraphs where that fills a part
 * well, else between lines, sentences, words, and only then within a word; never within a character. Card and actions go with the last
 * part, files with the first that have room. Throws `BACKEND_TOO_LONG` where a single character, the card or the actions alone do not fit.
 */
export function fit(content: Content, limits: MessageLimits): readonly Content[] {
  const { blocks, files = [], ...tail } = content
  const room = Math.max(0, Math.floor(limits.files ?? DEFAULT_FILES))
  if (files.length <= room && limits.measure(content) <= limits.max) return [content]
  const parts = withFiles(
    splitBlocks(blocks, (part) => limits.measure(part) <= limits.max),
    files,
    room,
    limits,
  )
  return tail.card === undefined && tail.actions === undefined ? parts : withTail(parts, tail, limits)
}

type Fits = (part: Content) => boolean

function splitBlocks(blocks: readonly Block[], fits: Fits): readonly Content[] {
  const parts: Content[] = []
  let line = new Line(divideHeaders(blocks, fits))
  let from = 0
  let guess = 256
  while (from < line.shadow.length) {
    const reach = furthest(line, from, guess, fits)
    if (reach === from) {
      const rest = line.slice(from, line.shadow.length)
      line = new Line(simplified(rest))
      from = 0
      continue
    }
    const { end, next } = choose(line, from, reach, fits)
    const part = line.slice(from, end)
    if (part.length > 0) parts.push({ blocks: part })
    guess = Math.max(16, end - from)
    from = next
  }
  return parts
}

/**
 * The furthest position up to which everything from `from` on fits in one part; grows from a guess, so that no test looks at much more than
 * a part.
 */
function furthest(line: Line, from: number, guess: number, fits: Fits): number {
  const total = line.shadow.length
  const ok = (to: number) => fits({ blocks: line.slice(from, to) })
  let low = from
  let high = Math.min(total, from + guess)
  while (ok(high)) {
    if (high === total) return total
    low = high
    high = Math.min(total, from + (high - from) * 2)
  }
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if (ok(middle)) low = middle
    else high = middle
  }
  return graphemeStart(line, from, low) === from && low > from && !ok(nextGrapheme(line, from)) ? from : low
}

/** The best place to cut so that the part ends at or before `reach`. */
function choose(line: Line, from: number, reach: number, fits: Fits): { readonly end: number; readonly next: number } {
  if (reach >= line.shadow.length) return { end: line.shadow.length, next: line.shadow.length }
  const floor = from + (reach - from) / 2
  const best: number[] = []
  for (let at = reach; at > from; at -= 1) {
    const rank = line.rank[at] ?? 0
    if (best[rank] === undefined && line.cutAt(at, from).end <= reach) best[rank] = at
  }
  const good = [RANK.block, RANK.line, RANK.sentence].map((rank) => best[rank]).filter((at) => at !== undefined && at >= floor)
  const rest = [RANK.word, RANK.sentence, RANK.line, RANK.block].map((rank) => best[rank] ?? -1)
  const candidates = [...good, Math.max(...rest), best[RANK.none], reach].filter((at): at is number => at !== undefined && at > from)
  for (const candidate of candidates) {
    const at = (line.rank[candidate] ?? 0) > RANK.none ? candidate : graphemeStart(line, from, candidate)
    if (at <= from) continue
    const cut = line.cutAt(at, from)
    if (cut.end > from && fits({ blocks: line.slice(from, cut.end) })) return cut
  }
  const one = nextGrapheme(line, from)
  return { end: one, next: one }
}

// Made when first needed: it costs more than everything else in this file, and most messages are never split.
let segmenter: Intl.Segmenter | undefined
function graphemes(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  return segmenter.segment(text)
}
const GRAPHEME_WINDOW = 64

/** The last position up to `at` that does not cut a character as people see it. */
function graphemeStart(line: Line, from: number, at: number): number {
  const begin = Math.max(from, at - GRAPHEME_WINDOW)
  const window = line.shadow.slice(begin, at + GRAPHEME_WINDOW)
  const segment = graphemes(window).containing(at - begin)
  if (segment === undefined) return at
  const start = begin + segment.index
  if (start > from || begin > from) return start > begin || begin === from ? start : codePointStart(line, at)
  return start
}

function codePointStart(line: Line, at: number): number {
  return /^[\uDC00-\uDFFF]/.test(line.shadow[at] ?? '') && /[\uD800-\uDBFF]/.test(line.shadow[at - 1] ?? '') ? at - 1 : at
}

function nextGrapheme(line: Line, from: number): number {
  const first = graphemes(line.shadow.slice(from, from + GRAPHEME_WINDOW)).containing(0)
  return from + Math.max(1, first?.segment.length ?? 1)
}

/** A header that leaves no room for rows is not worth repeating: such a table becomes lines. */
function divideHeaders(blocks: readonly Block[], fits: Fits): readonly Block[] {
  return blocks.flatMap((block): readonly Block[] => {
    if (block.type !== 'table' || fits({ blocks: [{ ...block, rows: block.rows.slice(0, 1) }] })) return [block]
    return simplified([block])
  })
}

/** Takes the formatting off the first block, where it leaves no room for text. */
function simplified(blocks: readonly Block[]): readonly Block[] {
  const [first, ...rest] = blocks
  if (first === undefined || isPlain(first)) {
    throw new BotError(
      'BACKEND_TOO_LONG',
      'A single character of the message is longer than one message may be; the limit of the backend is too small for any text.',
    )
  }
  const text = first.type === 'table' ? plainRows(first) : plainBlocks([first])
  return [{ type: 'paragraph', children: textInlines(text) }, ...rest]
}

function isPlain(block: Block): boolean {
  return block.type === 'paragraph' && block.children.every((inline) => inline.type === 'text' || inline.type === 'break')
}

function plainRows(table: Extract<Block, { type: 'table' }>): string {
  return [table.header, ...table.rows].map((row) => row.map((cell) => plainInlines(cell)).join(' | ')).join('\n')
}

function withFiles(parts: readonly Content[], files: readonly FileRef[], room: number, limits: MessageLimits): readonly Content[] {
  if (files.length === 0) return parts
  if (room === 0) throw new BotError('BACKEND_TOO_LONG', `The message has ${files.length} files, and one message there may have none.`)
  const waiting = [...files]
  const filled = parts.map((part) => {
    let count = Math.min(room, waiting.length)
    while (count > 0 && limits.measure({ ...part, files: waiting.slice(0, count) }) > limits.max) count -= 1
    return count === 0 ? part : { ...part, files: waiting.splice(0, count) }
  })
  while (waiting.length > 0) {
    let count = Math.min(room, waiting.length)
    while (count > 1 && limits.measure({ blocks: [], files: waiting.slice(0, count) }) > limits.max) count -= 1
    const part = { blocks: [], files: waiting.splice(0, count) }
    if (limits.measure(part) > limits.max) throw tooLong('A file', limits.measure(part), limits.max)
    filled.push(part)
  }
  return filled
}

function withTail(parts: readonly Content[], tail: Omit<Content, 'blocks' | 'files'>, limits: MessageLimits): readonly Content[] {
  const last = parts.at(-1) ?? { blocks: [] }
  const before = parts.slice(0, -1)
  const whole = { ...last, ...tail }
  if (limits.measure(whole) <= limits.max) return [...before, whole]
  const alone: Content = { blocks: [], ...tail }
  const size = limits.measure(alone)
  if (size > limits.max) throw tooLong('The card with its actions', size, limits.max)
  if (last.files !== undefined || size > limits.max / 2) return [...parts, alone]
  // Buttons stand below some of the text rather than alone.
  const shared = splitBlocks(last.blocks, (part) => limits.measure({ ...part, ...tail }) <= limits.max)
  return [...before, ...shared.slice(0, -1), { ...shared.at(-1), ...alone, blocks: shared.at(-1)?.blocks ?? [] }]
}

function tooLong(what: string, size: number, max: number): BotError {
  return new BotError('BACKEND_TOO_LONG', `${what} measures ${size}, and one message there may measure ${max}; shorten it.`)
}

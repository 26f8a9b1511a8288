import type { Block, Inline, TableCell } from '../contract/content.ts'

/*
 * A message as a line of positions, so that it can be cut anywhere: each character has one, a break, a mention and the end of a paragraph,
 * cell or code block have one each. `shadow` shows what stands at each position, `rank` how good a place to cut it is.
 */

/**
 * How good it is to cut at a position: the greater the better. Inside a link, a mention or code it is forbidden as long as there is another
 * way.
 */
export const RANK = { forbidden: 0, none: 1, word: 2, sentence: 3, line: 4, block: 5 } as const

/** What stands at the position of something that is not a character. */
const END = '\u0003'
const ATOM = '\u0001'

interface Range {
  readonly start: number
  readonly end: number
}

/** The positions of a block; `groups` are those of a quote's content or a list's items, `rows` those of a table. */
interface Span extends Range {
  readonly block: Block
  readonly groups?: readonly Group[]
  readonly rows?: readonly Row[]
}

interface Group extends Range {
  readonly spans: readonly Span[]
}

interface Row extends Range {
  readonly cells: readonly (Range & { readonly inlines: readonly Inline[] })[]
}

export class Line {
  readonly shadow: string
  readonly rank: Uint8Array
  readonly #spans: readonly Span[]

  constructor(blocks: readonly Block[]) {
    const writer = new Writer()
    this.#spans = blocks.map((block) => writer.block(block, RANK.block))
    this.shadow = writer.shadow.join('')
    this.rank = Uint8Array.from(writer.rank)
  }

  /** The blocks of the positions from `from` up to but not including `to`. */
  slice(from: number, to: number): readonly Block[] {
    return sliceAll(this.#spans, from, to)
  }

  /**
   * Where to cut at `position`: the end of what comes before and the beginning of what comes after; white space between the two is dropped.
   */
  cutAt(position: number, from: number): { readonly end: number; readonly next: number } {
    if (this.shadow[position] === END) return { end: position + 1, next: position + 1 }
    const isSpace = (at: number) => (this.rank[at] ?? 0) > RANK.none && /[ \t\n]/.test(this.shadow[at] ?? '')
    if (!isSpace(position)) return { end: position, next: position }
    let end = position
    let next = position + 1
    if (this.shadow[position] === '\n') return { end, next }
    while (end > from + 1 && this.shadow[end - 1] === ' ' && isSpace(end - 1)) end -= 1
    while (this.shadow[next] === ' ' && isSpace(next)) next += 1
    return { end, next }
  }
}

class Writer {
  readonly shadow: string[] = []
  readonly rank: number[] = []

  block(block: Block, rank: number): Span {
    const start = this.rank.length
    switch (block.type) {
      case 'paragraph':
      case 'heading':
        this.#inlines(block.children, false)
        break
      case 'code':
        for (const character of block.text.split(''))
          this.#put(character, character === '\n' ? RANK.line : character === ' ' ? RANK.word : RANK.none)
        break
      case 'rule':
        break
      case 'quote': {
        const spans = block.children.map((child) => this.block(child, RANK.line))
        if (spans.length === 0) this.#put(END, rank)
        return { start, end: this.rank.length, block, groups: [{ start, end: this.rank.length, spans }] }
      }
      case 'list': {
        const groups = block.items.map((item) => {
          const begin = this.rank.length
          const spans = item.map((child) => this.block(child, RANK.line))
          if (spans.length === 0) this.#put(END, RANK.line)
          return { start: begin, end: this.rank.length, spans }
        })
        this.#raiseLast(rank)
        return { start, end: this.rank.length, block, groups }
      }
      case 'table': {
        const rows = block.rows.map((row): Row => {
          const begin = this.rank.length
          const cells = row.map((cell, index) => this.#cell(cell, index === row.length - 1 ? RANK.line : RANK.none))
          return { start: begin, end: this.rank.length, cells }
        })
        if (rows.length === 0) this.#put(END, rank)
        this.#raiseLast(rank)
        return { start, end: this.rank.length, block, rows }
      }
    }
    this.#put(END, rank)
    return { start, end: this.rank.length, block }
  }

  #cell(cell: TableCell, rank: number): Row['cells'][number] {
    const start = this.rank.length
    this.#inlines(cell, false)
    this.#put(END, rank)
    return { start, end: this.rank.length, inlines: cell }
  }

  #inlines(inlines: readonly Inline[], kept: boolean): void {
    for (const inline of inlines) {
      if (inline.type === 'text') this.#text(inline.text, kept)
      else if (inline.type === 'code') this.#text(inline.text, true)
      else if (inline.type === 'break') this.#put('\n', kept ? RANK.forbidden : RANK.line)
      else if (inline.type === 'mention') this.#put(ATOM, RANK.none)
      else {
        if (inline.type === 'link' && inline.children.length === 0) this.#put(ATOM, RANK.none)
        const start = this.rank.length
        this.#inlines(inline.children, kept || inline.type === 'link')
        // To cut before the first character is to cut before the link.
        if (inline.type === 'link' && !kept) this.#allowAt(start)
      }
    }
  }

  #text(text: string, kept: boolean): void {
    const start = this.rank.length
    for (let at = 0; at < text.length; at += 1) {
      const character = text[at] ?? ''
      if (kept) this.#put(character, RANK.forbidden)
      else if (character !== ' ' && character !== '\t') this.#put(character, RANK.none)
      else this.#put(character, /[.!?…。！？]["')\]”’]?$/.test(text.slice(Math.max(0, at - 2), at)) ? RANK.sentence : RANK.word)
    }
    if (kept) this.#allowAt(start)
  }

  #allowAt(position: number): void {
    if (this.rank[position] === RANK.forbidden) this.rank[position] = RANK.none
  }

  #raiseLast(rank: number): void {
    if (this.rank.length > 0) this.rank[this.rank.length - 1] = Math.max(rank, this.rank.at(-1) ?? 0)
  }

  #put(character: string, rank: number): void {
    this.shadow.push(character)
    this.rank.push(rank)
  }
}

function sliceAll(spans: readonly Span[], from: number, to: number): readonly Block[] {
  const blocks: Block[] = []
  for (let index = firstBehind(spans, from); index < spans.length; index += 1) {
    const span = spans[index]
    if (span === undefined || span.start >= to) break
    if (from <= span.start && to >= span.end) blocks.push(span.block)
    else blocks.push(...sliceSpan(span, from, to))
  }
  return blocks
}

/** The index of the first span that ends behind `from`. */
function firstBehind(spans: readonly Range[], from: number): number {
  let low = 0
  let high = spans.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((spans[middle]?.end ?? 0) > from) high = middle
    else low = middle + 1
  }
  return low
}

function sliceSpan(span: Span, from: number, to: number): readonly Block[] {
  const { block, groups = [], rows = [] } = span
  if (block.type === 'list') return sliceList(block, groups, from, to)
  if (block.type === 'table') return sliceTable(block, rows, from, to)
  if (block.type === 'quote') {
    const children = groups.flatMap(({ spans }) => sliceAll(spans, from, to))
    return children.length === 0 ? [] : [{ ...block, children }]
  }
  // The last position is the end; nothing of the block is left when only it remains.
  if (from > span.start && from >= span.end - 1) return []
  const [start, end] = [from - span.start, to - span.start]
  if (block.type === 'code') return [{ ...block, text: block.text.slice(Math.max(0, start), end) }]
  if (block.type === 'paragraph' || block.type === 'heading') return [{ ...block, children: sliceInlines(block.children, start, end) }]
  return [block]
}

/** The rest of an item that began in an earlier part stands without a marker: its number is said already. */
function sliceList(block: Extract<Block, { type: 'list' }>, groups: readonly Group[], from: number, to: number): readonly Block[] {
  const before: Block[] = []
  const items: (readonly Block[])[] = []
  const first = firstBehind(groups, from)
  let start = block.start + first
  for (let index = first; index < groups.length; index += 1) {
    const group = groups[index]
    if (group === undefined || group.start >= to) break
    if (group.start >= from) items.push(sliceAll(group.spans, from, to))
    else {
      before.push(...sliceAll(group.spans, from, to))
      start += 1
    }
  }
  return items.length === 0 ? before : [...before, { ...block, start: block.ordered ? start : block.start, items }]
}

function sliceTable(block: Extract<Block, { type: 'table' }>, rows: readonly Row[], from: number, to: number): readonly Block[] {
  if (rows.length === 0) return [block]
  const kept: (readonly TableCell[])[] = []
  for (let index = firstBehind(rows, from); index < rows.length; index += 1) {
    const row = rows[index]
    if (row === undefined || row.start >= to) break
    const cells = row.cells.map((cell) => sliceInlines(cell.inlines, from - cell.start, to - cell.start))
    if (row.start >= from || cells.some((cell) => cell.length > 0)) kept.push(cells)
  }
  return kept.length === 0 ? [] : [{ ...block, rows: kept }]
}

function sliceInlines(inlines: readonly Inline[], from: number, to: number): readonly Inline[] {
  const kept: Inline[] = []
  let at = 0
  for (const inline of inlines) {
    if (at >= to) break
    const length = lengthOf(inline)
    const [start, end] = [from - at, to - at]
    at += length
    if (at <= from) continue
    if (start <= 0 && end >= length) kept.push(inline)
    else if (inline.type === 'text' || inline.type === 'code') kept.push({ ...inline, text: inline.text.slice(Math.max(0, start), end) })
    else if ('children' in inline) kept.push({ ...inline, children: sliceInlines(inline.children, start, end) })
  }
  return kept
}

function lengthOf(inline: Inline): number {
  if (inline.type === 'text' || inline.type === 'code') return inline.text.length
  if (!('children' in inline)) return 1
  const length = inline.children.reduce((sum, child) => sum + lengthOf(child), 0)
  return inline.type === 'link' && inline.children.length === 0 ? 1 : length
}

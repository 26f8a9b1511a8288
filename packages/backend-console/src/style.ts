import { styleText } from 'node:util'
import { cells, widthOf } from './text.ts'

/** The looks a piece of text can have; names of `node:util`'s `styleText`. */
export type Style =
  'bold' | 'dim' | 'italic' | 'underline' | 'strikethrough' | 'inverse' | 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan' | 'gray'

/** A piece of a line. Its text is inert already. */
export interface Span {
  readonly text: string
  readonly styles?: readonly Style[]
  /** Where it leads, as a terminal hyperlink. Made by {@link hyperlink} only. */
  readonly url?: string
}

/** One line of output, without its line feed. */
export type Line = readonly Span[]

export function span(text: string, ...styles: readonly Style[]): Span {
  return styles.length === 0 ? { text } : { text, styles }
}

/** The address for a hyperlink, in printable ASCII, or undefined for what a terminal should not open. */
export function hyperlink(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined
  const { protocol, href } = new URL(url)
  return ['http:', 'https:', 'mailto:'].includes(protocol) ? href.replace(/[^\x21-\x7e]/g, encodeURIComponent) : undefined
}

/** A line as the terminal gets it. The only place that makes escape sequences for text. */
export function paint(line: Line, color: boolean): string {
  if (!color) return line.map(({ text }) => text).join('')
  return line
    .map(({ text, styles, url }) => {
      const styled = styles === undefined || text === '' ? text : styleText([...styles], text, { validateStream: false })
      return url === undefined ? styled : `\x1b]8;;${url}\x1b\\${styled}\x1b]8;;\x1b\\`
    })
    .join('')
}

export function widthOfLine(line: Line): number {
  return line.reduce((sum, { text }) => sum + widthOf(text), 0)
}

/** Puts the same thing in front of every line: a gutter, a bar, an indent; `first` in front of the first, where it differs. */
export function prefixed(lines: readonly Line[], rest: Line, first: Line = rest): Line[] {
  return lines.map((line, index) => [...(index === 0 ? first : rest), ...line])
}

/** Cuts a line at the line feeds in its spans. */
export function splitLines(line: Line): Line[] {
  const lines: Span[][] = [[]]
  for (const part of line) {
    for (const [index, text] of part.text.split('\n').entries()) {
      if (index > 0) lines.push([])
      if (text !== '') (lines.at(-1) as Span[]).push({ ...part, text })
    }
  }
  return lines
}

interface Cell {
  readonly text: string
  readonly width: number
  readonly from: Span
}

/** Breaks a line at spaces, or between wide characters, so that no part is wider than `width`; longer words are cut. Loses nothing but the spaces at the breaks. */
export function wrap(line: Line, width: number): Line[] {
  if (widthOfLine(line) <= width) return [line]
  const all: Cell[] = line.flatMap((from) => [...cells(from.text)].map((cell) => ({ ...cell, from })))
  const lines: Line[] = []
  let start = 0
  let taken = 0
  let breakAt = 0
  for (let index = 0; index < all.length; index++) {
    const cell = all[index] as Cell
    const before = all[index - 1]
    if (index > start && before !== undefined && cell.text !== ' ' && (before.text === ' ' || before.width === 2 || cell.width === 2)) {
      breakAt = index
    }
    if (taken + cell.width > width && cell.text !== ' ' && index > start) {
      const end = breakAt > start ? breakAt : index
      lines.push(joinCells(all.slice(start, end)))
      start = end
      taken = all.slice(start, index).reduce((sum, { width: w }) => sum + w, 0)
    }
    taken += cell.width
  }
  lines.push(joinCells(all.slice(start)))
  return lines
}

function joinCells(line: readonly Cell[]): Line {
  const end = line.findLastIndex(({ text }) => text !== ' ') + 1
  const joined: Span[] = []
  let from: Span | undefined
  for (const cell of line.slice(0, end)) {
    const last = joined.at(-1)
    if (last !== undefined && cell.from === from) joined[joined.length - 1] = { ...last, text: last.text + cell.text }
    else joined.push({ ...cell.from, text: cell.text })
    from = cell.from
  }
  return joined
}

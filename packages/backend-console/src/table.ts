import type { Block, TableCell } from '@bot/core/backend'
import { inlineSpans, type View } from './render.ts'
import { span, widthOfLine, wrap, type Line, type Span, type Style } from './style.ts'

const LEAST = 6
const BETWEEN = ' │ '

/**
 * A table in columns as wide as what they hold. Where that is wider than the terminal the widest columns are narrowed and their cells wrapped; where
 * even that does not fit, each row becomes a list of `header: value`.
 */
export function tableLines(table: Extract<Block, { type: 'table' }>, view: View): Line[] {
  const rows = [table.header, ...table.rows]
  const columns = Math.max(...rows.map((row) => row.length))
  const cells = rows.map((row, index) => Array.from({ length: columns }, (_, column) => cellSpans(row[column] ?? [], view, index === 0)))
  const natural = Array.from({ length: columns }, (_, column) => Math.max(...cells.map((row) => widthOfLine(row[column] ?? []))))
  const widths = fitted(natural, view.width - BETWEEN.length * (columns - 1))
  if (widths === undefined) return stacked(cells, view)
  const ruled = [span(widths.map((width) => '─'.repeat(width)).join('─┼─'), 'dim')]
  const [header, ...body] = cells.map((row) => rowLines(row, widths))
  return [...(header as Line[]), ruled, ...body.flat()]
}

function cellSpans(cell: TableCell, view: View, header: boolean): Line {
  const styles: readonly Style[] = header ? ['bold'] : []
  return inlineSpans(cell, view, styles).map((part) => ({ ...part, text: part.text.replaceAll('\n', ' ') }))
}

function fitted(natural: readonly number[], available: number): number[] | undefined {
  const widths = [...natural]
  let excess = widths.reduce((sum, width) => sum + width, 0) - available
  while (excess > 0) {
    const most = Math.max(...widths)
    if (most <= LEAST) return undefined
    widths[widths.indexOf(most)] = most - 1
    excess--
  }
  return widths
}

function rowLines(row: readonly Line[], widths: readonly number[]): Line[] {
  const wrapped = row.map((cell, column) => wrap(cell, widths[column] as number))
  const height = Math.max(...wrapped.map((lines) => lines.length))
  return Array.from({ length: height }, (_, index) =>
    wrapped.flatMap((lines, column): Span[] => {
      const line = lines[index] ?? []
      const last = column === wrapped.length - 1
      const gap = ' '.repeat((widths[column] as number) - widthOfLine(line))
      return last ? [...line] : [...line, span(gap), span(BETWEEN, 'dim')]
    }),
  )
}

function stacked([header = [], ...rows]: readonly (readonly Line[])[], view: View): Line[] {
  return rows.flatMap((row, index) => {
    const lines = row.flatMap((cell, column) => wrap([...(header[column] ?? []), span(': '), ...cell], view.width))
    return index === 0 ? lines : [[span('──', 'dim')], ...lines]
  })
}

import type { Card, CardField } from '@bot/core/backend'
import { blockLines, linkSpans, narrower, widest, type View } from './render.ts'
import { prefixed, span, splitLines, widthOfLine, wrap, type Line, type Span, type Style } from './style.ts'
import { inert, inertLine } from './text.ts'

const GAP = 3

/** A card as a box with a bar in its colour. It is open to the right: terminals disagree on how wide an emoji is, and a torn edge looks worse than none. */
export function cardLines(card: Card, view: View): Line[] {
  const inside = narrower(view, 2)
  const parts: readonly Line[][] = [
    titleLines(card, inside),
    blockLines(card.body ?? [], inside),
    fieldLines(card.fields ?? [], inside),
    [...pictureLines('image', card.image, inside), ...pictureLines('thumbnail', card.thumbnail, inside)],
  ].filter((lines) => lines.length > 0)
  const lines: Line[] = parts.length === 0 ? wrap([span(inertLine(card.summary ?? ''))], inside.width) : parts.flatMap(withGap)
  const style = styleOf(card.color)
  const edge = '━'.repeat(Math.min(widest(lines), 60) + 1)
  return [[span(`┏${edge}`, style)], ...prefixed(lines, [span('┃ ', style)]), [span(`┗${edge}`, style)]]
}

function withGap(lines: Line[], index: number): Line[] {
  return index === 0 ? lines : [[], ...lines]
}

function titleLines(card: Card, view: View): Line[] {
  if (card.title === undefined && card.link === undefined) return []
  const title = span(inertLine(card.title ?? ''), 'bold')
  return wrap(card.link === undefined ? [title] : linkSpans([title], card.link, view), view.width)
}

/** Short fields stand two in a row where both fit into half the width. */
function fieldLines(fields: readonly CardField[], view: View): Line[] {
  const half = Math.floor((view.width - GAP) / 2)
  const drawn = fields.map((field) => ({ lines: oneField(field, view), short: field.short === true }))
  const isHalf = ({ lines, short }: (typeof drawn)[number]): boolean => short && lines.length === 1 && widest(lines) <= half
  const column = widest(drawn.filter(isHalf).flatMap(({ lines }) => lines)) + GAP
  const rows: Line[] = []
  let left: Line | undefined
  for (const field of drawn) {
    const [only = []] = field.lines
    if (!isHalf(field)) {
      rows.push(...field.lines)
      left = undefined
    } else if (left === undefined) {
      rows.push(only)
      left = only
    } else {
      rows[rows.length - 1] = [...left, span(' '.repeat(column - widthOfLine(left))), ...only]
      left = undefined
    }
  }
  return rows
}

function oneField(field: CardField, view: View): Line[] {
  const name: Span = span(`${inertLine(field.name)}: `, 'dim')
  return splitLines([name, span(inert(field.value))]).flatMap((line) => wrap(line, view.width))
}

function pictureLines(what: string, url: string | undefined, view: View): Line[] {
  return url === undefined ? [] : wrap([span(`${what}: `, 'dim'), ...linkSpans([], url, view)], view.width)
}

const NAMED: Readonly<Record<string, Style>> = {
  red: 'red',
  orange: 'yellow',
  yellow: 'yellow',
  green: 'green',
  cyan: 'cyan',
  blue: 'blue',
  purple: 'magenta',
  magenta: 'magenta',
  pink: 'magenta',
  grey: 'gray',
  gray: 'gray',
}

/** The sixteen colours keep to what the user chose for the terminal, so a `#rrggbb` becomes the nearest of them by hue. */
function styleOf(color: string | undefined): Style {
  if (color === undefined) return 'dim'
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color)
  if (hex === null) return NAMED[color.toLowerCase()] ?? 'dim'
  const [red, green, blue] = hex.slice(1).map((part) => Number.parseInt(part, 16)) as [number, number, number]
  const most = Math.max(red, green, blue)
  const least = Math.min(red, green, blue)
  if (most - least < 32) return 'gray'
  const high = (value: number): boolean => value > (most + least) / 2
  const hues: readonly Style[] = ['gray', 'blue', 'green', 'cyan', 'red', 'magenta', 'yellow']
  return hues[(high(red) ? 4 : 0) + (high(green) ? 2 : 0) + (high(blue) ? 1 : 0)] ?? 'gray'
}

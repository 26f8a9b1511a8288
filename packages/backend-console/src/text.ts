import { eastAsianWidth } from 'get-east-asian-width'

/*
 * Text as a terminal sees it. Whatever comes from outside passes `inert` or `inertLine` before it is drawn, so that no control character of it reaches
 * the terminal; the escape sequences on the screen are those `paint` makes.
 */

const LINE_BREAK = /\r\n|[\n\r\u0085\u2028\u2029]/g
/** C0 without the line feed, DEL and C1, and the characters that reorder the text around them. */
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g
const TAB = '    '

/** Makes control characters visible: `␛` for ESC, `‹9b›` for the rest. Line breaks of every kind become line feeds. */
export function inert(text: string): string {
  return text.toWellFormed().replace(LINE_BREAK, '\n').replace(CONTROL, shown)
}

/** The same on one line: line breaks become spaces. For names, labels, addresses. */
export function inertLine(text: string): string {
  return inert(text).replaceAll('\n', ' ')
}

function shown(character: string): string {
  const code = character.charCodeAt(0)
  if (character === '\t') return TAB
  if (code < 0x20) return String.fromCharCode(0x2400 + code)
  if (code === 0x7f) return '␡'
  return `‹${code.toString(16)}›`
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const ASCII = /^[\x20-\x7e]*$/
const EMOJI = /^\p{RGI_Emoji}$/v
const COMBINING_ONLY = /^[\p{Mark}\p{Format}]+$/u

/** The characters of a text as people count them, each with the columns it takes. */
export function* cells(text: string): Generator<{ readonly text: string; readonly width: number }> {
  for (const { segment } of graphemes.segment(text)) yield { text: segment, width: cellWidth(segment) }
}

/**
 * How many columns a text takes: two for an emoji sequence and for what Unicode calls wide, none for marks without a base, else one; ambiguous
 * characters count as one, as terminals do outside East Asian locales.
 */
export function widthOf(text: string): number {
  if (ASCII.test(text)) return text.length
  let width = 0
  for (const cell of cells(text)) width += cell.width
  return width
}

function cellWidth(grapheme: string): number {
  if (ASCII.test(grapheme)) return grapheme.length
  if (EMOJI.test(grapheme) || grapheme.includes('\ufe0f')) return 2
  if (COMBINING_ONLY.test(grapheme)) return 0
  return eastAsianWidth(grapheme.codePointAt(0) as number)
}

/** How many lines of the terminal a text ends below its start, the cursor standing after it. */
export function rowsBelow(text: string, columns: number): number {
  const lines = text.split('\n')
  const last = lines.pop() as string
  const full = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0)
  return full + Math.floor(widthOf(last) / columns)
}

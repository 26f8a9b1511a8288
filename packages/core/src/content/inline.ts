import type { Token } from 'marked'
import type { Inline } from '../contract/content.ts'
import { cleanText, oneLine } from './clean.ts'
import type { Filling } from './filling.ts'
import { mergeTexts, textInlines } from './inlines.ts'
import { makeLink } from './link.ts'

/** How deep formatting may nest; what lies deeper stays as the text that was written. */
const MAX_DEPTH = 16

/** What the formatter writes between two marks that would otherwise run together. */
export const SEPARATOR = '<!---->'

const REFERENCE = /&(?:#(\d{1,7})|#[xX]([\dA-Fa-f]{1,6})|(amp|lt|gt|quot|apos|nbsp));/g
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00A0' }

/** Turns the parser's inline tokens into our tree; `filling` puts the values of a template in their places. */
export function toInlines(tokens: readonly Token[] | undefined, filling: Filling): readonly Inline[] {
  return filling.inlines(tidy(convert(tokens ?? [], filling, 0, false)))
}

/** Resolves the character references that people use; an unknown one stays as it was written. */
export function decodeReferences(text: string): string {
  const decoded = text.replace(REFERENCE, (_whole, decimal?: string, hexadecimal?: string, name?: string) => {
    if (name !== undefined) return NAMED[name] ?? ''
    return character(decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal))
  })
  return cleanText(decoded)
}

function character(code: number): string {
  const invalid = code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) || (code >= 0xfdd0 && code <= 0xfdef)
  if (invalid) return '\uFFFD'
  return code === 10 || code === 13 ? ' ' : String.fromCodePoint(code)
}

function convert(tokens: readonly Token[], filling: Filling, depth: number, inLink: boolean): Inline[] {
  return tokens.flatMap((token, index) => convertOne(trimmed(token, tokens, index, depth), filling, depth, inLink))
}

/** White space around a line break and at both ends of the whole is not part of the text, unless it was written as a reference. */
function trimmed(token: Token, tokens: readonly Token[], index: number, depth: number): Token {
  if (token.type !== 'text' || ('tokens' in token && token.tokens !== undefined)) return token
  // `raw`, for in `text` the parser has resolved some of the references and left others.
  let text = token.raw.replace(/[ \t]*\n[ \t]*/g, '\n')
  if (tokens[index - 1]?.type === 'br' || (index === 0 && depth === 0)) text = text.replace(/^[ \t]+/, '')
  if (tokens[index + 1]?.type === 'br' || (index === tokens.length - 1 && depth === 0)) text = text.replace(/[ \t]+$/, '')
  return { ...token, raw: text }
}

function convertOne(token: Token, filling: Filling, depth: number, inLink: boolean): readonly Inline[] {
  if (depth > MAX_DEPTH) return textInlines(token.raw)
  const inner = () => convert(token.type === 'text' || !('tokens' in token) ? [] : (token.tokens ?? []), filling, depth + 1, inLink)
  switch (token.type) {
    case 'text':
      if ('tokens' in token && token.tokens !== undefined) return convert(token.tokens, filling, depth, inLink)
      return textInlines(decodeReferences(token.raw))
    case 'escape':
      return textInlines(token.text)
    case 'strong':
      return [{ type: 'strong', children: inner() }]
    case 'em':
      return [{ type: 'emphasis', children: inner() }]
    case 'del':
      return [{ type: 'strike', children: inner() }]
    case 'codespan':
      return [{ type: 'code', text: filling.text(oneLine(token.text)) }]
    case 'br':
      return [{ type: 'break' }]
    case 'link':
    case 'image': {
      if (inLink) return inner()
      const autolink = token.type === 'link' && token.autolink === true
      const written = autolink ? textInlines(token.text) : convert(token.tokens ?? [], filling, depth + 1, true)
      const href = autolink ? token.href : oneLine(decodeReferences(token.href))
      return makeLink(filling.address(href), filling.inlines(tidy(written)), filling.text(href))
    }
    default:
      return token.raw === SEPARATOR ? [] : textInlines(token.raw)
  }
}

function tidy(inlines: readonly Inline[], parents: readonly string[] = []): readonly Inline[] {
  const flat = inlines.flatMap((inline): readonly Inline[] => {
    if (inline.type !== 'strong' && inline.type !== 'emphasis' && inline.type !== 'strike') return [inline]
    const children = tidy(inline.children, [...parents, inline.type])
    return children.length === 0 || parents.includes(inline.type) ? children : [{ type: inline.type, children }]
  })
  const merged = mergeTexts(flat)
  return parents.length === 0 ? withoutOuterBreaks(merged) : merged
}

function withoutOuterBreaks(inlines: readonly Inline[]): readonly Inline[] {
  const first = inlines.findIndex((inline) => inline.type !== 'break')
  const last = inlines.findLastIndex((inline) => inline.type !== 'break')
  return first < 0 ? [] : inlines.slice(first, last + 1)
}

import type { Block, Inline, MarkdownText, Mention } from '../contract/content.ts'
import { BotError } from '../contract/errors.ts'
import { type Identifier, nameOf } from '../contract/identifier.ts'
import { cleanText } from './clean.ts'
import type { Filling } from './filling.ts'
import { mergeTexts, textInlines } from './inlines.ts'
import { encodeAddress } from './link.ts'
import { parseFilled } from './markdown.ts'
import { plainBlocks, plainInlines } from './plain.ts'

/** What may stand in one place of an `md` template. */
export type MarkdownValue = string | number | bigint | boolean | Date | null | undefined | MarkdownText | Mention

/** What may be interpolated into an `md` template. */
export type Interpolation = MarkdownValue | readonly MarkdownValue[]

/*
 * A place is written into the source as noncharacters, which no text for interchange may contain: they are taken out of the template
 * itself, and values never pass through the parser. To the parser a place is a word.
 */
const OPEN = '\uFDD0'
const CLOSE = '\uFDEF'
const DIGIT_ZERO = 0xfdd1
const NONCHARACTERS = /[\uFDD0-\uFDEF]/g
const PLACE = /\uFDD0([\uFDD1-\uFDDA]+)\uFDEF/
const PLACES = new RegExp(PLACE.source, 'g')
const ONLY_PLACE = new RegExp(`^${PLACE.source}$`)

/**
 * Writes a message: what stands in the template is markdown, what is interpolated is inert text that can neither ping, link, format nor
 * inject. An `md` text is put in as it is, {@link mention} pings, an array is joined with commas (or, alone in its paragraph, gives its
 * `md` texts as blocks). In an address a value is percent-encoded. Common indentation is removed. Throws `BOT_CONTENT` for anything else,
 * errors among it.
 */
export function md(template: TemplateStringsArray, ...values: readonly Interpolation[]): MarkdownText {
  for (const value of values) for (const one of Array.isArray(value) ? value : [value]) check(one)
  const strings = template.map((part, index) => {
    if (part === undefined)
      throw new BotError(
        'BOT_CONTENT',
        `Part ${index + 1} of an md template has an escape that JavaScript does not know; write \\\\ for a backslash.`,
      )
    return part.replace(NONCHARACTERS, '\uFFFD')
  })
  const source = strings.map((part, index) => (index === 0 ? part : place(index - 1) + part)).join('')
  return { type: 'markdown', blocks: parseFilled(dedent(source), fillingOf(values)) }
}

/** Text that is shown exactly as it is, whatever is in it; a newline is a line break. */
export function text(value: string): MarkdownText {
  const children = textInlines(cleanText(value))
  return { type: 'markdown', blocks: children.length === 0 ? [] : [{ type: 'paragraph', children }] }
}

/** A mention to interpolate into an `md` template: the only way to ping. */
export function mention(who: Identifier): Mention {
  return { type: 'mention', who }
}

function place(index: number): string {
  return OPEN + [...String(index)].map((digit) => String.fromCharCode(DIGIT_ZERO + Number(digit))).join('') + CLOSE
}

function fillingOf(values: readonly Interpolation[]): Filling {
  const valueAt = (digits: string) => values[Number([...digits].map((digit) => digit.charCodeAt(0) - DIGIT_ZERO).join(''))]
  const fillText = (source: string) => source.replace(PLACES, (_whole, digits: string) => plainInlines(inlinesOf(valueAt(digits))))
  const fill = (inlines: readonly Inline[]): readonly Inline[] =>
    mergeTexts(
      inlines.flatMap((inline): readonly Inline[] => {
        if (inline.type === 'text') {
          // Every second part is the digits of a place.
          return inline.text.split(PLACE).flatMap((part, index) => (index % 2 === 0 ? textInlines(part) : inlinesOf(valueAt(part))))
        }
        return inline.type === 'strong' || inline.type === 'emphasis' || inline.type === 'strike'
          ? [{ type: inline.type, children: fill(inline.children) }]
          : [inline]
      }),
    )
  return {
    inlines: fill,
    text: fillText,
    address: (source) =>
      source.replace(PLACES, (_whole, digits: string, offset: number) =>
        encodeAddress(plainInlines(inlinesOf(valueAt(digits))), offset === 0),
      ),
    blocks: (source) => {
      const digits = ONLY_PLACE.exec(source)?.[1]
      return digits === undefined ? undefined : blocksOf(valueAt(digits))
    },
  }
}

function blocksOf(value: Interpolation): readonly Block[] | undefined {
  const list = Array.isArray(value) ? (value as readonly MarkdownValue[]) : [value as MarkdownValue]
  if (!list.some(isMarkdownText)) return undefined
  return list.flatMap((one): readonly Block[] => {
    if (isMarkdownText(one)) return one.blocks
    const children = inlinesOf(one)
    return children.length === 0 ? [] : [{ type: 'paragraph', children }]
  })
}

function inlinesOf(value: Interpolation): readonly Inline[] {
  if (Array.isArray(value)) {
    return (value as readonly MarkdownValue[]).flatMap((one, index) => [...(index === 0 ? [] : textInlines(', ')), ...inlinesOf(one)])
  }
  const one = value as MarkdownValue
  if (one === null || one === undefined) return []
  if (one instanceof Date) return textInlines(one.toISOString())
  if (typeof one !== 'object') return textInlines(cleanText(String(one)))
  if (one.type === 'mention')
    return [{ type: 'mention', who: one.who.toJSON(), label: `@${cleanText(nameOf(one.who)).replaceAll('\n', ' ')}` }]
  return one.blocks.flatMap((block, index) => [...(index === 0 ? [] : [{ type: 'break' } as const]), ...inlinesOfBlock(block)])
}

function inlinesOfBlock(block: Block): readonly Inline[] {
  return block.type === 'paragraph' || block.type === 'heading' ? block.children : textInlines(plainBlocks([block]))
}

function isMarkdownText(value: MarkdownValue): value is MarkdownText {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'markdown'
}

function check(value: unknown): void {
  if (value === null || ['string', 'number', 'bigint', 'boolean', 'undefined'].includes(typeof value)) return
  if (value instanceof Date && !Number.isNaN(value.getTime())) return
  if (typeof value === 'object' && !(value instanceof Error) && 'type' in value) {
    if (value.type === 'markdown' && 'blocks' in value && Array.isArray(value.blocks)) return
    if (value.type === 'mention' && 'who' in value && typeof value.who === 'object') return
  }
  const found =
    value instanceof Date
      ? 'an invalid date'
      : value instanceof Error
        ? 'an error'
        : Array.isArray(value)
          ? 'an array in an array'
          : `a ${typeof value}`
  throw new BotError(
    'BOT_CONTENT',
    `An md template was given ${found}; give text, a number, a date, an md text, mention(somebody), or an array of these.`,
  )
}

function dedent(source: string): string {
  const lines = source.split('\n')
  const indents = lines
    .slice(1)
    .filter((line) => line.trim() !== '')
    .map((line) => line.length - line.trimStart().length)
  const common = indents.length === 0 ? 0 : Math.min(...indents)
  return lines
    .map((line, index) => (index === 0 ? line : line.slice(Math.min(common, line.length - line.trimStart().length))))
    .join('\n')
    .trim()
}

import type { Block, Inline, TableCell } from '../contract/content.ts'
import { oneLine } from './clean.ts'
import { SEPARATOR } from './inline.ts'
import { mergeTexts, singleLine } from './inlines.ts'
import { plainInlines, prefixLines } from './plain.ts'

/**
 * The tree as markdown that `parseMarkdown` reads back as the same tree. Texts are escaped, so inert text stays inert; a mention becomes
 * the text of its label.
 */
export function toMarkdown(blocks: readonly Block[]): string {
  return joinBlocks(blocks, false)
}

/** `first` chooses the marker of a list that comes first: bullets in bullets would otherwise be a rule. */
function joinBlocks(blocks: readonly Block[], first: boolean): string {
  let markdown = ''
  let odd = false
  for (const [index, block] of blocks.entries()) {
    const previous = blocks[index - 1]
    // Two lists of a kind would become one if they used the same marker.
    odd = block.type === 'list' && previous?.type === 'list' && previous.ordered === block.ordered ? !odd : index === 0 && first
    if (index > 0) markdown += '\n\n'
    markdown += formatBlock(block, odd)
  }
  return markdown
}

function formatBlock(block: Block, odd: boolean): string {
  switch (block.type) {
    case 'paragraph':
      return formatLines(block.children)
    case 'heading':
      return `${'#'.repeat(block.level)} ${formatLine(block.children).replace(/(^|\s)(#+)$/, '$1\\$2')}`
    case 'code': {
      const fence = '`'.repeat(Math.max(3, longestRun(block.text) + 1))
      return `${fence}${block.language ?? ''}\n${block.text}${block.text === '' ? '' : '\n'}${fence}`
    }
    case 'quote':
      return prefixLines(joinBlocks(block.children, false), '> ', '> ')
    case 'list':
      return formatList(block, odd)
    case 'table':
      return [formatRow(block.header), `|${' --- |'.repeat(block.header.length)}`, ...block.rows.map(formatRow)].join('\n')
    case 'rule':
      return '___'
  }
}

function formatList(list: Extract<Block, { type: 'list' }>, odd: boolean): string {
  const bullet = odd ? '* ' : '- '
  const marker = (index: number) => (list.ordered ? `${Math.min(list.start + index, 999_999_999)}${odd ? ')' : '.'} ` : bullet)
  const items = list.items.map((item, index) => {
    const indent = marker(index).length
    return item.length === 0 ? marker(index).trimEnd() : prefixLines(joinBlocks(item, !odd), marker(index), ' '.repeat(indent))
  })
  const tight = list.items.every((item) => item.length === 1 && item[0]?.type === 'paragraph')
  return items.join(tight ? '\n' : '\n\n')
}

function formatRow(cells: readonly TableCell[]): string {
  return `|${cells.map((cell) => ` ${escapePipes(formatLine(cell))} |`).join('')}`
}

/** A pipe ends a cell even inside code, unless a backslash stands before it; the escapes of text have one already. */
function escapePipes(cell: string): string {
  return cell.replace(/(\\*)\|/g, (whole: string, slashes: string) => (slashes.length % 2 === 1 ? whole : `${slashes}\\|`))
}

function formatLine(inlines: readonly Inline[]): string {
  return guardEdges(formatInlines(singleLine(inlines)))
}

function formatLines(inlines: readonly Inline[]): string {
  const first = inlines.findIndex((inline) => inline.type !== 'break')
  const last = inlines.findLastIndex((inline) => inline.type !== 'break')
  const lines = formatInlines(inlines.slice(Math.max(0, first), last + 1)).split(BREAK)
  return lines.map((line) => escapeStart(guardEdges(line))).join(BREAK)
}

const BREAK = '\\\n'
type MarkedInline = Extract<Inline, { readonly type: 'strong' | 'emphasis' | 'strike' }>

function isMarked(inline: Inline): inline is MarkedInline {
  return inline.type === 'strong' || inline.type === 'emphasis' || inline.type === 'strike'
}

const MARKS = { strong: '**', emphasis: '*', strike: '~~' } as const

function formatInlines(inlines: readonly Inline[], within: readonly string[] = []): string {
  let markdown = ''
  const list = mergeTexts(inlines)
  for (const [index, inline] of list.entries()) {
    if (!isMarked(inline)) {
      if (inline.type === 'link') markdown = markdown.replace(/!$/, '\\!')
      markdown += formatLeaf(inline, within.includes('link'))
      continue
    }
    if (within.includes(inline.type)) {
      markdown += formatInlines(inline.children, within)
      continue
    }
    const inner = guardEdges(formatInlines(inline.children, [...within, inline.type]))
    if (inner === '') continue
    const before = [...markdown.slice(-2)].at(-1) ?? ''
    const after = firstCharacter(list[index + 1])
    // Stars within stars are counted against each other, so emphasis beside strong text is written with underscores, which need gaps around
    // them.
    const mixed = inline.type === 'emphasis' && (within.includes('strong') || inner.includes('**'))
    const start = mayTouch(before, firstOf(inner)) && !(mixed && !isGap(before)) ? '' : SEPARATOR
    const end = mayTouch(after, [...inner.slice(-2)].at(-1) ?? '') && !(mixed && !isGap(after)) ? '' : SEPARATOR
    const isFree = (start !== '' || isGap(before)) && (end !== '' || isGap(after))
    const mark = inline.type === 'emphasis' && isFree ? '_' : MARKS[inline.type]
    markdown += start + mark + inner + mark + end
  }
  return markdown
}

/** Whether a mark may stand between these two characters and still be read as a mark. */
function mayTouch(outside: string, inside: string): boolean {
  if (/[*_~]/.test(outside)) return false
  return isGap(outside) || /[\p{L}\p{N}]/u.test(inside)
}

function isGap(character: string): boolean {
  return character === '' || /[\s\p{P}$+<=>^`|~]/u.test(character)
}

function firstOf(text: string): string {
  return [...text.slice(0, 2)][0] ?? ''
}

function firstCharacter(inline: Inline | undefined): string {
  if (inline === undefined || inline.type === 'break') return ''
  if (inline.type === 'text') return firstOf(inline.text)
  if (inline.type === 'mention') return firstOf(inline.label)
  if (inline.type === 'code') return '`'
  if (inline.type === 'link') return '['
  return '*'
}

function formatLeaf(inline: Exclude<Inline, MarkedInline>, inLink: boolean): string {
  switch (inline.type) {
    case 'text':
      return escapeText(inline.text, inLink)
    case 'mention':
      return escapeText(inline.label, inLink)
    case 'break':
      return BREAK
    case 'code': {
      const text = oneLine(inline.text)
      const fence = '`'.repeat(longestRun(text) + 1)
      const padded = /^`|`$|^ .* $/.test(text) && text.trim() !== '' ? ` ${text} ` : text
      return `${fence}${padded}${fence}`
    }
    case 'link':
      return plainInlines(inline.children) === inline.url && /^https?:/.test(inline.url)
        ? `<${inline.url}>`
        : `[${guardEdges(formatInlines(inline.children, ['link']))}](<${inline.url.replaceAll('&', '&amp;')}>)`
  }
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length))
}

const SPECIAL = /[\\`*_[\]<>~&|@]|(?<=https?|ftp):(?=\/\/)|(?<=www)\.|(?!\x20)\s/giu

/** The parser looks for a link in a label after it has taken out the backslashes, so in a label what could make one is a reference. */
function escapeText(text: string, inLink = false): string {
  return text.replace(SPECIAL, (character) =>
    /\s/.test(character) || (inLink && /[[\]<:@.]/.test(character)) ? reference(character) : `\\${character}`,
  )
}

function escapeStart(line: string): string {
  return line.replace(/^([-+=#:])/, '\\$1').replace(/^(\d{1,9})([.)])/, '$1\\$2')
}

/** Spaces at an edge would be trimmed, or stop a mark from being one. */
function guardEdges(source: string): string {
  return source.replace(/^ /, '&#32;').replace(/(?<!^) $/, '&#32;')
}

function reference(character: string): string {
  return `&#${character.codePointAt(0)};`
}

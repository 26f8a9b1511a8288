import type { ContentFeature } from '../contract/backend.ts'
import type { Action, Block, Card, CardField, Content, FileRef, Inline } from '../contract/content.ts'
import { choicesOf } from './choices.ts'
import { textInlines } from './inlines.ts'
import { makeLink } from './link.ts'

/**
 * Says a message with what the network has: cards become text, actions numbered lines, mentions names, files a line that says what is
 * missing.
 */
export function degrade(content: Content, features: readonly ContentFeature[]): Content {
  const can = (feature: ContentFeature) => features.includes(feature)
  const { card, files = [], actions = [] } = content
  const blocks = [
    ...content.blocks,
    ...(card === undefined || can('cards') ? [] : cardBlocks(card)),
    ...(can('files') ? [] : files.map(fileBlock)),
    ...(can('actions') ? [] : actionBlocks(actions)),
  ]
  return {
    blocks: can('mentions') ? blocks : blocks.map(withoutMentions),
    ...(card === undefined || !can('cards') ? {} : { card: can('mentions') ? card : cardWithoutMentions(card) }),
    ...(files.length === 0 || !can('files') ? {} : { files }),
    ...(actions.length === 0 || !can('actions') ? {} : { actions }),
  }
}

function cardBlocks(card: Card): readonly Block[] {
  const { summary, title, link, body = [], fields = [], image, thumbnail } = card
  const heading =
    title === undefined
      ? link === undefined
        ? []
        : address(link)
      : link === undefined
        ? textInlines(title)
        : makeLink(link, textInlines(title), link)
  return [
    ...(summary === undefined || summary === title ? [] : paragraph(strong(summary))),
    ...(title === undefined ? paragraph(heading) : [{ type: 'heading', level: 3, children: heading } as const]),
    ...body,
    ...paragraph(fields.flatMap(fieldLine)),
    ...[image, thumbnail].flatMap((url) => (url === undefined ? [] : paragraph(address(url)))),
  ]
}

function fieldLine(field: CardField, index: number): readonly Inline[] {
  const line = [...strong(`${field.name}:`), ...textInlines(` ${field.value}`)]
  return index === 0 ? line : [{ type: 'break' }, ...line]
}

function actionBlocks(actions: readonly Action[]): readonly Block[] {
  const links = actions.filter((action) => action.type === 'link')
  const numbered = choicesOf(actions).flatMap(({ label }, index) => [...textInlines(`${index + 1}. ${label}`), { type: 'break' } as const])
  return [
    ...links.flatMap((action) => paragraph(makeLink(action.url, textInlines(action.label), action.url))),
    ...(numbered.length === 0 ? [] : paragraph([...numbered, ...textInlines('Reply with a number.')])),
  ]
}

function fileBlock(file: FileRef): Block {
  const alt = file.alt === undefined ? '' : ` ${file.alt}`
  return {
    type: 'paragraph',
    children: textInlines(`[file: ${file.name}, ${size(file.sizeBytes)}; this network cannot carry files]${alt}`),
  }
}

function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

function cardWithoutMentions(card: Card): Card {
  return card.body === undefined ? card : { ...card, body: card.body.map(withoutMentions) }
}

function withoutMentions(block: Block): Block {
  switch (block.type) {
    case 'paragraph':
    case 'heading':
      return { ...block, children: block.children.map(nameInstead) }
    case 'quote':
      return { ...block, children: block.children.map(withoutMentions) }
    case 'list':
      return { ...block, items: block.items.map((item) => item.map(withoutMentions)) }
    case 'table': {
      const row = (cells: typeof block.header) => cells.map((cell) => cell.map(nameInstead))
      return { ...block, header: row(block.header), rows: block.rows.map(row) }
    }
    default:
      return block
  }
}

function nameInstead(inline: Inline): Inline {
  if (inline.type === 'mention') return { type: 'text', text: inline.label }
  return 'children' in inline ? { ...inline, children: inline.children.map(nameInstead) } : inline
}

function address(url: string): readonly Inline[] {
  return makeLink(url, textInlines(url), url)
}

function strong(text: string): readonly Inline[] {
  return [{ type: 'strong', children: textInlines(text) }]
}

function paragraph(children: readonly Inline[]): readonly Block[] {
  return children.length === 0 ? [] : [{ type: 'paragraph', children }]
}

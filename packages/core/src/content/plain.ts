import type { Action, Block, Card, Content, Inline, TableCell } from '../contract/content.ts'

/** A whole message as plain text for people to read: a log, a terminal, a search, a network without any formatting. */
export function plainText(content: Content): string {
  const parts = [plainBlocks(content.blocks)]
  if (content.card !== undefined) parts.push(plainCard(content.card))
  for (const file of content.files ?? []) parts.push(`[file: ${file.name}]`)
  if (content.actions !== undefined && content.actions.length > 0) parts.push(content.actions.map(plainAction).join(' '))
  return parts.filter((part) => part !== '').join('\n\n')
}

/** Blocks as plain text, a blank line between them. */
export function plainBlocks(blocks: readonly Block[]): string {
  return blocks.map(plainBlock).join('\n\n')
}

/** Inlines as plain text: links as `label (url)`, mentions as their label. */
export function plainInlines(inlines: readonly Inline[]): string {
  return inlines.map(plainInline).join('')
}

function plainInline(inline: Inline): string {
  switch (inline.type) {
    case 'text':
    case 'code':
      return inline.text
    case 'break':
      return '\n'
    case 'mention':
      return inline.label
    case 'link':
      return plainLink(plainInlines(inline.children), inline.url)
    default:
      return plainInlines(inline.children)
  }
}

function plainLink(label: string, url: string): string {
  return label === '' || label === url || `mailto:${label}` === url || `http://${label}` === url
    ? url.replace(/^mailto:/, '')
    : `${label} (${url})`
}

function plainBlock(block: Block): string {
  switch (block.type) {
    case 'paragraph':
    case 'heading':
      return plainInlines(block.children)
    case 'code':
      return block.text
    case 'quote':
      return prefixLines(plainBlocks(block.children), '> ', '> ')
    case 'list':
      return plainList(block.items, (index) => (block.ordered ? `${block.start + index}. ` : '- '))
    case 'table':
      return plainTable([block.header, ...block.rows])
    case 'rule':
      return '---'
  }
}

function plainList(items: readonly (readonly Block[])[], marker: (index: number) => string): string {
  const lines = items.map((item, index) => {
    const text = item.map((block, at) => (at === 0 ? '' : block.type === 'list' ? '\n' : '\n\n') + plainBlock(block)).join('')
    return prefixLines(text, marker(index), ' '.repeat(marker(index).length))
  })
  return lines.join('\n')
}

/** Puts `first` in front of the first line and `rest` in front of the others. */
export function prefixLines(text: string, first: string, rest: string): string {
  return text
    .split('\n')
    .map((line, index) => {
      const prefix = index === 0 ? first : rest
      return line === '' ? prefix.trimEnd() : prefix + line
    })
    .join('\n')
}

function plainTable(rows: readonly (readonly TableCell[])[]): string {
  const texts = rows.map((row) => row.map((cell) => plainInlines(cell).replaceAll('\n', ' ')))
  const columns = Math.max(...texts.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...texts.map((row) => (row[column] ?? '').length)))
  return texts
    .map((row) =>
      widths
        .map((width, column) => (row[column] ?? '').padEnd(width))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function plainCard(card: Card): string {
  const lines = [card.summary, card.title, card.link].filter((line) => line !== undefined && line !== '')
  if (card.body !== undefined && card.body.length > 0) lines.push(plainBlocks(card.body))
  for (const field of card.fields ?? []) lines.push(`${field.name}: ${field.value}`)
  for (const address of [card.image, card.thumbnail]) if (address !== undefined) lines.push(address)
  return lines.join('\n')
}

function plainAction(action: Action): string {
  if (action.type === 'link') return `[${action.label}] (${action.url})`
  if (action.type === 'button') return `[${action.label}]`
  return `[${action.label}: ${action.options.map((option) => option.label).join(' / ')}]`
}

import { nameOf, reviveIdentifier, type Action, type Block, type Content, type FileRef, type Inline } from '@bot/core/backend'
import { cardLines } from './card.ts'
import { hyperlink, prefixed, span, splitLines, widthOfLine, wrap, type Line, type Span, type Style } from './style.ts'
import { tableLines } from './table.ts'
import { inert, inertLine } from './text.ts'

/** How a content tree is drawn. Pure: the same content and view make the same lines. */
export interface View {
  /** Whether colours and hyperlinks may be used; where not, what they tell is written out. */
  readonly color: boolean
  /** The columns to fit into; `Infinity` where lines are not to be wrapped. */
  readonly width: number
  /** The canonical id of the person at the terminal, whose mentions stand out more than others'. */
  readonly reader?: string
  /** Where each file of the content was saved. */
  readonly saved?: readonly string[]
}

/** Draws a message: its text, card, files and actions. `lead` stands in front of a first paragraph, or on a line of its own. */
export function contentLines(content: Content, view: View, lead: Line = []): Line[] {
  const files = (content.files ?? []).map((file, index) => fileLine(file, view.saved?.[index]))
  return [
    ...leadingLines(content.blocks, view, lead),
    ...(content.card === undefined ? [] : cardLines(content.card, view)),
    ...files.flatMap((line) => wrap(line, view.width)),
    ...actionLines(content.actions ?? [], view),
  ]
}

function leadingLines(blocks: readonly Block[], view: View, lead: Line): Line[] {
  const [first] = blocks
  if (lead.length === 0) return blockLines(blocks, view)
  if (first?.type !== 'paragraph') return [...wrap(lead, view.width), ...blockLines(blocks, view)]
  const lines = splitLines([...lead, span(' '), ...inlineSpans(first.children, view)]).flatMap((line) => wrap(line, view.width))
  return [...lines, ...blockLines(blocks, view).slice(flow(first.children, view).length)]
}

export function blockLines(blocks: readonly Block[], view: View): Line[] {
  return blocks.flatMap((block, index) => {
    const lines = oneBlock(block, view)
    return needsGap(blocks[index - 1], block) ? [[], ...lines] : lines
  })
}

function needsGap(before: Block | undefined, block: Block): boolean {
  if (before === undefined || before.type === 'heading') return false
  return !(before.type === 'paragraph' && block.type === 'list')
}

function oneBlock(block: Block, view: View): Line[] {
  switch (block.type) {
    case 'paragraph':
      return flow(block.children, view)
    case 'heading': {
      const mark = view.color ? [] : [span(`${'#'.repeat(block.level)} `)]
      const styles: readonly Style[] = block.level === 1 ? ['bold', 'underline'] : ['bold']
      return splitLines([...mark, ...inlineSpans(block.children, view, styles)]).flatMap((line) => wrap(line, view.width))
    }
    case 'code':
      return codeLines(block.text, block.language, view)
    case 'quote':
      return prefixed(blockLines(block.children, narrower(view, 2)), [span('▌ ', 'dim')])
    case 'list':
      return listLines(block, view)
    case 'table':
      return tableLines(block, view)
    case 'rule':
      return [[span('─'.repeat(Math.min(view.width, 40)), 'dim')]]
  }
}

function flow(children: readonly Inline[], view: View): Line[] {
  return splitLines(inlineSpans(children, view)).flatMap((line) => wrap(line, view.width))
}

function codeLines(text: string, language: string | undefined, view: View): Line[] {
  const bar = span('│ ', 'dim')
  const body = splitLines([span(inert(text.replace(/\n$/, '')), ...(view.color ? (['cyan'] as const) : []))])
  const lines = body.flatMap((line) => wrap(line, narrower(view, 2).width))
  const name = inertLine(language ?? '')
  return [[span(name === '' ? '┌──' : `┌─ ${name}`, 'dim')], ...prefixed(lines, [bar]), [span('└──', 'dim')]]
}

function listLines(list: Extract<Block, { type: 'list' }>, view: View): Line[] {
  const last = String(list.start + list.items.length - 1)
  return list.items.flatMap((item, index) => {
    const mark = list.ordered ? `${String(list.start + index).padStart(last.length)}. ` : '• '
    const lines = blockLines(item, narrower(view, mark.length)).filter((line) => line.length > 0)
    return prefixed(lines.length === 0 ? [[]] : lines, [span(' '.repeat(mark.length))], [span(mark, 'dim')])
  })
}

/** The spans of running text. Their texts may hold line feeds: see `splitLines`. */
export function inlineSpans(children: readonly Inline[], view: View, styles: readonly Style[] = []): Span[] {
  return children.flatMap((child): Span[] => {
    switch (child.type) {
      case 'text':
        return [span(inert(child.text), ...styles)]
      case 'break':
        return [span('\n')]
      case 'strong':
        return inlineSpans(child.children, view, [...styles, 'bold'])
      case 'emphasis':
        return inlineSpans(child.children, view, [...styles, 'italic'])
      case 'strike':
        return inlineSpans(child.children, view, [...styles, 'strikethrough'])
      case 'code':
        return view.color ? [span(inertLine(child.text), ...styles, 'cyan')] : [span(`\`${inertLine(child.text)}\``)]
      case 'link':
        return linkSpans(inlineSpans(child.children, view, [...styles, 'underline']), child.url, view)
      case 'mention': {
        const forReader = child.who.id === view.reader
        return [span(mentionText(child), ...styles, 'bold', forReader ? 'inverse' : 'magenta')]
      }
    }
  })
}

function mentionText(mention: Extract<Inline, { type: 'mention' }>): string {
  const label = inertLine(mention.label)
  if (label !== '') return label.startsWith('@') || label.startsWith('#') ? label : `@${label}`
  return `@${inertLine(nameOf(reviveIdentifier(mention.who)))}`
}

/** A label that leads somewhere. The address is written out where the label cannot be clicked, and where it looks like another address. */
export function linkSpans(label: readonly Span[], address: string, view: View): Span[] {
  const url = view.color ? hyperlink(address) : undefined
  const text = label.map((part) => part.text).join('')
  const written = inertLine(address)
  if (text === '' || text === written) return [{ ...span(written, 'underline'), ...(url === undefined ? {} : { url }) }]
  const linked = url === undefined ? label : label.map((part) => ({ ...part, url }))
  const misleading = /^\s*(\w+:\/\/|www\.)/.test(text)
  return url === undefined || misleading ? [...linked, span(` (${written})`, 'dim')] : [...linked]
}

function fileLine(file: FileRef, saved: string | undefined): Line {
  const alt = file.alt === undefined ? '' : ` “${inertLine(file.alt)}”`
  const where = saved === undefined ? '' : ` → ${inertLine(saved)}`
  return [span('📎 '), span(inertLine(file.name), 'bold'), span(`${alt} (${sizeText(file.sizeBytes)})`, 'dim'), span(where)]
}

function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** The actions side by side, as many on a line as fit. */
function actionLines(actions: readonly Action[], view: View): Line[] {
  let number = 0
  const shown = actions.flatMap((action): Line[] => {
    if (action.type === 'link') return [[span('['), ...linkSpans([span(inertLine(action.label))], action.url, view), span(']')]]
    if (action.type === 'button') {
      const style: Style = action.style === 'danger' ? 'red' : action.style === 'primary' ? 'green' : 'cyan'
      return [[span(`[${++number} ${inertLine(action.label)}]`, 'bold', style)]]
    }
    return [
      [span(`${inertLine(action.label)}:`)],
      ...action.options.map(({ label }) => [span(`[${++number} ${inertLine(label)}]`, 'bold', 'cyan')]),
    ]
  })
  const lines: Line[] = []
  for (const item of shown) {
    const last = lines.at(-1)
    if (last !== undefined && widthOfLine(last) + 1 + widthOfLine(item) <= view.width)
      lines[lines.length - 1] = [...last, span(' '), ...item]
    else lines.push(item)
  }
  return lines.flatMap((line) => wrap(line, view.width))
}

/** What `/press N K` can press, in the order of the numbers that `contentLines` shows. */
export function pressables(
  actions: readonly Action[] = [],
): { readonly action: string; readonly label: string; readonly value?: string }[] {
  return actions.flatMap((action) => {
    if (action.type === 'link') return []
    if (action.type === 'select') return action.options.map(({ label, value }) => ({ action: action.action, label, value }))
    return [{ action: action.action, label: action.label, ...(action.value === undefined ? {} : { value: action.value }) }]
  })
}

export function narrower(view: View, columns: number): View {
  return { ...view, width: Math.max(8, view.width - columns) }
}

/** The widest of some lines. */
export function widest(lines: readonly Line[]): number {
  return lines.reduce((most, line) => Math.max(most, widthOfLine(line)), 0)
}

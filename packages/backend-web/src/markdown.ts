import { parseMarkdown, type Block, type Identifier, type Inline } from '@bot/core/backend'

const MENTION = /(^|[^\p{L}\p{N}_@/.-])@([\p{L}\p{N}][\p{L}\p{N}._-]{0,31})/gu

export interface Typed {
  readonly blocks: readonly Block[]
  /** Whom the text mentions, each once. */
  readonly mentions: readonly Identifier[]
}

/** Reads what a person typed: markdown, in which `@name` of somebody known is a mention. */
export function readTyped(text: string, who: (name: string) => Identifier | undefined): Typed {
  const found = new Map<string, Identifier>()

  function inText(text: string): Inline[] {
    const parts: Inline[] = []
    let from = 0
    for (const match of text.matchAll(MENTION)) {
      // A full stop ends a sentence more often than a name.
      const name = match[2] as string
      const known = [name, name.replace(/[._-]+$/, '')].find((candidate) => who(candidate) !== undefined)
      const person = known === undefined ? undefined : who(known)
      if (known === undefined || person === undefined) continue
      const at = match.index + (match[1] as string).length
      if (at > from) parts.push({ type: 'text', text: text.slice(from, at) })
      parts.push({ type: 'mention', who: person.toJSON(), label: `@${known}` })
      found.set(person.id, person)
      from = at + 1 + known.length
    }
    if (from < text.length) parts.push({ type: 'text', text: text.slice(from) })
    return parts
  }

  function inlines(children: readonly Inline[]): readonly Inline[] {
    return children.flatMap((child): Inline[] => {
      if (child.type === 'text') return inText(child.text)
      if (child.type === 'strong' || child.type === 'emphasis' || child.type === 'strike')
        return [{ ...child, children: inlines(child.children) }]
      return [child]
    })
  }

  function block(part: Block): Block {
    switch (part.type) {
      case 'paragraph':
      case 'heading':
        return { ...part, children: inlines(part.children) }
      case 'quote':
        return { ...part, children: part.children.map(block) }
      case 'list':
        return { ...part, items: part.items.map((item) => item.map(block)) }
      case 'table':
        return { ...part, header: part.header.map(inlines), rows: part.rows.map((row) => row.map(inlines)) }
      default:
        return part
    }
  }

  const blocks = parseMarkdown(text).map(block)
  return { blocks, mentions: [...found.values()] }
}

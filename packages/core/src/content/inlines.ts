import type { Inline } from '../contract/content.ts'

/** Plain text as inlines, its newlines as breaks. */
export function textInlines(text: string): readonly Inline[] {
  const parts: Inline[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (index > 0) parts.push({ type: 'break' })
    if (line !== '') parts.push({ type: 'text', text: line })
  }
  return parts
}

/** Inlines for a place that holds one line: breaks become spaces. */
export function singleLine(inlines: readonly Inline[]): readonly Inline[] {
  return mergeTexts(
    inlines.map((inline): Inline => {
      if (inline.type === 'break') return { type: 'text', text: ' ' }
      return 'children' in inline ? { ...inline, children: singleLine(inline.children) } : inline
    }),
  )
}

/** Joins texts that stand side by side. */
export function mergeTexts(inlines: readonly Inline[]): readonly Inline[] {
  const merged: Inline[] = []
  for (const inline of inlines) {
    const last = merged.at(-1)
    if (inline.type === 'text' && last?.type === 'text') merged[merged.length - 1] = { type: 'text', text: last.text + inline.text }
    else if (inline.type !== 'text' || inline.text !== '') merged.push(inline)
  }
  return merged
}

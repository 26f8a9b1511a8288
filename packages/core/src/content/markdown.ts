import type { Block } from '../contract/content.ts'

export function parseMarkdown(_markdown: string): readonly Block[] {
  throw new Error('pending')
}

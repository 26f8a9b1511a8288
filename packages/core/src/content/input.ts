import type { Content } from '../contract/content.ts'

export function markdownContent(_markdown: string): Content {
  throw new Error('pending')
}
export function textContent(_text: string): Content {
  throw new Error('pending')
}

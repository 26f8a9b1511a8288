import type { Content } from '../contract/content.ts'

export function plainText(_content: Content): string {
  throw new Error('pending')
}

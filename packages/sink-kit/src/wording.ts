import { markdownContent, textContent, type MarkdownText } from '@bot/core/backend'

/** Whether a text has nothing that anybody could see. */
export function isBlank(text: string): boolean {
  return /^[\s\p{Cc}\p{Cf}]*$/u.test(text)
}

/**
 * What to say for a text: the markdown itself, or the text as it stands where it is markdown for nothing, such as `#` or a link definition: what was
 * posted is said, not dropped.
 */
export function wordingOf(text: string): string | MarkdownText {
  return markdownContent(text).blocks.length > 0 ? text : { type: 'markdown', blocks: textContent(text).blocks }
}

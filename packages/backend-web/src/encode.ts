import { BotError, plainText, type BackendHost, type Content } from '@bot/core/backend'
import type { StoredContent, StoredFile } from './archive.ts'
import type { Chat } from './chat.ts'
import { described } from './files.ts'

/** Turns what the bot says into what is stored; the page draws the content tree itself. Files are copied, but for those the message has already. */
export async function storeContent(
  chat: Chat,
  host: BackendHost,
  content: Content,
  message: string,
  present: readonly StoredFile[] = [],
): Promise<StoredContent> {
  const files: StoredFile[] = []
  for (const file of content.files ?? []) {
    const copy = present.find((other) => other.blob === file.blob && !files.includes(other))
    if (copy !== undefined) {
      files.push(copy)
      continue
    }
    const data = await host.readFile(file)
    const about = { name: file.name, type: file.type, by: chat.ids.bot.person, message, blob: file.blob }
    files.push(described(await chat.files.add(data, file.alt === undefined ? about : { ...about, alt: file.alt })))
  }
  const { blocks, card, actions } = content
  if (blocks.length === 0 && card === undefined && files.length === 0 && (actions ?? []).length === 0) {
    throw new BotError('BACKEND_REFUSED', 'The message has no text, card, file or action.')
  }
  return { blocks, ...(card !== undefined && { card }), ...(actions !== undefined && { actions }), ...(files.length > 0 && { files }) }
}

/** What a stored message says, as plain text. */
export function plainBody({ files: _, ...content }: StoredContent): string {
  return plainText(content)
}

import { BotError } from '../contract/errors.ts'

/** Reads a stream to its end. Throws `BOT_CONTENT` as soon as it is larger than `maxBytes`. */
export async function collect(stream: AsyncIterable<Uint8Array>, maxBytes: number, name: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    size += chunk.byteLength
    if (size > maxBytes) throw new BotError('BOT_CONTENT', `The file ${JSON.stringify(name)} is larger than ${maxBytes} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

import { BotError } from '@bot/core/backend'
import { readImage, MAX_IMAGE_BYTES, type Image } from './image.ts'
import { parseJson } from './json.ts'
import { isBlank } from './wording.ts'

/** What the generic body says: `{"echo": "text", "image": {"base64encoded": "…", "filename": "…"}}`, at least one of the two. */
export interface SeedBody {
  readonly echo: string
  readonly image: Image | undefined
}

/**
 * Reads the generic body. Throws `SINK_PAYLOAD` with a sentence that names the field. Other fields are ignored; null counts as absent.
 * `imageName` names an image that came without a name; without an ending.
 */
export function readSeedBody(content: string, imageName: string): SeedBody {
  const body = readObject(content)
  const echo = body['echo'] ?? ''
  if (typeof echo !== 'string') throw refusal('"echo" must be a string.')
  const image = body['image'] ?? undefined
  const read = image === undefined ? undefined : readImageField(image, imageName)
  if (isBlank(echo) && read === undefined) throw refusal('There is nothing to say: give "echo" (text), "image", or both.')
  return { echo, image: read }
}

function readObject(content: string): Readonly<Record<string, unknown>> {
  const value = parseJson(content)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refusal('The body must be a JSON object such as {"echo": "text"}.')
  return value as Readonly<Record<string, unknown>>
}

function readImageField(image: unknown, imageName: string): Image {
  if (typeof image !== 'object' || image === null || Array.isArray(image)) {
    throw refusal('"image" must be an object such as {"base64encoded": "…", "filename": "chart.png"}.')
  }
  const { base64encoded, filename } = image as { base64encoded?: unknown; filename?: unknown }
  if (typeof base64encoded !== 'string' || base64encoded === '')
    throw refusal('"image.base64encoded" must be a string with the image in Base64.')
  if (filename !== undefined && filename !== null && typeof filename !== 'string') throw refusal('"image.filename" must be a string.')
  const read = readImage(decodeBase64(base64encoded), filename ?? undefined, imageName)
  if (typeof read === 'string') throw refusal(`"image.base64encoded" ${read}.`)
  return read
}

/** Strict: Node's decoder skips what it does not know, and a damaged image would be posted. */
function decodeBase64(text: string): Uint8Array {
  if (text.length > Math.ceil(MAX_IMAGE_BYTES / 3) * 4)
    throw refusal(`"image.base64encoded" is too large: an image may have ${MAX_IMAGE_BYTES} bytes.`)
  const data = Buffer.from(text, 'base64')
  if (data.toString('base64') !== text) {
    throw refusal(
      '"image.base64encoded" is not Base64: only A-Z a-z 0-9 + / and = at the end, without line breaks and without a "data:" prefix.',
    )
  }
  return data
}

function refusal(sentence: string): BotError {
  return new BotError('SINK_PAYLOAD', sentence)
}

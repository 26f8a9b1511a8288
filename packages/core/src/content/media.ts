const OCTETS = 'application/octet-stream'

const SIGNATURES: readonly (readonly [type: string, offset: number, bytes: string])[] = [
  ['image/png', 0, '\x89PNG\r\n\x1a\n'],
  ['image/jpeg', 0, '\xff\xd8\xff'],
  ['image/gif', 0, 'GIF87a'],
  ['image/gif', 0, 'GIF89a'],
  ['application/pdf', 0, '%PDF-'],
  ['application/zip', 0, 'PK\x03\x04'],
  ['application/zip', 0, 'PK\x05\x06'],
  ['video/mp4', 4, 'ftyp'],
  ['audio/ogg', 0, 'OggS'],
  ['audio/mpeg', 0, 'ID3'],
]

/**
 * The media type of a file by its first bytes: a guess for where the giver does not say. Never a type that a browser would run as a page.
 */
export function sniffMediaType(data: Uint8Array): string {
  const head = String.fromCharCode(...data.subarray(0, 16))
  for (const [type, offset, bytes] of SIGNATURES) if (head.startsWith(bytes, offset)) return type
  if (head.startsWith('RIFF')) {
    if (head.startsWith('WEBP', 8)) return 'image/webp'
    if (head.startsWith('WAVE', 8)) return 'audio/wav'
  }
  // An MPEG audio frame without a tag: eleven set bits, then layer III.
  if (data.length > 2 && data[0] === 0xff && ((data[1] ?? 0) & 0xe6) === 0xe2) return 'audio/mpeg'
  const text = decode(data)
  if (text === undefined) return OCTETS
  return /^\uFEFF?\s*(?:<\?xml[^>]*>\s*)?(?:<!--[^]*?-->\s*)?(?:<!DOCTYPE svg[^>]*>\s*)?<svg[\s>]/i.test(text.slice(0, 4096))
    ? 'image/svg+xml'
    : 'text/plain'
}

function decode(data: Uint8Array): string | undefined {
  if (data.length === 0) return undefined
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(data)
    return /(?![\t\n\f\r\x1b])\p{Cc}/u.test(text) ? undefined : text
  } catch {
    // Not UTF-8, so not text that we know.
    return undefined
  }
}

const NAME_BYTES = 200

/**
 * A file name that is safe to write into a folder, whatever was given: the last part alone, visible characters, at most 200 bytes, never
 * empty.
 */
export function safeFileName(name: string): string {
  const base =
    name
      .toWellFormed()
      .split(/[/\\]/)
      .findLast((part) => part.replaceAll('.', '').trim() !== '') ?? ''
  const visible = base
    .replace(/^[A-Za-z]:/, '')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '')
    .replace(/[<>:"|?*]/g, '_')
    .replace(/\.{2,}/g, '.')
    .trim()
    .replace(/[. ]+$/, '')
  return shorten(visible) || 'file'
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length
}

/** Shortens before the ending, which says what the file is. */
function shorten(name: string): string {
  if (byteLength(name) <= NAME_BYTES) return name
  const ending = /\.[\w]{1,16}$/.exec(name)?.[0] ?? ''
  let stem = ''
  for (const { segment } of new Intl.Segmenter('en').segment(name.slice(0, name.length - ending.length))) {
    if (byteLength(stem + segment + ending) > NAME_BYTES) break
    stem += segment
  }
  return (stem.replace(/[. ]+$/, '') || 'file') + ending
}

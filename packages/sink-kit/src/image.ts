import path from 'node:path'

/** An image that came in, its kind read from its own bytes. */
export interface Image {
  readonly data: Uint8Array
  readonly type: string
  /** A name without folders, with an ending that fits the type. */
  readonly filename: string
}

/** What an image may have once decoded. */
export const MAX_IMAGE_BYTES = 10 * 1024 * 1024

interface Kind {
  readonly type: string
  readonly endings: readonly [string, ...string[]]
  readonly matches: (data: Uint8Array) => boolean
}

const IMAGES: readonly Kind[] = [
  { type: 'image/png', endings: ['.png'], matches: (data) => at(data, 0, '\x89PNG\r\n\x1a\n') },
  { type: 'image/jpeg', endings: ['.jpg', '.jpeg'], matches: (data) => at(data, 0, '\xff\xd8\xff') },
  { type: 'image/gif', endings: ['.gif'], matches: (data) => at(data, 0, 'GIF87a') || at(data, 0, 'GIF89a') },
  { type: 'image/webp', endings: ['.webp'], matches: (data) => at(data, 0, 'RIFF') && at(data, 8, 'WEBP') },
]

/** Named in the refusal, so that the sender knows what is wrong. */
const OTHERS: readonly (readonly [name: string, start: string])[] = [
  ['a PDF', '%PDF-'],
  ['a BMP image', 'BM'],
  ['a TIFF image', 'II*\0'],
  ['a TIFF image', 'MM\0*'],
  ['a ZIP archive', 'PK\x03\x04'],
  ['a gzip archive', '\x1f\x8b'],
  ['a Windows program', 'MZ'],
  ['a Linux program', '\x7fELF'],
  ['SVG or another XML text', '<'],
]

function at(data: Uint8Array, offset: number, bytes: string): boolean {
  return data.length >= offset + bytes.length && [...bytes].every((byte, index) => data[offset + index] === byte.charCodeAt(0))
}

/**
 * Looks at the bytes, never at the name, to tell what an image is. Returns a sentence where it is none of the kinds that are taken.
 * `fallbackName` is used where no usable name was given; without an ending.
 */
export function readImage(data: Uint8Array, filename: string | undefined, fallbackName: string): Image | string {
  if (data.length > MAX_IMAGE_BYTES) return `has ${data.length} bytes; at most ${MAX_IMAGE_BYTES} are taken`
  const kind = IMAGES.find(({ matches }) => matches(data))
  if (kind === undefined) {
    const found = OTHERS.find(([, start]) => at(data, 0, start))?.[0] ?? 'a file of an unknown kind'
    return `is ${found}; PNG, JPEG, GIF and WebP are taken`
  }
  const name = cleanName(filename ?? '') || fallbackName
  const fits = kind.endings.some((ending) => name.toLowerCase().endsWith(ending))
  return { data, type: kind.type, filename: fits ? name : name + kind.endings[0] }
}

/** A name that cannot lead anywhere: no folders, no drive, no control or invisible direction marks, not hidden, of bounded length. */
function cleanName(filename: string): string {
  const base = path.win32.basename(filename)
  const visible = base
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}<>:"|?*]/gu, '')
    .replace(/^[.\s]+/, '')
    .trimEnd()
  const ending = path.extname(visible).slice(0, 16)
  return [...path.basename(visible, ending)].slice(0, 100).join('') + ending
}

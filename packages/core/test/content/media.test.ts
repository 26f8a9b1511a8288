import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { safeFileName, sniffMediaType } from '../../src/content/media.ts'

const bytes = (latin1: string) => Uint8Array.from(Buffer.from(latin1, 'latin1'))

describe('sniffMediaType', () => {
  it.each([
    ['\x89PNG\r\n\x1a\n...', 'image/png'],
    ['\xff\xd8\xff\xe0', 'image/jpeg'],
    ['GIF89a', 'image/gif'],
    ['RIFF\0\0\0\0WEBPVP8', 'image/webp'],
    ['RIFF\0\0\0\0WAVEfmt', 'audio/wav'],
    ['<?xml version="1.0"?>\n<svg xmlns="x">', 'image/svg+xml'],
    ['%PDF-1.7', 'application/pdf'],
    ['PK\x03\x04', 'application/zip'],
    ['\0\0\0\x18ftypmp42', 'video/mp4'],
    ['ID3\x04', 'audio/mpeg'],
    ['\xff\xfb\x90', 'audio/mpeg'],
    ['OggS', 'audio/ogg'],
    ['hello\tworld\r\n', 'text/plain'],
    ['gr\xc3\xbc\xc3\x9fe', 'text/plain'],
    ['<html><script>', 'text/plain'],
    ['gr\xfc\xdfe', 'application/octet-stream'],
    ['a\0b', 'application/octet-stream'],
    ['', 'application/octet-stream'],
  ])('knows %j', (head, type) => {
    expect(sniffMediaType(bytes(head))).toBe(type)
  })
})

describe('safeFileName', () => {
  it.each([
    ['a.txt', 'a.txt'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\x\\report.pdf', 'report.pdf'],
    ['C:evil.exe', 'evil.exe'],
    ['..', 'file'],
    ['', 'file'],
    ['a/..', 'a'],
    ['a\0b\u202Egpj.exe\n', 'abgpj.exe'],
    ['.env', '.env'],
    ['Grüße 😀.png', 'Grüße 😀.png'],
  ])('makes %j safe', (name, safe) => {
    expect(safeFileName(name)).toBe(safe)
  })

  it('is a short, single, visible name whatever is given', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.string({ unit: fc.constantFrom('.', '/', '\\', 'C:', '😀', ' ') })),
        (name) => {
          const safe = safeFileName(name)
          expect(safe).not.toBe('')
          expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(200)
          expect(safe).not.toMatch(/[/\\\p{Cc}]|\.\.|^[A-Za-z]:|^\.$/u)
          expect(safe.isWellFormed()).toBe(true)
          expect(safeFileName(safe)).toBe(safe)
        },
      ),
      { numRuns: 1000 },
    )
    expect(safeFileName(`${'😀'.repeat(100)}.jpeg`)).toMatch(/^(?:😀)+\.jpeg$/u)
  })
})

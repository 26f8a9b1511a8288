import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Content, FileRef } from '../../src/contract/content.ts'
import { codeOf } from '../../src/contract/errors.ts'
import { toMarkdown } from '../../src/content/format.ts'
import { markdownContent } from '../../src/content/input.ts'
import { plainText } from '../../src/content/plain.ts'
import { fit } from '../../src/content/split.ts'

const UNITS: Readonly<Record<string, (text: string) => number>> = {
  characters: (text) => [...text].length,
  'UTF-16 units': (text) => text.length,
  'UTF-8 bytes': (text) => Buffer.byteLength(text),
}
const measureText = (content: Content) => plainText(content).length
const parts = (source: string, max: number) => fit(markdownContent(source), { max, measure: measureText }).map(plainText)
/** What is left of a text when white space and the marks of quotes are gone: cuts may change both. */
const essence = (text: string) => text.replace(/[\s>]+/g, '')

const word = fc.constantFrom(
  'alpha',
  'be',
  'gamma,',
  'Delta.',
  '**bold text**',
  '`code span`',
  '[a link](http://x.y)',
  '😀',
  '👨‍👩‍👧‍👦',
  'e\u0301',
  '漢字かな。',
  'x'.repeat(30),
)
const line = fc.array(word, { minLength: 1, maxLength: 12 }).map((words) => words.join(' '))
const block = fc.oneof(
  line,
  line.map((text) => `## ${text}`),
  fc.array(line, { minLength: 1, maxLength: 4 }).map((lines) => lines.map((text) => `> ${text}`).join('\n')),
  fc.array(line, { minLength: 1, maxLength: 5 }).map((lines) => lines.map((text) => `- ${text}`).join('\n')),
  fc.array(line, { minLength: 1, maxLength: 5 }).map((lines) => lines.map((text, index) => `${index + 4}. ${text}`).join('\n')),
  fc.array(line, { minLength: 1, maxLength: 5 }).map((lines) => `\`\`\`sh\n${lines.join('\n').replaceAll('`', '')}\n\`\`\``),
)
const source = fc.array(block, { minLength: 1, maxLength: 6 }).map((blocks) => blocks.join('\n\n'))

describe('fit', () => {
  it.each(Object.entries(UNITS))(
    'fits every part, loses nothing and cuts no character, measured in %s',
    { timeout: 60_000 },
    (_name, unit) => {
      fc.assert(
        fc.property(source, fc.integer({ min: 50, max: 300 }), fc.boolean(), (markdown, max, encoded) => {
          const content = markdownContent(markdown)
          const measure = (part: Content) => unit(encoded ? toMarkdown(part.blocks) : plainText(part))
          const split = fit(content, { max, measure })
          for (const part of split) {
            expect(measure(part)).toBeLessThanOrEqual(max)
            expect(plainText(part).isWellFormed()).toBe(true)
          }
          // A link that is cut, because it alone is longer than a part, would show its address twice: here all links are short.
          expect(essence(split.map(plainText).join(''))).toBe(essence(plainText(content)))
        }),
        { numRuns: 200 },
      )
    },
  )

  it('leaves alone what fits', () => {
    const content = markdownContent('short')
    expect(fit(content, { max: 10, measure: measureText })).toEqual([content])
  })

  it('prefers paragraphs, then lines, sentences and words', () => {
    expect(parts('one two three\n\nfour five six', 20)).toEqual(['one two three', 'four five six'])
    expect(parts('one two three\nfour five six', 20)).toEqual(['one two three', 'four five six'])
    expect(parts('One two. Three four five', 15)).toEqual(['One two.', 'Three four five'])
    expect(parts('aaaa bbbb cccc', 10)).toEqual(['aaaa bbbb', 'cccc'])
    expect(parts('x'.repeat(25), 10)).toEqual(['x'.repeat(10), 'x'.repeat(10), 'x'.repeat(5)])
  })

  it('keeps graphemes, links, mentions and code together', () => {
    expect(parts('👨‍👩‍👧‍👦👨‍👩‍👧‍👦', 12)).toEqual(['👨‍👩‍👧‍👦', '👨‍👩‍👧‍👦'])
    expect(parts('see `a b c d e f` there', 12)).toEqual(['see', 'a b c d e f', 'there'])
    expect(parts('text before [my long link](http://x.y) after', 40)).toEqual(['text before my long link (http://x.y)', 'after'])
  })

  it('re-opens code, continues numbers and repeats the header of a table', () => {
    const code = fit(markdownContent('```js\none()\n  two()\nthree()\n```'), { max: 16, measure: measureText })
    expect(code.map((part) => part.blocks)).toEqual([
      [{ type: 'code', language: 'js', text: 'one()\n  two()' }],
      [{ type: 'code', language: 'js', text: 'three()' }],
    ])
    expect(parts('7. one\n8. two\n9. three\n10. four', 14)).toEqual(['7. one\n8. two', '9. three', '10. four'])
    expect(parts('> one two\n> three four', 14)).toEqual(['> one two', '> three four'])
    expect(parts('|k|v|\n|-|-|\n|a|1|\n|b|2|\n|c|3|', 14)).toEqual(['k  v\na  1\nb  2', 'k  v\nc  3'])
  })

  it('puts files where there is room, card and actions last', () => {
    const file = (name: string): FileRef => ({ blob: name, name, type: 'text/plain', sizeBytes: 1 })
    const content: Content = {
      ...markdownContent('one two three four five six seven'),
      files: [file('a'), file('b'), file('c')],
      card: { title: 'card' },
      actions: [{ type: 'button', action: 'go', label: 'Go' }],
    }
    const limits = { max: 30, files: 1, measure: (part: Content) => plainText({ ...part, files: [] }).length }
    const split = fit(content, limits)
    expect(split.flatMap((part) => part.files ?? []).map((one) => one.name)).toEqual(['a', 'b', 'c'])
    expect(split.every((part) => (part.files ?? []).length <= 1 && limits.measure(part) <= 30)).toBe(true)
    expect(split.map((part) => part.card !== undefined && part.actions !== undefined).indexOf(true)).toBe(split.length - 1)
  })

  it('throws BACKEND_TOO_LONG where nothing helps', () => {
    const code = (content: Content, max: number) => {
      try {
        fit(content, { max, measure: measureText })
      } catch (error) {
        return codeOf(error)
      }
      return undefined
    }
    expect(code(markdownContent('👨‍👩‍👧‍👦'), 5)).toBe('BACKEND_TOO_LONG')
    expect(code({ blocks: [], card: { title: 'a very long title' } }, 5)).toBe('BACKEND_TOO_LONG')
    expect(code(markdownContent('- a\n- b\n- c'), 2)).toBe(undefined)
  })

  it('splits 100 KiB without measuring it over and over', { timeout: 30_000 }, () => {
    const prose = 'Lorem ipsum dolor sit amet, consectetur **adipiscing** elit. Sed do [eiusmod](http://x.y/z) tempor.\n\n'
    const content = markdownContent(prose.repeat(1024))
    let calls = 0
    const split = fit(content, { max: 400, measure: (part) => ((calls += 1), Buffer.byteLength(toMarkdown(part.blocks))) })
    expect(calls).toBeLessThan(split.length * 20)
  })
})

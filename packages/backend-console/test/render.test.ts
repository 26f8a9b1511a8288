import { stripVTControlCharacters } from 'node:util'
import type { Block, Content } from '@bot/core/backend'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import consoleModule from '../src/index.ts'
import { contentLines, type View } from '../src/render.ts'
import { paint, widthOfLine, wrap, span } from '../src/style.ts'
import { inert, widthOf } from '../src/text.ts'
import { richContent } from './rich-content.ts'

const plain: View = { color: false, width: 72 }
const coloured: View = { color: true, width: 72, reader: 'console:@alice', saved: ['/data/report.txt'] }

function draw(content: Content, view: View): string[] {
  return contentLines(content, view).map((line) => paint(line, view.color))
}

test('a rich message without colours', () => {
  expect(draw(richContent, plain).join('\n')).toMatchSnapshot()
})

test('a rich message with colours and hyperlinks', () => {
  expect(draw(richContent, coloured).join('\n').replaceAll('\u001b', '␛')).toMatchSnapshot()
})

test('the preview is what a plain terminal shows', () => {
  const { type, body } = consoleModule.preview(richContent)
  expect(type).toBe('text/plain')
  expect(body).toContain('┃ Alert: disk almost full (https://alerts.example/1)\n')
  expect(body).not.toContain('\u001b')
})

test('columns are aligned by what a terminal shows, whatever the script', () => {
  const cell = (text: string) => [{ type: 'text' as const, text }]
  const rows = ['abc', '部署完了', '👩‍💻👍🏽', 'é́', '🇩🇪 x', '한국어', '❤️'].map((text) => [cell(text), cell('end')])
  const lines = draw({ blocks: [{ type: 'table', header: [cell('name'), cell('more')], rows }] }, plain)
  const columns = new Set(lines.map((line) => widthOf(line.slice(0, line.search(/[│┼]/)))))
  expect([...columns]).toEqual([9])
})

test.each([
  ['abc', 3],
  ['部署', 4],
  ['👩‍💻', 2],
  ['👍🏽', 2],
  ['🇩🇪', 2],
  ['❤️', 2],
  ['é', 1],
  ['ｶﾅ', 2],
  ['ＡＢ', 4],
  ['한', 2],
  ['\u200b', 0],
])('%j takes %i columns', (text, width) => {
  expect(widthOf(text)).toBe(width)
})

test('a table too wide for the terminal has its cells wrapped, and nothing of it is lost', () => {
  const cell = (text: string) => [{ type: 'text' as const, text }]
  const blocks: Block[] = [
    { type: 'table', header: [cell('a'), cell('b')], rows: [[cell('one two three four'), cell('five six seven eight')]] },
  ]
  expect(draw({ blocks }, { color: false, width: 24 })).toEqual([
    'a          │ b',
    '───────────┼────────────',
    'one two    │ five six',
    'three four │ seven eight',
  ])
  const many: Block[] = [
    { type: 'table', header: ['a', 'b', 'c'].map(cell), rows: [['first cell', 'second cell', 'third cell'].map(cell)] },
  ]
  expect(draw({ blocks: many }, { color: false, width: 20 })).toEqual(['a: first cell', 'b: second cell', 'c: third cell'])
})

test('a label cannot pass for another address', () => {
  const link = (url: string, label: string): Block[] => [
    { type: 'paragraph', children: [{ type: 'link', url, children: [{ type: 'text', text: label }] }] },
  ]
  const shown = (url: string, label: string): string => stripVTControlCharacters(draw({ blocks: link(url, label) }, coloured).join(''))
  expect(shown('https://evil.example', 'https://bank.example')).toBe('https://bank.example (https://evil.example)')
  expect(shown('https://a.example', 'the page')).toBe('the page')
  expect(shown('javascript:alert(1)', 'the page')).toBe('the page (javascript:alert(1))')
})

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        '\u001b[31m',
        '\u001b]8;;x\u0007',
        '\u009b2J',
        '\r',
        '\n',
        '\u0007',
        '\u007f',
        '\t',
        'a',
        ' ',
        '部',
        '\u202e',
        '\ud800',
      ),
    )
    .map((parts) => parts.join('')),
)

const anyContent: fc.Arbitrary<Content> = fc.array(hostile, { minLength: 12, maxLength: 12 }).map((text) => {
  const at = (index: number): string => text[index] as string
  return {
    blocks: [
      { type: 'heading', level: 1, children: [{ type: 'text', text: at(0) }] },
      {
        type: 'paragraph',
        children: [
          { type: 'code', text: at(1) },
          { type: 'link', url: at(2), children: [{ type: 'text', text: at(3) }] },
        ],
      },
      { type: 'code', language: at(4), text: at(5) },
      {
        type: 'table',
        header: [[{ type: 'text', text: at(6) }]],
        rows: [[[{ type: 'mention', who: { id: 'console:@x' }, label: at(7) }]]],
      },
    ],
    card: { title: at(8), link: at(2), summary: at(1), color: at(9), fields: [{ name: at(9), value: at(10), short: true }], image: at(11) },
    files: [{ blob: 'b', name: at(0), type: at(1), sizeBytes: 1, alt: at(3) }],
    actions: [
      { type: 'button', action: 'a', label: at(4) },
      { type: 'link', label: at(5), url: at(6) },
      { type: 'select', action: 's', label: at(7), options: [{ label: at(8), value: '' }] },
    ],
  }
})

const CONTROL = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/

test('nothing said can reach the terminal as a control character', () => {
  fc.assert(
    fc.property(anyContent, (content) => {
      for (const line of draw(content, plain)) expect(line).not.toMatch(CONTROL)
      // What the renderer itself makes: styles, and hyperlinks to printable addresses.
      const made = /\u001b\[[0-9]+m|\u001b\]8;;(?:(?:https?|mailto):[\x21-\x7e]*)?\u001b\\/g
      for (const line of draw(content, coloured)) expect(line.replace(made, '')).not.toMatch(CONTROL)
    }),
  )
})

test('control characters are made visible rather than lost', () => {
  expect(inert('a\u001b[31mb\u0007\u009bc\u007f\r\nd\te\u202e')).toBe('a␛[31mb␇‹9b›c␡\nd    e‹202e›')
})

test('wrapping keeps every character but the spaces at the breaks, and keeps to the width', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'bc', ' ', '部', '👩‍💻', 'longword')), fc.integer({ min: 2, max: 20 }), (parts, width) => {
      const line = parts.map((text, index) => span(text, ...(index % 2 === 0 ? (['bold'] as const) : [])))
      const lines = wrap(line, width)
      for (const one of lines) expect(widthOfLine(one)).toBeLessThanOrEqual(width)
      const text = (all: readonly (typeof line)[]): string =>
        all
          .map((one) => paint(one, false))
          .join('')
          .replaceAll(' ', '')
      expect(text(lines.map((one) => [...one]))).toBe(text([line]))
    }),
  )
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toMarkdown } from '../../src/content/format.ts'
import { parseMarkdown } from '../../src/content/markdown.ts'
import { plainBlocks } from '../../src/content/plain.ts'

const BITS = [
  ...[
    'a',
    'b',
    '1',
    '.',
    ' ',
    '  ',
    '\n',
    '\n\n',
    '*',
    '**',
    '_',
    '__',
    '~',
    '~~',
    '`',
    '``',
    '```',
    '[',
    ']',
    '(',
    ')',
    '<',
    '>',
    '!',
    '|',
    '\\',
    '&',
  ],
  ...[
    '&amp;',
    '&#32;',
    '-',
    '- ',
    '1. ',
    '2) ',
    '> ',
    '# ',
    '    ',
    '\t',
    'http://x.y',
    'www.a.b',
    'a@b.c',
    '[a](http://x.y)',
    '[a](b)',
    '<b>',
    '<!-- -->',
  ],
  ...[
    '![i](http://p)',
    '\n|-|-|\n',
    '=',
    '\n---\n',
    '\n===\n',
    ':',
    'é',
    '😀',
    '\u00A0',
    '[x] ',
    '[ ] ',
    '+ ',
    '"',
    '#',
    '[a]: http://z\n',
    '@',
    '<http://q.r>',
  ],
  ...['{', '\n    ', '\n> ', '\n- ', '*a*', '**b**', '```js\nx\n```\n', '$&'],
]
const markdown = fc.array(fc.constantFrom(...BITS), { maxLength: 14 }).map((bits) => bits.join(''))
const paragraph = (...children: readonly unknown[]) => [{ type: 'paragraph', children }]
const plain = (text: string) => ({ type: 'text', text })
const link = (url: string, label: string) => ({ type: 'link', url, children: [plain(label)] })

describe('parseMarkdown', () => {
  it('reads tables, strike-through, tasks, code and lists', () => {
    expect(parseMarkdown('|a|b|\n|-|-|\n|1|~~2~~|')).toEqual([
      { type: 'table', header: [[plain('a')], [plain('b')]], rows: [[[plain('1')], [{ type: 'strike', children: [plain('2')] }]]] },
    ])
    expect(parseMarkdown('```js\nx < y\n```')).toEqual([{ type: 'code', language: 'js', text: 'x < y' }])
    expect(plainBlocks(parseMarkdown('- [ ] open\n- [x] done\n\n  more'))).toBe('- [ ] open\n- [x] done\n\n  more')
    expect(parseMarkdown('3. a\n4. b')).toMatchObject([{ type: 'list', ordered: true, start: 3 }])
  })

  it('makes every newline a break and resolves the usual references', () => {
    expect(parseMarkdown('a\n  b &lt; c &amp;amp; &#x41;')).toEqual(paragraph(plain('a'), { type: 'break' }, plain('b < c &amp; A')))
  })

  it('shows HTML as text and images as links', () => {
    expect(parseMarkdown('<script>x</script>')).toEqual(paragraph(plain('<script>x</script>')))
    expect(parseMarkdown('a <b>c</b>')).toEqual(paragraph(plain('a <b>c</b>')))
    expect(parseMarkdown('![a cat](https://x.y/cat.png)')).toEqual(paragraph(link('https://x.y/cat.png', 'a cat')))
  })

  it('links only to http, https and mailto', () => {
    expect(parseMarkdown('[x](javascript:alert)')).toEqual(paragraph(plain('x (javascript:alert)')))
    expect(parseMarkdown('[x](java&#9;script:alert)')).toEqual(paragraph(plain('x (java\tscript:alert)')))
    expect(parseMarkdown('[x](data:text/html,y)')).toEqual(paragraph(plain('x (data:text/html,y)')))
    expect(parseMarkdown('[x](/etc)')).toEqual(paragraph(plain('x (/etc)')))
    expect(parseMarkdown('a@b.cd')).toEqual(paragraph(link('mailto:a@b.cd', 'a@b.cd')))
  })

  it.each([
    ['[https://bank.com](https://evil.com)', 'https://bank.com (evil.com)'],
    ['[bank.com](https://evil.com/bank.com)', 'bank.com (evil.com)'],
    ['[pay at https://bank.com/x now](https://evil.com)', 'pay at https://bank.com/x now (evil.com)'],
    ['[**bank**.com](https://evil.com)', 'bank.com (evil.com)'],
    ['[ｂａｎｋ.com](https://evil.com)', 'ｂａｎｋ.com (evil.com)'],
    ['[bank\u200B.com](https://evil.com)', 'bank\u200B.com (evil.com)'],
    ['[https://bank.com](https://bank.com@evil.com)', 'https://bank.com (evil.com)'],
    ['[https://bank.com](https://bank.com\\\\@evil.com)', 'https://bank.com (evil.com)'],
    ['[evil.com](https://evil.com/a)', 'evil.com'],
    ['[the docs](https://evil.com/a)', 'the docs'],
  ])('shows the real host of %s', (source, label) => {
    const [block] = parseMarkdown(source)
    const children = block?.type === 'paragraph' && block.children[0]?.type === 'link' ? block.children[0].children : []
    expect(plainBlocks([{ type: 'paragraph', children }])).toBe(label)
  })

  it('strips what is invisible but acts', () => {
    expect(parseMarkdown('a\u202Eb\u2066c\u0000d\u001B[31me&#x202E;f')).toEqual(paragraph(plain('abcd[31mef')))
  })

  it.each(['>', '[', '*', '_', '- ', '1. ', '> - ', 'a_', '_a*', 'a**b', '![', '[a](', '<', '`', '~', '|', '\n', '&#', '*a **b '])(
    'stays quick with 100,000 times %j',
    (bit) => {
      for (const count of [100_000, 10_000, 3000, 1000]) {
        expect(parseMarkdown(bit.repeat(count))).toBeInstanceOf(Array)
      }
    },
    30_000,
  )

  it('survives 10,000 nested lists and quotes, showing them as text', { timeout: 30_000 }, () => {
    const steps = Array.from({ length: 300 }, (_, depth) => `${'  '.repeat(depth)}- a`).join('\n')
    expect(plainBlocks(parseMarkdown(steps))).toContain('a')
    expect(parseMarkdown(`${'- '.repeat(10_000)}a`)).toHaveLength(1)
    expect(
      plainBlocks(parseMarkdown(Array.from({ length: 60 }, (_, depth) => `${'  '.repeat(depth)}- a`).join('\n'))).match(/a/g),
    ).toHaveLength(60)
    expect(plainBlocks(parseMarkdown(`${'>'.repeat(60)} deep`))).toContain('deep')
  })

  it('reads what toMarkdown wrote as the same tree', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(markdown, (source) => {
        const tree = parseMarkdown(source)
        expect(parseMarkdown(toMarkdown(tree))).toEqual(tree)
      }),
      { numRuns: 3000 },
    )
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (source) => {
        const tree = parseMarkdown(source)
        expect(parseMarkdown(toMarkdown(tree))).toEqual(tree)
      }),
    )
  })

  it('never lets an inert text become markup through toMarkdown', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(markdown, (source) => {
        const text = source.replaceAll('\n', ' ').trim()
        fc.pre(text !== '')
        const tree = paragraph(plain(text)) as ReturnType<typeof parseMarkdown>
        expect(parseMarkdown(toMarkdown(tree))).toEqual(tree)
      }),
      { numRuns: 2000 },
    )
  })
})

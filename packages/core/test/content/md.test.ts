import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cleanText } from '../../src/content/clean.ts'
import { md, mention, text } from '../../src/content/md.ts'
import { plainBlocks } from '../../src/content/plain.ts'
import { codeOf } from '../../src/contract/errors.ts'
import { makePerson } from '../../src/contract/identifier.ts'

const alice = makePerson('slack', 'U1', { nick: 'alice' })
const bob = makePerson('slack', 'U2', { nick: 'bob' })
const nasty = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        '*',
        '_',
        '`',
        '[x](http://e.vil)',
        '<b>',
        '@everyone',
        '\n',
        '# ',
        '- ',
        '&lt;',
        '|',
        '\uFDD0\uFDD1\uFDEF',
        'http://e.vil',
        ' ',
        '  \n',
        '\\',
      ),
    )
    .map((bits) => bits.join('')),
)

describe('md', () => {
  it('keeps an interpolated value inert', { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(nasty, (value) => {
        const [block, ...others] = md`a ${value} b`.blocks
        expect(others).toEqual([])
        const children = block?.type === 'paragraph' ? block.children : []
        expect(children.filter((child) => child.type !== 'text' && child.type !== 'break')).toEqual([])
        expect(plainBlocks(block === undefined ? [] : [block])).toBe(`a ${cleanText(value)} b`)
      }),
      { numRuns: 1000 },
    )
  })

  it('formats around values', () => {
    expect(md`**${'*x*'}** in _${1}_ and ${2n}${null}${undefined}`.blocks).toEqual([
      {
        type: 'paragraph',
        children: [
          { type: 'strong', children: [{ type: 'text', text: '*x*' }] },
          { type: 'text', text: ' in ' },
          { type: 'emphasis', children: [{ type: 'text', text: '1' }] },
          { type: 'text', text: ' and 2' },
        ],
      },
    ])
    expect(md`at ${new Date(0)}`.blocks).toEqual(text('at 1970-01-01T00:00:00.000Z').blocks)
    expect(md`run \`rm ${'`x`'}\``.blocks).toMatchObject([{ children: [{ text: 'run ' }, { type: 'code', text: 'rm `x`' }] }])
    expect(
      md`\`\`\`js
${'```\n# x'}
\`\`\``.blocks,
    ).toEqual([{ type: 'code', language: 'js', text: '```\n# x' }])
  })

  it('encodes values in addresses and checks the scheme afterwards', () => {
    const urls = (message: ReturnType<typeof md>) => JSON.stringify(message.blocks).match(/"url":"[^"]*"/g) ?? []
    expect(urls(md`[x](https://x.y/${'a/b?c d)'}/z)`)).toEqual(['"url":"https://x.y/a%2Fb%3Fc%20d%29/z"'])
    expect(urls(md`[x](${'https://x.y/a b?c=1&d'})`)).toEqual(['"url":"https://x.y/a%20b?c=1&d"'])
    expect(urls(md`[x](${'javascript:alert(1)'})`)).toEqual([])
    expect(urls(md`[x](java${'script:alert(1)'})`)).toEqual([])
    expect(plainBlocks(md`[${'https://bank.com'}](https://evil.com)`.blocks)).toBe('https://bank.com (evil.com) (https://evil.com)')
  })

  it('mentions, splices and joins', () => {
    const node = (who: typeof alice, label: string) => ({ type: 'mention', who: who.toJSON(), label })
    expect(md`${[mention(alice), mention(bob)]}: look`.blocks).toEqual([
      {
        type: 'paragraph',
        children: [node(alice, '@alice'), { type: 'text', text: ', ' }, node(bob, '@bob'), { type: 'text', text: ': look' }],
      },
    ])
    expect(md`see ${md`**this**`}!`.blocks).toEqual(md`see **this**!`.blocks)
    expect(
      md`Before

    ${md`# Title

    - a`}

    after`.blocks.map((block) => block.type),
    ).toEqual(['paragraph', 'heading', 'list', 'paragraph'])
    expect(md`${[md`*a*`, md`*b*`]}`.blocks).toHaveLength(2)
    expect(md`- ${'a\nb'}\n- ${md`> q`}`.blocks).toMatchObject([{ items: [[{ type: 'paragraph' }], [{ type: 'quote' }]] }])
  })

  it('removes the common indentation', () => {
    const message = md`
      # Title

      - a
        - ${'b'}
    `
    expect(plainBlocks(message.blocks)).toBe('Title\n\n- a\n  - b')
  })

  it.each([new Error('secret'), {}, [[]], new Date(Number.NaN), () => 1])('refuses %s', (value) => {
    let code: unknown
    try {
      void md`x ${value as unknown as string}`
    } catch (error) {
      code = codeOf(error)
      expect(String(error)).not.toContain('secret')
    }
    expect(code).toBe('BOT_CONTENT')
  })

  it('does not take the marks of its own places for a value', () => {
    expect(md`\uFDD0\uFDD1\uFDEF &#xFDD0;&#xFDD1;&#xFDEF; ${'v'}`.blocks).toEqual(text('\uFFFD\uFFFD\uFFFD \uFFFD\uFFFD\uFFFD v').blocks)
  })

  it('text keeps everything as it is, newlines as breaks', () => {
    expect(text('# *a*\n\n<b>').blocks).toEqual([
      {
        type: 'paragraph',
        children: [{ type: 'text', text: '# *a*' }, { type: 'break' }, { type: 'break' }, { type: 'text', text: '<b>' }],
      },
    ])
    expect(text('').blocks).toEqual([])
  })
})

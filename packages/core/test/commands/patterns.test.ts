import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { Automaton } from '../../src/commands/automaton.ts'
import { requiredLiterals } from '../../src/commands/literals.ts'
import { compilePattern, PatternSet, type PatternDefinition } from '../../src/commands/patterns.ts'
import { ManualClock } from '../manual-clock.ts'

const clock = new ManualClock()

async function setOf(...patterns: readonly PatternDefinition[]): Promise<PatternSet<string>> {
  const set = new PatternSet<string>(clock)
  for (const pattern of patterns) set.add('one', await compilePattern(pattern), String(pattern.pattern))
  return set
}

function hits(set: PatternSet<string>, text: string, asCommand = true): readonly string[] {
  return [...set.attempts(text, { asCommand })].filter(({ matches }) => matches.length > 0).map(({ value }) => value)
}

describe('commands by pattern', () => {
  test('C3.10: every pattern that matches counts, in the order in which they were added', async () => {
    const set = await setOf({ pattern: /issue/ }, { pattern: /never/ }, { pattern: 'i.s', flags: 'i' }, { pattern: /#(\d+)/ })
    expect(hits(set, 'issue #12')).toEqual(['/issue/', 'i.s', '/#(\\d+)/'])
    expect(hits(set, 'ISSUE')).toEqual(['i.s'])
  })

  test('C1.3, C3.10: without a prefix only those that need none', async () => {
    const set = await setOf({ pattern: /a/ }, { pattern: /a+/, prefixed: false })
    expect(hits(set, 'a', false)).toEqual(['/a+/'])
    expect(hits(set, 'a', true)).toEqual(['/a/', '/a+/'])
  })

  test.each([[/(?<key>[A-Z]+)-(\d+)?/g], ['(?P<key>[A-Z]+)-(\\d+)?']])('C1.2: %s gives the first match, or all', async (pattern) => {
    const first = await compilePattern({ pattern })
    const all = await compilePattern({ pattern, matchAll: true })
    const match = { text: 'AB-1', index: 4, groups: ['AB', '1'], named: { key: 'AB' } }
    for (let time = 0; time < 2; time++) expect(first.match('see AB-1 and C-', clock)).toEqual([match])
    expect(all.match('see AB-1 and C-', clock)).toEqual([match, { text: 'C-', index: 13, groups: ['C', undefined], named: { key: 'C' } }])
    expect(all.match('nothing', clock)).toEqual([])
  })

  test('what a plugin added goes with it', async () => {
    const set = await setOf({ pattern: /a/ })
    set.add('two', await compilePattern({ pattern: /a/ }), 'second')
    set.removePlugin('one')
    expect(hits(set, 'a')).toEqual(['second'])
  })

  test('only what can match is tried', async () => {
    const set = new PatternSet<number>(clock)
    for (let number = 0; number < 2000; number++)
      set.add('one', await compilePattern({ pattern: new RegExp(`word${number}\\b`, 'i') }), number)
    const tried = [...set.attempts('WORD77 and word1234', { asCommand: true })]
    expect(tried.filter(({ matches }) => matches.length > 0).map(({ value }) => value)).toEqual([77, 1234])
    expect(tried.map(({ value }) => value)).toEqual([1, 7, 12, 77, 123, 1234])
  })
})

describe('required literals', () => {
  test.each([
    ['deploy (\\w+)', ['deploy ']],
    ['(?:issue|pull) #\\d+', ['issue', 'pull']],
    ['a?bc+d', ['bc']],
    ['\\d+', undefined],
    ['(foo)?', undefined],
    ['foo|\\d', undefined],
    ['x{0,3}yy', ['yy']],
    ['x{2,3}', ['x']],
    ['(?=secret)open', ['open']],
    ['a\\.b', ['a.b']],
    ['[abc]def', ['def']],
    ['(?i)foo', undefined],
    ['[[:alpha:]]foo', undefined],
    ['\\Qa.b\\E', undefined],
    ['fo[', undefined],
    ['(ab', undefined],
    ['ab)', undefined],
  ])('of %j', (source, literals) => {
    expect(requiredLiterals(source)).toEqual(literals)
  })

  const piece = fc.constantFrom(
    'a',
    'b',
    'K',
    's',
    'ß',
    'Σ',
    '.',
    '\\d',
    '\\.',
    '[ab]',
    '[^a]',
    '^',
    '$',
    '\\b',
    'é',
    '#',
    '😀',
    '(?=a)',
    '(?!b)',
  )
  const source: fc.Arbitrary<string> = fc.letrec<{ expression: string; term: string }>((tie) => ({
    expression: fc.array(tie('term'), { minLength: 1, maxLength: 4 }).map((terms) => terms.join('')),
    term: fc.oneof(
      { maxDepth: 3 },
      piece,
      fc
        .tuple(piece, fc.constantFrom('?', '*', '+', '{0,2}', '{2}', '+?'))
        .map(([one, quantifier]) => (/^(?:[\^$]|\\b|\(\?)/.test(one) ? one : one + quantifier)),
      fc
        .tuple(tie('expression'), tie('expression'), fc.constantFrom('', '?', '*', '+'))
        .map(([one, other, quantifier]) => `(?:${one}|${other})${quantifier}`),
    ),
  })).expression

  test('law: the filter never hides a match', async () => {
    const letters = fc.string({
      unit: fc.constantFrom('a', 'A', 'b', 'k', '\u212a', 's', 'ſ', 'S', 'ß', 'ẞ', 'ς', 'σ', 'Σ', '.', '1', 'é', 'É', '#', '😀', ' '),
    })
    await fc.assert(
      fc.asyncProperty(source, fc.constantFrom('', 'i', 'iu', 'u'), letters, async (pattern, flags, text) => {
        const expression = new RegExp(pattern, flags)
        expect(hits(await setOf({ pattern: expression }), text)).toEqual(expression.test(text) ? [String(expression)] : [])
      }),
      { numRuns: 1000 },
    )
  })

  test('law: the automaton finds exactly the words that occur', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 4 })
    fc.assert(
      fc.property(fc.array(word), fc.string({ unit: fc.constantFrom('a', 'b', 'c') }), (words, text) => {
        const found = new Automaton(words.map((one, index) => [one, index])).find(text)
        expect([...found].sort((a, b) => a - b)).toEqual(words.flatMap((one, index) => (text.includes(one) ? [index] : [])))
      }),
    )
  })
})

describe('patterns from the configuration or from chat', () => {
  test.each(['(a)\\1', '(?=a)b', '(?<!a)b', '(', 'a{2,1}', '(?:a{1,30}){1,30}', '\\pL{999}', 'x'.repeat(1001)])(
    '%j is refused',
    async (pattern) => {
      await expect(compilePattern({ pattern })).rejects.toMatchObject({ code: 'BOT_PLUGIN' })
    },
  )

  test('a flag that is none is refused', async () => {
    await expect(compilePattern({ pattern: 'a', flags: 'iq' })).rejects.toMatchObject({
      code: 'BOT_PLUGIN',
      message: expect.stringContaining('"q"') as string,
    })
  })

  const evil = [
    '(a+)+$', '(a|a)*$', '(a|aa)+$', '(.*a){20}$', '(a*)*b', '^(a?){50}a{50}$', '(x+x+)+y', '([a-zA-Z]+)*$', '(\\w+\\s?)*$', '(.*)(.*)(.*)(.*)(.*)z',
    '(?:a|b|ab)*c', 'a.*b.*c.*d.*e$', '(?:a+)+b', '(a|b)*a(a|b){15}$', '(?:[ab]*a[ab]{12}){2}$', '(ab|a|b)*$', '(a.{0,99})*b', '(?i)(shirt|a+)+$',
    '\\b\\w+\\b.*(\\w+)$', 'a.*b|a', '(a{0,100}){0,9}$', '(a{1,10}){1,99}$', '(\\pL{1,100}){1,9}!', '((a{0,30}){0,30})$', '(.{0,500}x)', '(a|b|c|d)*e',
    '^(([a-z])+.)+[A-Z]([a-z])+$', '(a+){10}', '(.*?,){11}P', '^(.+)+!!$', '', 'a*?$',
  ] // prettier-ignore
  const LENGTH = 65_536
  const lines = [
    'a'.repeat(LENGTH) + '!',
    'ab'.repeat(LENGTH / 2),
    'a '.repeat(LENGTH / 2) + '!',
    'x'.repeat(LENGTH),
    'a'.repeat(1000),
    'ba'.repeat(500) + 'c',
    ',a'.repeat(5000),
  ]

  test.each(evil.flatMap((pattern) => [false, true].map((matchAll) => ({ pattern, matchAll }))))(
    'no line can stall $pattern (all: $matchAll)',
    async ({ pattern, matchAll }) => {
      // Refused, or bounded: what backtracks would not come back before the test's time limit.
      let compiled
      try {
        compiled = await compilePattern({ pattern, matchAll })
      } catch {
        return
      }
      const real = { monotonic: () => performance.now() }
      for (const line of lines) expect(() => compiled.match(line, real)).not.toThrow()
    },
    10_000,
  )

  test('a text that is too long for a pattern is said to be, and the others are tried', async () => {
    const set = await setOf({ pattern: '(.*a){20}$' }, { pattern: 'a$' })
    const tried = [...set.attempts('a'.repeat(LENGTH), { asCommand: true })]
    expect(tried.map(({ value, refused }) => [value, refused])).toEqual([
      ['(.*a){20}$', true],
      ['a$', false],
    ])
  })
})

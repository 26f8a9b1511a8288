import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { quote, tokenise } from '../../src/commands/tokens.ts'

const wordsOf = (source: string): unknown => {
  const words = tokenise(source)
  return 'unended' in words ? words.unended : words.map(({ text }) => text)
}

describe('words', () => {
  test.each([
    ['a  b\tc\nd', ['a', 'b', 'c', 'd']],
    ['a\u00a0b\u2003c', ['a', 'b', 'c']],
    [`"a b" 'c d' e"f g"h`, ['a b', 'c d', 'ef gh']],
    ['a\\ b \\"c\\" "d\\"e\\\\" \'f\\g\'', ['a b', '"c"', 'd"e\\', 'f\\g']],
    ['"" \'\'', ['', '']],
    ['"two\nlines" one\\\nword', ['two\nlines', 'oneword']],
    ['“a b” „c d“ «e f» »g h« ‘i j’ ‚k l‘', ['a b', 'c d', 'e f', 'g h', 'i j', 'k l']],
    ["don't it’s the dogs' bone", ["don't", 'it’s', 'the', "dogs'", 'bone']],
    ["'it's fine' ‘don’t’", ["it's fine", 'don’t']],
    ['--name="a b" --name=“c d”', ['--name=a b', '--name=c d']],
    ['say ```js\nlet a = "b"\n\nc\n``` now', ['say', 'let a = "b"\n\nc', 'now']],
    ['```one line```', ['one line']],
  ])('C2: %j is read as a shell and a telephone mean it', (source, words) => {
    expect(wordsOf(source)).toEqual(words)
  })

  test.each([
    ['a "b', 'quote'],
    ["'b c", 'quote'],
    ['a “b', 'quote'],
    ['```b', 'fence'],
    ['a\\', 'escape'],
  ])('C2: %j does not end, and that is said', (source, unended) => {
    expect(wordsOf(source)).toBe(unended)
  })

  test('law: words that were quoted are read back', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (words) => {
        expect(wordsOf(words.map(quote).join(' '))).toEqual(words)
      }),
    )
  })

  test('law: every word stands where it says', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', ' ', '"', "'", '\\', '\n', '“', '”', '`', '-', '=') }), (source) => {
        const words = tokenise(source)
        if ('unended' in words) {
          expect(words.start).toBeLessThan(source.length)
          return
        }
        let end = 0
        for (const word of words) {
          expect(source.slice(end, word.start)).toMatch(/^\s*$/)
          expect(word.end).toBeGreaterThan(word.start)
          if (!word.quoted) expect(source.slice(word.start, word.end)).toBe(word.text)
          end = word.end
        }
      }),
    )
  })
})

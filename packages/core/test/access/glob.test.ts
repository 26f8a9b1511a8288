import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseGlob } from '../../src/access/glob.ts'

const cases: readonly (readonly [pattern: string, text: string, matches: boolean])[] = [
  ['deploy', 'deploy', true],
  ['deploy', 'deploys', false],
  ['', '', true],
  ['*', '', true],
  ['?', '', false],
  ['?', '💥', true],
  ['de*oy', 'deploy', true],
  ['*loy', 'deploy', true],
  ['*', 'a/b:c\nd', true],
  ['[a-c]x', 'bx', true],
  ['[a-c]x', 'dx', false],
  ['[!a-c]x', 'dx', true],
  ['[^a-c]x', 'ax', false],
  ['[]]', ']', true],
  ['[*]', '*', true],
  ['[*]', 'a', false],
  ['[a-]', '-', true],
  ['a.c', 'abc', false],
  ['(a+)+$', '(a+)+$', true],
]

test.each(cases)('the pattern %j on %j', (pattern, text, matches) => {
  expect(parseGlob(pattern).matches(text)).toBe(matches)
})

test.each(['[', '[a', '[!', '[]', 'x[z-a]', 'a'.repeat(501)])('the pattern %j is refused', (pattern) => {
  expect(() => parseGlob(pattern)).toThrow(expect.objectContaining({ code: 'BOT_CONFIG' }) as Error)
})

/** What a glob means, said as plainly as possible. */
function means(pattern: readonly string[], text: readonly string[]): boolean {
  const [first, ...rest] = pattern
  if (first === undefined) return text.length === 0
  if (first === '*') return means(rest, text) || (text.length > 0 && means(pattern, text.slice(1)))
  const [character, ...others] = text
  if (character === undefined) return false
  const fits = first === '?' || (first === '[!a]' ? character !== 'a' : first === '[ab]' ? 'ab'.includes(character) : first === character)
  return fits && means(rest, others)
}

test('matching means what the plain definition means', () => {
  const pattern = fc.array(fc.constantFrom('a', 'b', '*', '?', '[ab]', '[!a]'), { maxLength: 7 })
  const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 8 })
  fc.assert(
    fc.property(pattern, text, (parts, characters) => {
      expect(parseGlob(parts.join('')).matches(characters.join(''))).toBe(means(parts, characters))
    }),
    { numRuns: 2000 },
  )
})

test.each(['*a*a*a*a*a*a*a*a*a*a*a*a*b', `*${'a'.repeat(100)}b`, `${'*a'.repeat(200)}b`, `${'*?'.repeat(200)}b`])(
  'no pattern makes matching slow: %j',
  (pattern) => {
    const glob = parseGlob(pattern)
    // Backtracking over several stars would take longer than the world lasts: the test's time limit finds it.
    expect(glob.matches('a'.repeat(64 * 1024))).toBe(false)
  },
)

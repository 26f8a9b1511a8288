import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { readInvocation, type PrefixContext, type PrefixSettings } from '../../src/commands/prefix.ts'

const room: PrefixContext = { direct: false, botNames: ['Botty', 'U123'] }
const alone: PrefixContext = { ...room, direct: true }
const errbot: PrefixSettings = {
  prefix: '!',
  alternatePrefixes: ['Err', 'Errbot'],
  separators: [':', ',', ';'],
  caseInsensitivePrefixes: true,
}

/** The command line, or what else it is. */
function textOf(body: string, settings: PrefixSettings, context = room): string | number | undefined {
  const invocation = readInvocation(body, settings, context)
  return invocation?.kind === 'recall' ? invocation.back : invocation?.text
}

describe('what is said to the bot', () => {
  test.each([
    ['C3.6', 'help', undefined],
    ['C3.7', '!help me', 'help me'],
    ['C3.7', '  !help', 'help'],
    ['C3.7', '\u00a0! help', 'help'],
    ['C3.7', '!', undefined],
    ['C3.7', ' ! ', undefined],
    ['C3.4', 'Err help', 'help'],
    ['C3.4', 'err, help', 'help'],
    ['C3.4', 'ERRBOT: help', 'help'],
    ['C3.4', 'Errbot:, help', 'help'],
    ['C3.4', 'Err,: help', ': help'],
    ['C3.7', 'Err!help', 'help'],
    ['C3.7', 'Err,!help', 'help'],
    ['C3.7', 'Err, !help', 'help'],
    ['C3.7', 'Err !help', 'help'],
    ['C3.4', 'Err', undefined],
    ['C3.4', 'Errors everywhere', undefined],
    ['C3.9', '!!', 1],
    ['C3.9', '!3', 3],
    ['C3.9', 'Err, 3', 3],
    ['C3.9', '!0', 0],
    ['C3.9', '!3 times', '3 times'],
  ])('%s: in a room %j', (_row, body, text) => {
    expect(textOf(body, errbot)).toBe(text)
  })

  test.each([
    ['@Botty help', 'help'],
    ['@botty: help', 'help'],
    ['@Botty !help', 'help'],
    ['<@U123> help', 'help'],
    ['Botty, help', 'help'],
    ['botty: !help', 'help'],
    ['@Bottyx help', undefined],
    ['Botty help', undefined],
    ['@alice @Botty help', undefined],
  ])('C3.4: a mention of the bot in front does as a prefix: %j', (body, text) => {
    expect(textOf(body, { prefix: '!' })).toBe(text)
  })

  test('C3.4: case matters for alternate prefixes unless it does not', () => {
    expect(textOf('err help', { ...errbot, caseInsensitivePrefixes: false })).toBeUndefined()
  })

  test('C3.5: in private the prefix may be left out', () => {
    const settings = { prefix: '!', prefixOptionalInPrivate: true }
    expect(readInvocation('help', settings, alone)).toEqual({ kind: 'command', text: 'help', prefixed: false })
    expect(readInvocation('!help', settings, alone)).toEqual({ kind: 'command', text: 'help', prefixed: true })
    expect(readInvocation('help', settings, room)).toBeUndefined()
    expect(readInvocation('help', { prefix: '!' }, alone)).toBeUndefined()
    // An answer to numbered choices, not a wish to repeat.
    expect(readInvocation('3', settings, alone)).toEqual({ kind: 'command', text: '3', prefixed: false })
  })

  test('C3.7: a prefix may hold spaces', () => {
    expect(textOf('hey bot help', { prefix: 'hey bot ' })).toBe('help')
    expect(textOf('hey bottom', { prefix: 'hey bot ' })).toBeUndefined()
  })

  test('C5.4: settings are lists of any kind, also frozen and empty ones', () => {
    expect(textOf('Err help', { prefix: '!', alternatePrefixes: Object.freeze(['', 'Err']), separators: Object.freeze(['']) })).toBe('help')
  })

  test('law: a prefix in front of a name calls it, whatever stands around', () => {
    const name = fc.stringMatching(/^[a-z]{1,10}( [a-z"']{1,10}){0,3}$/)
    fc.assert(
      fc.property(name, fc.constantFrom('!', 'Err ', 'Err:', 'Err, !', '@Botty ', '  !', '\n!'), (text, prefix) => {
        expect(textOf(prefix + text, errbot)).toBe(text)
      }),
    )
  })
})

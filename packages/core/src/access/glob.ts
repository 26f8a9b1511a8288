import { BotError } from '../contract/errors.ts'

/*
 * Globs as access rules use them: `*` any text, `?` any one character, `[a-c]` one of these, `[!a-c]` one other than these, `[*]` the star itself. A glob covers
 * the whole text. No regular expression is built of it: matching goes back to the last star only, so the work is at most the text's length times the
 * pattern's, which is bounded.
 */

const LONGEST_PATTERN = 500

interface CharacterClass {
  readonly negated: boolean
  readonly ranges: readonly (readonly [from: number, to: number])[]
}

type Token = string | CharacterClass

const ANY_TEXT: CharacterClass = { negated: true, ranges: [] }
const ANY_ONE: CharacterClass = { negated: true, ranges: [] }

export interface Glob {
  /** As it was written. */
  readonly source: string
  /** Whether it has no wildcard. */
  readonly literal: boolean
  matches(text: string): boolean
}

/** Reads a glob. Throws `BOT_CONFIG` for a character class that does not end or that holds nothing, and for a pattern that is too long. */
export function parseGlob(source: string): Glob {
  if (source.length > LONGEST_PATTERN) throw new BotError('BOT_CONFIG', `A pattern has at most ${LONGEST_PATTERN} characters.`)
  const tokens = tokenize(source)
  const text = tokens.every((token) => typeof token === 'string') ? tokens.join('') : undefined
  return {
    source,
    literal: text !== undefined,
    matches: text === undefined ? (candidate) => run(tokens, Array.from(candidate)) : (candidate) => candidate === text,
  }
}

function tokenize(source: string): Token[] {
  const characters = Array.from(source)
  const tokens: Token[] = []
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? ''
    if (character === '*') {
      if (tokens.at(-1) !== ANY_TEXT) tokens.push(ANY_TEXT)
    } else if (character === '?') {
      tokens.push(ANY_ONE)
    } else if (character === '[') {
      const { token, end } = characterClass(source, characters, at + 1)
      tokens.push(token)
      at = end
    } else {
      tokens.push(character)
    }
  }
  return tokens
}

/** A `]` that stands first is a member, as in shells. */
function characterClass(
  source: string,
  characters: readonly string[],
  start: number,
): { readonly token: CharacterClass; readonly end: number } {
  const negated = characters[start] === '!' || characters[start] === '^'
  const first = negated ? start + 1 : start
  const end = characters.indexOf(']', first + 1)
  if (end < 0)
    throw new BotError('BOT_CONFIG', `The pattern ${JSON.stringify(source)} has a "[" without a "]". Write [[] for the bracket itself.`)
  const ranges: [number, number][] = []
  for (let at = first; at < end; at++) {
    const from = codePoint(characters[at])
    const isRange = characters[at + 1] === '-' && at + 2 < end
    const to = isRange ? codePoint(characters[at + 2]) : from
    if (to < from) throw new BotError('BOT_CONFIG', `The pattern ${JSON.stringify(source)} has a range that runs backwards.`)
    ranges.push([from, to])
    if (isRange) at += 2
  }
  return { token: { negated, ranges }, end }
}

function run(tokens: readonly Token[], text: readonly string[]): boolean {
  let token = 0
  let at = 0
  // Where the last star stands, and up to where it has eaten: the only place a mismatch goes back to.
  let star = -1
  let eaten = 0
  while (at < text.length) {
    const current = tokens[token]
    if (current === ANY_TEXT) {
      star = token++
      eaten = at
    } else if (current !== undefined && matchesOne(current, text[at] ?? '')) {
      token++
      at++
    } else if (star >= 0) {
      token = star + 1
      at = ++eaten
    } else {
      return false
    }
  }
  while (tokens[token] === ANY_TEXT) token++
  return token === tokens.length
}

function matchesOne(token: Token, character: string): boolean {
  if (typeof token === 'string') return token === character
  const point = codePoint(character)
  return token.ranges.some(([from, to]) => from <= point && point <= to) !== token.negated
}

function codePoint(character: string | undefined): number {
  return character?.codePointAt(0) ?? 0
}

import { BotError } from '../contract/errors.ts'
import type { Clock } from '../contract/environment.ts'
import { Automaton } from './automaton.ts'
import { requiredLiterals } from './literals.ts'

/*
 * Commands that are found by a regular expression.
 *
 * A RegExp stands in a plugin's code and is trusted like it. A pattern given as a string may come from the configuration or from chat, so it runs on RE2's
 * algorithm (the package re2js), whose time grows only with the length of the text times the size of the pattern, and both are bounded here: nobody
 * can make it stall. Look-around and back-references do not exist there, and are refused.
 */

/** What `hears` takes. */
export interface PatternDefinition {
  readonly pattern: RegExp | string
  /** For a pattern given as a string: `i`, `m`, `s`. */
  readonly flags?: string
  /** Whether the message has to be a command's: with the prefix, or in private where none is needed. The prefix is taken off. Default true. */
  readonly prefixed?: boolean
  /** All matches instead of the first. */
  readonly matchAll?: boolean
}

/** One match. */
export interface PatternMatch {
  readonly text: string
  readonly index: number
  /** What the groups matched, the first at 0. */
  readonly groups: readonly (string | undefined)[]
  readonly named: Readonly<Record<string, string | undefined>>
}

/** A pattern made ready. */
export interface CompiledPattern {
  readonly source: string
  readonly prefixed: boolean
  readonly matchAll: boolean
  /** Texts of which every match holds at least one, in any case of letters. */
  readonly literals: readonly string[] | undefined
  /** The matches; undefined where finding them could take too long. */
  match(text: string, clock: Pick<Clock, 'monotonic'>): readonly PatternMatch[] | undefined
}

export interface Attempt<T> {
  readonly value: T
  /** Empty where the pattern does not match. */
  readonly matches: readonly PatternMatch[]
  /** The pattern was not tried to the end: the text is too long for one of its size. Say so in the log. */
  readonly refused: boolean
}

const LONGEST_PATTERN = 1000
/** Instructions of a compiled pattern. */
const LARGEST_PROGRAM = 300
/** Instructions times characters that one search may take: some tens of milliseconds at the worst. */
const MOST_STEPS = 300_000
/** For all matches of one pattern in one text. */
const MOST_MS = 10
const MOST_MATCHES = 1000

/** Makes a pattern ready. Rejects with `BOT_PLUGIN` for one that is no pattern, or that cannot be run in bounded time. */
export async function compilePattern({
  pattern,
  flags = '',
  prefixed = true,
  matchAll = false,
}: PatternDefinition): Promise<CompiledPattern> {
  const source = typeof pattern === 'string' ? pattern : pattern.source
  const match = typeof pattern === 'string' ? await linearMatcher(pattern, flags, matchAll) : nativeMatcher(pattern, matchAll)
  const isSets = typeof pattern !== 'string' && pattern.unicodeSets
  return { source, prefixed, matchAll, literals: isSets ? undefined : requiredLiterals(source)?.map(fold), match }
}

function nativeMatcher(pattern: RegExp, matchAll: boolean): CompiledPattern['match'] {
  // A copy: `lastIndex` of the author's is nobody's business. Sticky means: at the beginning.
  const expression = new RegExp(pattern.source, pattern.flags.includes('g') ? pattern.flags : `${pattern.flags}g`)
  return (text) => {
    const found: PatternMatch[] = []
    expression.lastIndex = 0
    for (const match of text.matchAll(expression)) {
      found.push({ text: match[0], index: match.index, groups: match.slice(1), named: match.groups ?? {} })
      if (!matchAll) break
    }
    return found
  }
}

async function linearMatcher(source: string, flags: string, matchAll: boolean): Promise<CompiledPattern['match']> {
  const { RE2JS } = await import('re2js')
  const fail = (reason: string, cause?: unknown): never => {
    throw new BotError(
      'BOT_PLUGIN',
      `The pattern ${JSON.stringify(source.slice(0, 100))} is refused: ${reason}`,
      cause === undefined ? {} : { cause },
    )
  }
  if (source.length > LONGEST_PATTERN) fail(`it has ${source.length} characters, more than ${LONGEST_PATTERN}.`)
  const bits: Readonly<Record<string, number>> = { i: RE2JS.CASE_INSENSITIVE, m: RE2JS.MULTILINE, s: RE2JS.DOTALL, u: 0, g: 0 }
  const mode = [...flags].reduce((all, flag) => all | (bits[flag] ?? fail(`there is no flag "${flag}"; i, m and s are.`)), 0)
  const compiled = (() => {
    try {
      return RE2JS.compile(source, mode)
    } catch (error) {
      return fail('it is no regular expression of the kind that runs in linear time (no look-around, no back-references).', error)
    }
  })()
  const size = compiled.programSize()
  if (size > LARGEST_PROGRAM)
    fail(`it takes ${size} instructions, more than ${LARGEST_PROGRAM}. Counted repetitions are what makes patterns large.`)
  const names = Object.entries(compiled.namedGroups())
  return (text, clock) => {
    if (text.length * size > MOST_STEPS) return undefined
    const found: PatternMatch[] = []
    const matcher = compiled.matcher(text)
    const start = clock.monotonic()
    while (matcher.find()) {
      const groups = Array.from({ length: compiled.groupCount() }, (_, index) => matcher.group(index + 1) ?? undefined)
      const named = Object.fromEntries(names.map(([name, index]) => [name, groups[index - 1]]))
      found.push({ text: matcher.group() ?? '', index: matcher.start(), groups, named })
      if (!matchAll) break
      if (found.length > MOST_MATCHES || clock.monotonic() - start > MOST_MS) return undefined
    }
    return found
  }
}

interface Entry<T> {
  readonly pattern: CompiledPattern
  readonly plugin: string
  readonly value: T
}

/** The patterns of a bot. Those that cannot match, because a text that they require does not occur, are not tried. */
export class PatternSet<T> {
  readonly #clock: Pick<Clock, 'monotonic'>
  #entries: Entry<T>[] = []
  #automaton: Automaton | undefined

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  add(plugin: string, pattern: CompiledPattern, value: T): void {
    this.#entries.push({ plugin, pattern, value })
    this.#automaton = undefined
  }

  removePlugin(plugin: string): void {
    this.#entries = this.#entries.filter((entry) => entry.plugin !== plugin)
    this.#automaton = undefined
  }

  /**
   * Tries what may match, in the order in which it was added, one pattern at a time: the caller may let others run in between. `text` is the message
   * without its prefix; `asCommand` says that it was said to the bot, so that patterns which want a prefix count too.
   */
  *attempts(text: string, { asCommand }: { readonly asCommand: boolean }): Generator<Attempt<T>> {
    const entries = this.#entries
    for (const index of this.#candidates(text)) {
      const { pattern, value } = entries[index] as Entry<T>
      if (pattern.prefixed && !asCommand) continue
      const matches = pattern.match(text, this.#clock)
      yield { value, matches: matches ?? [], refused: matches === undefined }
    }
  }

  #candidates(text: string): readonly number[] {
    this.#automaton ??= new Automaton(
      this.#entries.flatMap(({ pattern }, index) => (pattern.literals ?? ['']).map((literal) => [literal, index] as const)),
    )
    return [...this.#automaton.find(fold(text))].sort((a, b) => a - b)
  }
}

/** Letters that differ in case alone become the same, by any rule of case that a regular expression may follow. */
function fold(text: string): string {
  return text.toLowerCase().toUpperCase()
}

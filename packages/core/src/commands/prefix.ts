/** How the bot is called. */
export interface PrefixSettings {
  /** What stands in front of a command, such as `!`. It may hold spaces. */
  readonly prefix: string
  /** Words that do as well, such as the bot's name. The prefix may stand behind them. */
  readonly alternatePrefixes?: readonly string[]
  /** What may stand behind an alternate prefix, such as `:` and `,`; each is taken once, in this order. */
  readonly separators?: readonly string[]
  /** In private, commands need no prefix. */
  readonly prefixOptionalInPrivate?: boolean
  /** Whether the case of alternate prefixes does not matter. */
  readonly caseInsensitivePrefixes?: boolean
}

export interface PrefixContext {
  /** The message was said to the bot alone. */
  readonly direct: boolean
  /** What the bot is called where it was said: its nick, display name, and id. A mention of one of them at the beginning is a prefix. */
  readonly botNames?: readonly string[]
}

/** What a message says to the bot: a command line, or the wish to repeat an earlier one. Undefined where it says nothing to it. */
export type Invocation =
  | {
      readonly kind: 'command'
      readonly text: string
      /** False where it only counts because it was said in private: then it may be chatter, and an unknown name is not worth a complaint. */
      readonly prefixed: boolean
    }
  | { readonly kind: 'recall'; readonly back: number }

const ALPHANUMERIC = /[\p{L}\p{N}]/u
const MENTION_SEPARATORS = [':', ',']

/** Takes the prefix off. White space in front does not matter; a prefix with nothing behind it is nothing. */
export function readInvocation(body: string, settings: PrefixSettings, context: PrefixContext): Invocation | undefined {
  const source = body.trim()
  const addressed = withoutAddress(source, settings, context)
  const rest = addressed ?? source
  const bare = rest.startsWith(settings.prefix.trimStart()) ? rest.slice(settings.prefix.trimStart().length).trimStart() : undefined
  const prefixed = bare !== undefined || addressed !== undefined
  if (!prefixed && !(context.direct && settings.prefixOptionalInPrivate === true)) return undefined
  const text = bare ?? rest
  if (text === '') return undefined
  if (bare !== undefined && text === settings.prefix.trim()) return { kind: 'recall', back: 1 }
  if (prefixed && /^\d{1,4}$/.test(text)) return { kind: 'recall', back: Number(text) }
  return { kind: 'command', text, prefixed }
}

/** What follows an alternate prefix or a mention of the bot, with its separators. */
function withoutAddress(source: string, settings: PrefixSettings, context: PrefixContext): string | undefined {
  const { alternatePrefixes = [], separators = [], caseInsensitivePrefixes = false, prefix } = settings
  const alternate = afterLongest(source, alternatePrefixes, caseInsensitivePrefixes)
  if (alternate !== undefined) {
    const rest = withoutSeparators(alternate, separators)
    // `Errors everywhere` does not call a bot named `Err`.
    if (rest !== alternate || isBoundary(source, alternate, prefix)) return rest.trimStart()
  }
  const names = (context.botNames ?? []).filter((name) => name !== '')
  const mention = afterLongest(
    source,
    names.flatMap((name) => (name.startsWith('@') ? [name] : [`@${name}`, `<@${name}>`])),
    true,
  )
  if (
    mention !== undefined &&
    (isBoundary(source, mention, prefix) || MENTION_SEPARATORS.some((separator) => mention.startsWith(separator)))
  ) {
    return withoutSeparators(mention, MENTION_SEPARATORS).trimStart()
  }
  // Where mentions are plain names, as in IRC, a separator says that somebody is spoken to.
  const called = afterLongest(
    source,
    names.flatMap((name) => MENTION_SEPARATORS.map((separator) => name + separator)),
    true,
  )
  return called?.trimStart()
}

/** What follows the longest of these the source begins with. */
function afterLongest(source: string, prefixes: readonly string[], ignoreCase: boolean): string | undefined {
  const lengths = prefixes.filter((prefix) => prefix !== '' && startsWith(source, prefix, ignoreCase)).map((prefix) => prefix.length)
  return lengths.length === 0 ? undefined : source.slice(Math.max(...lengths))
}

function startsWith(source: string, prefix: string, ignoreCase: boolean): boolean {
  const beginning = source.slice(0, prefix.length)
  return beginning === prefix || (ignoreCase && beginning.toLowerCase() === prefix.toLowerCase())
}

function withoutSeparators(rest: string, separators: readonly string[]): string {
  return separators.reduce((left, separator) => {
    const trimmed = left.trimStart()
    return separator.trim() !== '' && trimmed.startsWith(separator) ? trimmed.slice(separator.length) : trimmed
  }, rest)
}

/** Whether the word that a prefix is ends where the prefix does. */
function isBoundary(source: string, rest: string, prefix: string): boolean {
  const last = source[source.length - rest.length - 1] ?? ''
  return rest === '' || rest.startsWith(prefix) || !ALPHANUMERIC.test(last) || !ALPHANUMERIC.test(rest[0] as string)
}

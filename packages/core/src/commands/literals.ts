/**
 * Texts of which every match of a regular expression holds at least one, or undefined where none can be told. Careful, not clever: whatever it does
 * not know, it takes for nothing. Written for the syntax that JavaScript and RE2 share.
 */
export function requiredLiterals(source: string): readonly string[] | undefined {
  const reader = new Reader(source)
  const found = reader.alternatives()
  return reader.gaveUp || !reader.done ? undefined : found
}

const MOST_LITERALS = 32
const QUANTIFIER = /(?:[*+?]|\{(\d+)(?:,\d*)?\})\??/y
/** Escapes that stand for a kind of character, or for a place. */
const CLASSES = /[dDwWsSbB]/
const CONTROL: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v' }
const GROUP = /\((?:\?:|\?<[A-Za-z_]\w*>|\?P<[A-Za-z_]\w*>|(?!\?))/y
const LOOKAROUND = /\(\?<?[=!]/y

class Reader {
  readonly #source: string
  #at = 0
  gaveUp = false

  constructor(source: string) {
    this.#source = source
  }

  get done(): boolean {
    return this.#at >= this.#source.length
  }

  /** Branches up to a closing bracket or the end. */
  alternatives(): readonly string[] | undefined {
    const branches = [this.#sequence()]
    while (!this.gaveUp && this.#source[this.#at] === '|') {
      this.#at++
      branches.push(this.#sequence())
    }
    const all = new Set<string>()
    for (const branch of branches) {
      if (branch === undefined) return undefined
      for (const literal of branch) all.add(literal)
    }
    return all.size > MOST_LITERALS ? undefined : [...all]
  }

  #sequence(): readonly string[] | undefined {
    let best: readonly string[] | undefined
    let run = ''
    const offer = (found: readonly string[] | undefined): void => {
      if (found !== undefined && (best === undefined || weight(found) > weight(best))) best = found
    }
    const end = (): void => {
      if (run !== '') offer([run])
      run = ''
    }
    while (!this.gaveUp && !this.done && this.#source[this.#at] !== '|' && this.#source[this.#at] !== ')') {
      const part = this.#part()
      const least = this.#quantifier()
      if (typeof part === 'string' && least === undefined) {
        run += part
        continue
      }
      // `ab+`: what is repeated at least once still stands behind what was there, but nothing follows it directly.
      if (typeof part === 'string' && least !== undefined && least > 0) run += part
      end()
      if (typeof part === 'object' && least !== 0) offer(part)
    }
    end()
    return best
  }

  /** A character, what a group requires, or undefined for anything else. */
  #part(): string | readonly string[] | undefined {
    const character = this.#source[this.#at] as string
    switch (character) {
      case '\\':
        return this.#escape()
      case '[':
        return this.#characterClass()
      case '(':
        return this.#group()
      case '.':
      case '^':
      case '$':
        this.#at++
        return undefined
      case '*':
      case '+':
      case '?':
      case '{':
      case '}':
      case ']':
        this.gaveUp = true
        return undefined
      default:
        this.#at++
        // Half of a pair may be joined by its other half, and then its case may change.
        return /[\uD800-\uDFFF]/.test(character) ? undefined : character
    }
  }

  #escape(): string | undefined {
    const character = this.#source[this.#at + 1] ?? ''
    this.#at += 2
    if (CLASSES.test(character)) return undefined
    const control = CONTROL[character]
    if (control !== undefined) return control
    if (/[^\p{L}\p{N}\s]/u.test(character)) return character
    this.gaveUp = true
    return undefined
  }

  #characterClass(): undefined {
    let at = this.#at + 1
    while (at < this.#source.length && this.#source[at] !== ']') {
      // A class in a class, or an empty one: the dialects differ.
      if (this.#source[at] === '[') this.gaveUp = true
      at += this.#source[at] === '\\' ? 2 : 1
    }
    if (at <= this.#at + 1 || at >= this.#source.length || this.#source.startsWith('[^]', this.#at)) this.gaveUp = true
    this.#at = at + 1
    return undefined
  }

  #group(): readonly string[] | undefined {
    LOOKAROUND.lastIndex = this.#at
    GROUP.lastIndex = this.#at
    const isLookaround = LOOKAROUND.test(this.#source)
    if (isLookaround) this.#at = LOOKAROUND.lastIndex
    else if (GROUP.test(this.#source)) this.#at = GROUP.lastIndex
    else {
      this.gaveUp = true
      return undefined
    }
    const found = this.alternatives()
    if (this.#source[this.#at] !== ')') this.gaveUp = true
    this.#at++
    return isLookaround ? undefined : found
  }

  /** How often what stood before has to occur at least; undefined where nothing says. */
  #quantifier(): number | undefined {
    QUANTIFIER.lastIndex = this.#at
    const found = QUANTIFIER.exec(this.#source)
    if (found === null) return undefined
    this.#at = QUANTIFIER.lastIndex
    return found[1] === undefined ? (found[0].startsWith('+') ? 1 : 0) : Number(found[1])
  }
}

function weight(literals: readonly string[]): number {
  return Math.min(...literals.map((literal) => literal.length))
}

import { nearest } from '../config/complaint.ts'
import { optionKey, type Field, type Grammar } from './grammar.ts'
import type { Fault } from './problem.ts'
import type { ReadContext } from './readers.ts'
import { Scanner, type Unended, type Word } from './tokens.ts'

/** A text given for an argument or an option, and where it stood. */
export interface Assignment {
  readonly field: Field
  readonly text: string
  readonly start: number
  readonly end: number
}

export interface Assigned {
  readonly assignments: readonly Assignment[]
  /** The first thing wrong. */
  readonly fault?: Fault
  /** Help was asked for. */
  readonly help: boolean
}

/** More values than anybody types by hand: each may cost a look-up. */
const MOST_VALUES = 1000
const LONGEST_NAME = 64
/** `--name`, also as telephones write it; a dash before a single letter is a short option. */
const LONG = /(?:--|[‐‑][‐‑]|—|–|―)(\p{L}[\p{L}\p{N}_-]*)(?:=|(?=\s|$))/uy
const SHORT = /[-‐‑](?=\p{L})/uy
const END = /--(?=\s|$)/uy
const DASHED = /--|[—–―]\p{L}/uy
const OPTION_LIKE = /(?:--?|[‐‑—–―])\p{L}/uy

/** Says which text is meant for which argument. Reads no values, except where only the value tells how many words it has. */
export function assign(grammar: Grammar, text: string, context: ReadContext): Assigned {
  return new Assigner(grammar, text, context).run()
}

class Assigner {
  readonly #grammar: Grammar
  readonly #scanner: Scanner
  readonly #context: ReadContext
  readonly #assignments: Assignment[] = []
  readonly #counts = new Map<Field, number>()
  #fault: Fault | undefined
  #help = false
  #ended = false

  constructor(grammar: Grammar, text: string, context: ReadContext) {
    this.#grammar = grammar
    this.#scanner = new Scanner(text)
    this.#context = context
  }

  run(): Assigned {
    while (this.#scanner.more()) {
      if (!this.#ended && this.#scanner.take(END) !== null) this.#ended = true
      else if (this.#ended || !this.#option()) this.#argument()
    }
    return { assignments: this.#assignments, help: this.#help, ...(this.#fault === undefined ? {} : { fault: this.#fault }) }
  }

  /** Takes an option if one stands here. */
  #option(): boolean {
    const start = this.#scanner.position
    const long = this.#scanner.take(LONG)
    if (long !== null) {
      const [whole, name = ''] = long
      if (name.length === 1 && !whole.startsWith('--')) {
        this.#scanner.position = start + whole.indexOf(name)
        this.#shorts(start)
      } else {
        this.#long(name, whole.endsWith('='), start)
      }
      return true
    }
    if (this.#isRest()) return false
    if (this.#scanner.take(SHORT) !== null) {
      this.#shorts(start)
      return true
    }
    if (this.#scanner.take(DASHED) === null) return false
    this.#scanner.position = start
    const word = this.#word()
    if (word !== undefined) this.#unknown(word.text, start, word.end)
    return true
  }

  #long(name: string, hasValue: boolean, start: number): void {
    const end = this.#scanner.position - (hasValue ? 1 : 0)
    const key = optionKey(name)
    const field = this.#grammar.byName.get(key)
    if (field !== undefined) {
      if (hasValue || !field.flag) this.#value(field, hasValue, start, end)
      else this.#put(field, { text: 'true', start, end })
      return
    }
    const denied = key.startsWith('no') ? this.#grammar.byName.get(key.slice(2)) : undefined
    if (denied?.flag === true && !hasValue) this.#put(denied, { text: 'false', start, end })
    else if (key === 'help' && !hasValue) this.#help = true
    else {
      // What belongs to an unknown option is not looked at either.
      if (hasValue) this.#word()
      this.#unknown(name, start, end)
    }
  }

  /** `-f`, `-vf`, `-n5`, `-n 5`. */
  #shorts(start: number): void {
    const { source } = this.#scanner
    for (;;) {
      const at = this.#scanner.position
      const letter = String.fromCodePoint(source.codePointAt(at) as number)
      const field = this.#grammar.byLetter.get(letter)
      this.#scanner.position += letter.length
      const isLast = /^(?:\s|$)/u.test(source.slice(this.#scanner.position, this.#scanner.position + 1))
      if (field === undefined) {
        if (letter === 'h' && isLast && at <= start + 1) this.#help = true
        else {
          this.#word()
          this.#unknown(letter, start, this.#scanner.position)
        }
        return
      }
      if (!field.flag) {
        const hasEquals = source[this.#scanner.position] === '='
        if (hasEquals) this.#scanner.position++
        this.#value(field, hasEquals || !isLast, start, at + letter.length)
        return
      }
      this.#put(field, { text: 'true', start, end: this.#scanner.position })
      if (isLast) return
    }
  }

  /** The value of an option: right here, or the next word. */
  #value(field: Field, isHere: boolean, start: number, end: number): void {
    if (!isHere && (!this.#scanner.more() || this.#looksLikeOption())) {
      this.#fail(`The option --${field.name} needs a value: ${field.reader.allowed}.`, start, end)
      return
    }
    const word = this.#words(field)
    // An empty value is nothing to point at.
    if (word !== undefined) this.#put(field, word.start === word.end ? { text: word.text, start, end } : word)
  }

  #looksLikeOption(): boolean {
    const at = this.#scanner.position
    const found = this.#scanner.take(OPTION_LIKE) !== null
    this.#scanner.position = at
    return found
  }

  #argument(): void {
    const field = this.#nextArgument()
    if (field === undefined) {
      const word = this.#word()
      if (word !== undefined) this.#surplus(word)
    } else if (field.reader.type === 'line') {
      this.#put(field, this.#scanner.rest())
    } else {
      const word = this.#words(field)
      if (word !== undefined) this.#put(field, word)
    }
  }

  #nextArgument(): Field | undefined {
    return this.#grammar.arguments.find((field) => field.many || !this.#counts.has(field))
  }

  #isRest(): boolean {
    return this.#nextArgument()?.reader.type === 'line'
  }

  /** One value: a word, a JSON value, or as many words as the type can make one of (`2 days`, `tomorrow 9:00`). */
  #words(field: Field): Omit<Assignment, 'field'> | undefined {
    const found = field.reader.type === 'json' ? this.#scanner.json() : undefined
    if (found !== undefined) return this.#complete(found)
    const first = this.#word()
    if (first === undefined || first.quoted || field.reader.words === 1) return first
    const ends = [this.#scanner.position]
    while (ends.length < field.reader.words && this.#scanner.more() && !this.#looksLikeOption()) {
      const next = this.#scanner.word()
      if ('unended' in next || next.quoted) break
      ends.push(this.#scanner.position)
    }
    for (let end = ends.pop(); end !== undefined; end = ends.pop()) {
      this.#scanner.position = end
      const text = this.#scanner.source.slice(first.start, end)
      const reading = ends.length === 0 ? undefined : field.reader.read(text, this.#context)
      if (reading === undefined) break
      if (!(reading instanceof Promise) && 'value' in reading) return { text, start: first.start, end }
    }
    return first
  }

  #word(): Word | undefined {
    return this.#complete(this.#scanner.word())
  }

  #complete(word: Word | Unended): Word | undefined {
    if (!('unended' in word)) return word
    const { start, end } = word
    const { source } = this.#scanner
    const said = {
      quote: `The quotation that begins with ${source[start]} does not end. To mean the character itself, put \\ in front of it.`,
      fence: 'The block that begins with ``` does not end.',
      escape: 'There is nothing behind the \\ at the end. To mean the character itself, write \\\\.',
      json: `The JSON that begins with ${source[start]} does not end.`,
    }
    this.#fail(said[word.unended], start, word.unended === 'json' ? start + 1 : Math.min(end, start + (word.unended === 'fence' ? 3 : 1)))
    this.#scanner.position = source.length
    return undefined
  }

  #put(field: Field, { text, start, end }: Omit<Assignment, 'field'>): void {
    const count = (this.#counts.get(field) ?? 0) + 1
    this.#counts.set(field, count)
    if (count > 1 && !field.many && !field.flag) {
      this.#fail(`The option --${field.name} is given twice.`, start, end)
    } else if (count > mostValues(field)) {
      this.#fail(surplusMessage(field), start, end)
    } else if (this.#fault === undefined) {
      this.#assignments.push({ field, text, start, end })
    }
  }

  #surplus({ start, end }: Word): void {
    const count = this.#grammar.arguments.length
    const takes = count === 0 ? 'no arguments' : count === 1 ? 'one argument' : `${count} arguments`
    this.#fail(`This is one too many: the command takes ${takes}. A text with spaces goes in quotes.`, start, end)
  }

  #unknown(name: string, start: number, end: number): void {
    if (this.#fault !== undefined) return
    const shown = this.#scanner.source.slice(start, end)
    const known = this.#grammar.options.map((field) => field.name)
    const meant = name.length > LONGEST_NAME ? undefined : nearest(name, known)
    const advice =
      meant !== undefined
        ? `Did you mean --${meant}?`
        : known.length === 0
          ? 'The command has none.'
          : `There are: ${known.map((one) => `--${one}`).join(', ')}.`
    const what = shown.length > LONGEST_NAME ? 'that' : shown
    this.#fail(`There is no option ${what}. ${advice} If it is no option, put it in quotes.`, start, end)
  }

  #fail(message: string, start: number, end: number): void {
    this.#fault ??= { message, start, end }
  }
}

/** How many values a field may have: repeated flags do no harm. */
export function mostValues({ many, schema }: Field): number {
  return many ? Math.min(MOST_VALUES, schema.maxItems ?? MOST_VALUES) : MOST_VALUES
}

export function surplusMessage(field: Field): string {
  return `At most ${mostValues(field)} values can be given for ${labelOf(field)}.`
}

/** What a field is called in a sentence. */
export function labelOf(field: Field): string {
  return field.kind === 'option' ? `--${field.name}` : `<${field.name}>`
}

import { createInterface, type Interface } from 'node:readline'
import { painted, write, type Screen, type Terminal } from './terminal.ts'
import type { Line } from './style.ts'

/**
 * Puts lines together to messages: a line that ends in a backslash goes on in the next, and so does everything between two lines of three backticks.
 * Two backslashes at the end are one that is meant.
 */
export class Assembler {
  #lines: string[] = []
  #fenced = false

  /** The lines of a message that is not complete yet. */
  get pending(): readonly string[] {
    return this.#lines
  }

  /** Takes a line; the whole message where that completes it. */
  push(line: string): string | undefined {
    if (line.trimStart().startsWith('```')) this.#fenced = !this.#fenced
    if (this.#fenced) {
      this.#lines.push(line)
      return undefined
    }
    const backslashes = /\\*$/.exec(line)?.[0].length ?? 0
    const kept = backslashes === 0 ? line : line.slice(0, line.length - Math.ceil(backslashes / 2))
    this.#lines.push(kept)
    return backslashes % 2 === 1 ? undefined : this.flush()
  }

  /** Everything so far as a message, complete or not; undefined where there is nothing. */
  flush(): string | undefined {
    const text = this.#lines.join('\n')
    this.#lines = []
    this.#fenced = false
    return text.trim() === '' ? undefined : text
  }
}

/** Output as plain lines and input as a script: for pipes, files and screen readers. */
export class PlainScreen implements Screen {
  readonly color = false
  readonly width = Infinity
  readonly interactive = false
  readonly #terminal: Terminal
  #reader: Interface | undefined
  #closed = false

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  print(lines: readonly Line[]): Promise<void> {
    return write(this.#terminal.output, painted(lines, false))
  }

  setPrompt(): void {}

  setStatus(): void {}

  async *texts(): AsyncGenerator<string> {
    const assembler = new Assembler()
    this.#reader = createInterface({ input: this.#terminal.input, crlfDelay: Infinity, terminal: false })
    for await (const line of this.#reader) {
      // What had been read ahead when the bot was stopped was never taken.
      if (this.#closed) return
      const text = assembler.push(line)
      if (text !== undefined) yield text
    }
    const rest = assembler.flush()
    if (rest !== undefined) yield rest
  }

  close(): void {
    this.#closed = true
    this.#reader?.close()
  }
}

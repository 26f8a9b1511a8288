import { EventEmitter, on } from 'node:events'
import { clearScreenDown, createInterface, cursorTo, moveCursor, type Interface } from 'node:readline'
import { Assembler } from './input.ts'
import { paint, span, type Line } from './style.ts'
import { painted, write, type Screen, type Terminal } from './terminal.ts'
import { inertLine, rowsBelow } from './text.ts'

export interface EditorOptions {
  readonly color: boolean
  /** Lines typed in earlier runs, newest first. */
  readonly history: readonly string[]
  /** Called with all lines, newest first, when there is a new one. */
  onHistory(history: readonly string[]): void
  /** The texts that could stand in place of the end of what was typed, and that end. */
  complete(typed: string): Promise<[string[], string]>
}

const HISTORY_LINES = 1000
const SHOWN_PENDING = 5
const CONTINUED = '… '

/**
 * A terminal a person types at. `node:readline` edits the line; this prints above it. Everything at the bottom that is not printed for good (the
 * passing state, the lines of an unfinished message, the prompt) is readline's prompt, so that readline redraws it as a whole.
 */
export class Editor implements Screen {
  readonly interactive = true
  readonly color: boolean
  readonly #terminal: Terminal
  readonly #reader: Interface
  readonly #emitter = new EventEmitter()
  readonly #texts: AsyncIterableIterator<[string]>
  readonly #assembler = new Assembler()
  /** Undefined until there is somebody to type. */
  #prompt: Line | undefined
  #status: string | undefined
  #open = true

  constructor(terminal: Terminal, options: EditorOptions) {
    this.#terminal = terminal
    this.color = options.color
    this.#texts = on(this.#emitter, 'text', { close: ['close'] }) as AsyncIterableIterator<[string]>
    this.#reader = createInterface({
      input: terminal.input,
      output: terminal.output,
      terminal: true,
      historySize: HISTORY_LINES,
      removeHistoryDuplicates: true,
      history: options.history.map(inertLine),
      completer: (typed: string, done: (error: Error | null, result?: [string[], string]) => void) => {
        options.complete(typed).then(
          (result) => done(null, result),
          (error: Error) => done(error),
        )
      },
    })
    this.#reader.on('history', (history) => options.onHistory(history))
    this.#reader.on('line', (line) => this.#entered(line))
    this.#reader.on('SIGINT', () => this.#interrupted())
    this.#reader.on('close', () => this.#closed())
  }

  get width(): number {
    // A line that fills the last column makes some terminals wrap early.
    return Math.max(20, this.#terminal.columns - 1)
  }

  print(lines: readonly Line[]): Promise<void> {
    const text = painted(lines, this.color)
    if (!this.#open || this.#prompt === undefined) return write(this.#terminal.output, text)
    this.#erase(this.#reader.getCursorPos().rows)
    const written = write(this.#terminal.output, text)
    this.#draw(true)
    return written
  }

  setPrompt(prompt: Line): void {
    this.#prompt = prompt
    this.#redraw()
  }

  setStatus(status: string | undefined): void {
    if (status === this.#status) return
    this.#status = status
    this.#redraw()
  }

  async *texts(): AsyncGenerator<string> {
    for await (const [text] of this.#texts) yield text
  }

  close(): void {
    if (this.#open) this.#reader.close()
  }

  /** Takes the typed line off the screen, as the message will be printed with its number, and makes room for the next. */
  #entered(line: string): void {
    this.#erase(rowsBelow(this.#promptText(false) + inertLine(line), this.#terminal.columns) + 1)
    const text = this.#assembler.push(line)
    if (text !== undefined) this.#emitter.emit('text', text)
    this.#draw(false)
  }

  /** As in a shell: throws away what was typed; where there is nothing, ends. */
  #interrupted(): void {
    if (this.#reader.line === '' && this.#assembler.pending.length === 0) {
      this.#reader.close()
      return
    }
    this.#assembler.flush()
    this.#reader.write(null, { ctrl: true, name: 'e' })
    this.#reader.write(null, { ctrl: true, name: 'u' })
    this.#redraw()
  }

  #closed(): void {
    this.#erase(this.#reader.getCursorPos().rows)
    this.#open = false
    const rest = this.#assembler.flush()
    if (rest !== undefined) this.#emitter.emit('text', rest)
    this.#emitter.emit('close')
  }

  #redraw(): void {
    if (!this.#open || this.#prompt === undefined) return
    this.#erase(this.#reader.getCursorPos().rows)
    this.#draw(true)
  }

  /** Draws from the row of the cursor. */
  #draw(keepCursor: boolean): void {
    // readline would first go up by the rows it believes to have drawn: too few after a paste, and erased here anyway. No public name does this.
    Object.assign(this.#reader, { prevRows: 0 })
    this.#reader.setPrompt(this.#promptText(this.color))
    this.#reader.prompt(keepCursor)
  }

  /** Clears from the first row of what readline has drawn; the cursor stands `rows` below it. */
  #erase(rows: number): void {
    const { output } = this.#terminal
    cursorTo(output, 0)
    moveCursor(output, 0, -rows)
    clearScreenDown(output)
  }

  #promptText(color: boolean): string {
    const { pending } = this.#assembler
    const status: readonly Line[] = this.#status === undefined ? [] : [[span(this.#status, 'dim')]]
    const hidden = pending.length - SHOWN_PENDING
    const left: readonly Line[] = hidden > 0 ? [[span(`${CONTINUED}${hidden} lines above`, 'dim')]] : []
    const shown: readonly Line[] = pending.slice(-SHOWN_PENDING).map((line) => [span(CONTINUED, 'dim'), span(inertLine(line))])
    const last = pending.length === 0 ? (this.#prompt ?? []) : [span(CONTINUED, 'dim')]
    return [...status, ...left, ...shown, last].map((line) => paint(line, color)).join('\n')
  }
}

import { Writable } from 'node:stream'
import headless from '@xterm/headless'

/** A terminal emulator as the output stream: what a person would see. */
export class Emulator extends Writable {
  readonly columns: number
  readonly isTTY = true
  readonly #terminal: InstanceType<typeof headless.Terminal>

  constructor(columns = 60, rows = 24) {
    super()
    this.columns = columns
    this.#terminal = new headless.Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: true, scrollback: 500 })
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#terminal.write(chunk, done)
  }

  /** The rows with something on them, from the first, scrolled-off ones included; the one with the cursor carries a `▏` there. */
  get rows(): string[] {
    const buffer = this.#terminal.buffer.active
    const rows = Array.from({ length: buffer.length }, (_, index) => buffer.getLine(index)?.translateToString(true) ?? '')
    const at = buffer.baseY + buffer.cursorY
    rows[at] = `${(rows[at] ?? '').padEnd(buffer.cursorX).slice(0, buffer.cursorX)}▏${(rows[at] ?? '').slice(buffer.cursorX)}`
    return rows.slice(0, rows.findLastIndex((row) => row !== '') + 1)
  }
}

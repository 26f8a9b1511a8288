import type { Readable, Writable } from 'node:stream'
import { styleText } from 'node:util'
import { BotError } from '@bot/core/backend'
import { paint, type Line } from './style.ts'

/** The two streams of a terminal. `output.columns`, where there is one, follows `columns`. */
export interface Terminal {
  readonly input: Readable
  readonly output: Writable
  /** Whether a person sits at it: both streams are a terminal's. */
  readonly isTTY: boolean
  readonly columns: number
}

/** The terminal this process was started in. */
export function processTerminal(): Terminal {
  return {
    input: process.stdin,
    output: process.stdout,
    isTTY: process.stdin.isTTY && process.stdout.isTTY,
    get columns() {
      // Some pseudo-terminals claim a width of 0. Like readline, take that for no limit.
      return process.stdout.columns || Infinity
    },
  }
}

/** Whether a stream takes colours, by its kind and by `NO_COLOR` and its relatives, as Node.js reads them. */
export function takesColor(output: Writable): boolean {
  return styleText('bold', 'x', { stream: output }) !== 'x'
}

/** Resolves when the text has left the stream's buffer, which is the back-pressure. */
export function write(output: Writable, text: string): Promise<void> {
  if (output.destroyed || output.writableEnded) {
    return Promise.reject(new BotError('BACKEND_NOT_CONNECTED', 'Nothing more can be written to the terminal: its output is closed.'))
  }
  return new Promise((resolve, reject) => {
    output.write(text, (cause) => {
      if (cause === undefined || cause === null) resolve()
      else reject(new BotError('BACKEND_OUTCOME_UNKNOWN', 'Writing to the terminal failed midway.', { cause }))
    })
  })
}

/** What stands between the backend and the two streams: lines go out, whole texts come in. */
export interface Screen {
  readonly color: boolean
  /** The columns lines should fit into. */
  readonly width: number
  /** Whether a person types here, so that prompts and passing states make sense. */
  readonly interactive: boolean
  /** Resolves when the lines are written. */
  print(lines: readonly Line[]): Promise<void>
  /** What stands in front of the line being typed. */
  setPrompt(prompt: Line): void
  /** A passing state, such as that the bot is writing; undefined takes it away. */
  setStatus(status: string | undefined): void
  /** What is typed or piped in, message by message, until the input or the screen is closed. */
  texts(): AsyncIterable<string>
  close(): void
}

export function painted(lines: readonly Line[], color: boolean): string {
  return lines.map((line) => `${paint(line, color)}\n`).join('')
}

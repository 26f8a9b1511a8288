import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BackendHost } from '@bot/core/backend'

/** The lines typed in earlier runs, newest first. */
export class LineHistory {
  readonly #host: BackendHost
  readonly #path: string
  #saved: Promise<void> = Promise.resolve()

  constructor(host: BackendHost, folder: string) {
    this.#host = host
    this.#path = join(folder, 'history')
  }

  async read(): Promise<string[]> {
    try {
      return (await readFile(this.#path, 'utf8')).split('\n').filter((line) => line !== '')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#host.log.warn({ err: error }, 'the line history could not be read')
      return []
    }
  }

  save(lines: readonly string[]): void {
    const text = lines.map((line) => `${line}\n`).join('')
    this.#saved = this.#saved
      .then(() => writeFile(this.#path, text, { mode: 0o600 }))
      .catch((error: unknown) => this.#host.log.warn({ err: error }, 'the line history could not be saved'))
  }

  /** Resolves when everything saved so far is on the disk. */
  saved(): Promise<void> {
    return this.#saved
  }
}

import { createReadStream } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BotError, type BackendHost, type FileRef, type IncomingFile } from '@bot/core/backend'
import { inertLine } from './text.ts'

/** Writes a file of the bot's into the data directory; resolves to its path. Names that are taken get a number. */
export async function saveFile(host: BackendHost, file: FileRef): Promise<string> {
  const folder = join(await host.dataDir(), 'files')
  const data = await host.readFile(file)
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    for (let number = 1; ; number++) {
      const path = join(folder, safeName(file.name, number))
      if (await writeNew(path, data)) return path
    }
  } catch (cause) {
    throw new BotError(
      'BACKEND_UNAVAILABLE',
      `The file "${file.name}" could not be saved in ${folder}; make room there or set its rights.`,
      { cause },
    )
  }
}

async function writeNew(path: string, data: Uint8Array): Promise<boolean> {
  try {
    await writeFile(path, data, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** A name that stays in its folder, is seen, and can be typed. */
function safeName(name: string, number: number): string {
  const plain =
    inertLine(name)
      .replace(/[/\\:*?"<>|]/g, '_')
      .replace(/^\.+/, '')
      .slice(-120) || 'file'
  if (number === 1) return plain
  const dot = plain.lastIndexOf('.')
  return dot <= 0 ? `${plain}-${number}` : `${plain.slice(0, dot)}-${number}${plain.slice(dot)}`
}

/** The bytes of a file that was sent with `/file`, as it is on the disk now. */
export async function* readSent(
  file: IncomingFile,
  options: { readonly signal: AbortSignal; readonly maxBytes: number },
): AsyncGenerator<Uint8Array> {
  const path = file.ref
  if (typeof path !== 'string') throw new BotError('BACKEND_REFUSED', `The file "${file.name}" was not sent from this terminal.`)
  let bytes = 0
  try {
    for await (const chunk of createReadStream(path, { signal: options.signal }) as AsyncIterable<Uint8Array>) {
      bytes += chunk.length
      if (bytes > options.maxBytes) break
      yield chunk
    }
  } catch (cause) {
    options.signal.throwIfAborted()
    throw new BotError('BACKEND_UNAVAILABLE', `The file "${file.name}" could not be read; is it still there?`, { cause })
  }
  if (bytes > options.maxBytes)
    throw new BotError('BACKEND_REFUSED', `The file "${file.name}" is larger than the ${options.maxBytes} bytes asked for.`)
}

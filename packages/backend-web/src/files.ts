import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BotError, type Clock, type Json, type KeyValue, type Random } from '@bot/core/backend'
import { entries, type StoredFile } from './archive.ts'

/*
 * Files, under random names in the instance's own folder; what somebody called a file is only ever data. `f/<id>` in the storage says what it is.
 */

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const ORPHAN_MS = 24 * 3_600_000
const MAX_UNATTACHED = 20

export interface FileRecord extends StoredFile {
  readonly by: string
  readonly time: number
  /** The message it belongs to; none while it is only uploaded. */
  readonly message?: string
}

export class FileStore {
  readonly #state: KeyValue
  readonly #clock: Clock
  readonly #random: Random
  readonly #folder: () => Promise<string>
  readonly #files = new Map<string, FileRecord>()
  #made: Promise<string> | undefined

  constructor(services: { readonly state: KeyValue; readonly clock: Clock; readonly random: Random; dataDir(): Promise<string> }) {
    this.#state = services.state
    this.#clock = services.clock
    this.#random = services.random
    this.#folder = async () => {
      const folder = join(await services.dataDir(), 'files')
      await mkdir(folder, { recursive: true, mode: 0o700 })
      return folder
    }
  }

  async load(): Promise<void> {
    this.#files.clear()
    const old = this.#clock.now() - ORPHAN_MS
    for await (const { value } of entries(this.#state, 'f/')) {
      const file = value as unknown as FileRecord
      this.#files.set(file.id, file)
    }
    for (const file of [...this.#files.values()]) if (file.message === undefined && file.time < old) await this.remove(file.id)
  }

  find(id: string): FileRecord | undefined {
    return this.#files.get(id)
  }

  /** Whether somebody has uploaded more than they have sent. */
  isFull(person: string): boolean {
    let count = 0
    for (const file of this.#files.values()) if (file.by === person && file.message === undefined) count += 1
    return count >= MAX_UNATTACHED
  }

  /** Resolves once the bytes and what they are stand on disk. */
  async add(
    data: Uint8Array,
    about: {
      readonly name: string
      readonly type?: string
      readonly alt?: string
      readonly by: string
      readonly message?: string
      readonly blob?: string
    },
  ): Promise<FileRecord> {
    const { type: claimed, ...rest } = about
    const picture = pictureType(data)
    const type = picture ?? claimed ?? 'application/octet-stream'
    const file: FileRecord = {
      ...rest,
      id: this.#random.uuid(),
      name: safeName(about.name),
      type,
      sizeBytes: data.byteLength,
      time: this.#clock.now(),
      ...(picture !== undefined && { image: true }),
    }
    const path = await this.#path(file.id)
    await writeDurably(path, data)
    await this.#put(file)
    return file
  }

  /** Ties uploads to a message; undefined where one is not this person's to send. */
  async attach(ids: readonly string[], person: string, message: string): Promise<readonly StoredFile[] | undefined> {
    const files = ids.map((id) => this.#files.get(id))
    const usable = files.every((file) => file !== undefined && file.by === person && (file.message ?? message) === message)
    if (!usable || new Set(ids).size !== ids.length) return undefined
    const attached: StoredFile[] = []
    for (const file of files as FileRecord[]) {
      if (file.message === undefined) await this.#put({ ...file, message })
      attached.push(described(file))
    }
    return attached
  }

  /** Frees uploads of a message that was not accepted, so that they can be sent again. */
  async detach(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const { message: _, ...file } = this.#files.get(id) ?? { id: undefined }
      if (file.id !== undefined) await this.#put(file)
    }
  }

  async read(id: string): Promise<AsyncIterable<Uint8Array>> {
    return createReadStream(await this.#path(id))
  }

  async remove(id: string): Promise<void> {
    this.#files.delete(id)
    await this.#state.delete(`f/${id}`)
    await rm(await this.#path(id), { force: true })
  }

  async #put(file: FileRecord): Promise<void> {
    await this.#state.set(`f/${file.id}`, file as unknown as Json)
    this.#files.set(file.id, file)
  }

  async #path(id: string): Promise<string> {
    if (!ID.test(id)) throw new BotError('BACKEND_REFUSED', 'A file of the web page is known by an id that this page never made.')
    return join(await (this.#made ??= this.#folder()), id)
  }
}

/** What a message says of a file. */
export function described({ id, name, type, sizeBytes, alt, image, blob }: FileRecord): StoredFile {
  return {
    id,
    name,
    type,
    sizeBytes,
    ...(alt !== undefined && { alt }),
    ...(image === true && { image }),
    ...(blob !== undefined && { blob }),
  }
}

/** The type of a picture that browsers show without running anything in it; undefined for all else, whatever it claims to be. */
export function pictureType(data: Uint8Array): string | undefined {
  const start = Buffer.from(data.buffer, data.byteOffset, Math.min(12, data.byteLength)).toString('latin1')
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  if (start.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (start.startsWith('GIF87a') || start.startsWith('GIF89a')) return 'image/gif'
  return start.startsWith('RIFF') && start.slice(8) === 'WEBP' ? 'image/webp' : undefined
}

/** A name fit for showing and saving: no folders, no control characters. */
export function safeName(name: string): string {
  const base = name
    .replace(/^.*[/\\]/s, '')
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .trim()
  const short = [...base].slice(0, 120).join('')
  return short === '' || /^\.+$/.test(short) ? 'file' : short
}

async function writeDurably(path: string, data: Uint8Array): Promise<void> {
  const handle = await open(`${path}.part`, 'wx', 0o600)
  try {
    await handle.writeFile(data)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(`${path}.part`, path)
}

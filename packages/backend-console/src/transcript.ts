import type { Action, IncomingFile, Message } from '@bot/core/backend'
import type { Directory } from './directory.ts'

/** Where somebody speaks: a room, or the private conversation of the bot with one person. */
export type Place = { readonly kind: 'room'; readonly room: string } | { readonly kind: 'private'; readonly person: string }

/** A message that stands on the screen. */
export interface Entry {
  /** The small number to refer to it by. */
  readonly number: number
  readonly messageId: string
  readonly author: string
  readonly place: Place
  readonly time: number
  readonly thread?: string
  readonly replyTo?: string
  readonly files?: readonly IncomingFile[]
  /** The one person who sees it, where it is shown to one only. */
  readonly onlyTo?: string
  body: string
  actions: readonly Action[]
  deleted: boolean
  /** Who reacted with what, as `name emoji`. */
  readonly reactions: Set<string>
}

export type NewEntry = Pick<Entry, 'author' | 'place' | 'body'> &
  Partial<Pick<Entry, 'thread' | 'replyTo' | 'files' | 'actions' | 'messageId' | 'onlyTo'>>

/** Older messages can no longer be referred to, so that a terminal left open for months does not fill the memory. */
const KEPT = 10_000

/** What has been said since the start, in memory. */
export class Transcript {
  readonly #prefix: string
  readonly #now: () => number
  readonly #entries = new Map<number, Entry>()
  readonly #numbers = new Map<string, number>()
  #count = 0

  /** `prefix` makes message ids unique across runs. */
  constructor(prefix: string, now: () => number) {
    this.#prefix = prefix
    this.#now = now
  }

  add(said: NewEntry): Entry {
    const number = ++this.#count
    const entry: Entry = {
      messageId: `${this.#prefix}.${number}`,
      actions: [],
      ...said,
      number,
      time: this.#now(),
      deleted: false,
      reactions: new Set(),
    }
    this.#entries.set(number, entry)
    this.#numbers.set(entry.messageId, number)
    const old = this.#entries.get(number - KEPT)
    if (old !== undefined) {
      this.#entries.delete(old.number)
      this.#numbers.delete(old.messageId)
    }
    return entry
  }

  numbered(number: number): Entry | undefined {
    return this.#entries.get(number)
  }

  byId(messageId: string): Entry | undefined {
    const number = this.#numbers.get(messageId)
    return number === undefined ? undefined : this.#entries.get(number)
  }

  /** The number of a message, or `earlier` for one that is not kept or was shown in another run. */
  label(messageId: string): string {
    return String(this.#numbers.get(messageId) ?? 'earlier')
  }

  /** What was said in a room and not deleted, newest last. */
  history(room: string, limit: number, before: string | undefined): Entry[] {
    const end = before === undefined ? Infinity : (this.#numbers.get(before) ?? 0)
    const found = [...this.#entries.values()].filter(
      ({ place, onlyTo, deleted, number }) =>
        place.kind === 'room' && place.room === room && onlyTo === undefined && !deleted && number < end,
    )
    return limit > 0 ? found.slice(-limit) : []
  }
}

/** An entry as the contract's message; as an event it gets an id of its own. */
export function messageOf(entry: Entry, directory: Directory): Message {
  const { author, place, messageId, time, body, thread, replyTo, files } = entry
  const mentions = mentionsIn(body, directory)
  return {
    kind: 'message',
    id: messageId,
    messageId,
    time,
    from: place.kind === 'room' ? directory.occupant(place.room, author) : directory.person(author),
    to: place.kind === 'room' ? directory.room(place.room) : author === directory.botName ? directory.person(place.person) : directory.bot,
    body,
    ...(thread === undefined ? {} : { thread }),
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(files === undefined ? {} : { files }),
    ...(mentions.length === 0 ? {} : { mentions }),
    ...(author === directory.botName ? { self: true } : {}),
  }
}

function mentionsIn(body: string, directory: Directory): Message['mentions'] & object {
  const known = new Set([...directory.people, directory.botName])
  const named = [...body.matchAll(/(?<![\w@])@([^\s@#/:,;!?)]+)/g)].map(([, name]) => (name as string).replace(/\.+$/, ''))
  return [...new Set(named)].filter((name) => known.has(name)).map((name) => directory.person(name))
}

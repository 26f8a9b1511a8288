import type { PresenceStatus } from '@bot/core/backend'
import type { Session } from './sessions.ts'
import type { ServerFrame } from './protocol.ts'

/** One open page. */
export interface Link {
  readonly session: Session
  send(frame: ServerFrame): void
  close(code: number, reason: string): void
}

/** The pages that are open now, by person. */
export class Hub {
  readonly #links = new Map<string, Set<Link>>()
  readonly #statuses = new Map<string, PresenceStatus>()

  get people(): Iterable<string> {
    return this.#links.keys()
  }

  get size(): number {
    let size = 0
    for (const links of this.#links.values()) size += links.size
    return size
  }

  /** Whether this is the person's first page. */
  add(link: Link): boolean {
    const links = this.#links.get(link.session.person)
    if (links !== undefined) {
      links.add(link)
      return false
    }
    this.#links.set(link.session.person, new Set([link]))
    return true
  }

  /** Whether it was the person's last page. */
  remove(link: Link): boolean {
    const { person } = link.session
    const links = this.#links.get(person)
    if (links?.delete(link) !== true || links.size > 0) return false
    this.#links.delete(person)
    return true
  }

  isConnected(session: Session): boolean {
    return [...(this.#links.get(session.person) ?? [])].some((link) => link.session.hash === session.hash)
  }

  status(person: string): PresenceStatus {
    return this.#links.has(person) ? (this.#statuses.get(person) ?? 'online') : 'offline'
  }

  setStatus(person: string, status: PresenceStatus): void {
    this.#statuses.set(person, status)
  }

  send(person: string, frame: ServerFrame): void {
    for (const link of this.#links.get(person) ?? []) link.send(frame)
  }

  sendAll(frame: ServerFrame): void {
    for (const person of this.#links.keys()) this.send(person, frame)
  }

  closeSession(session: Session, code: number, reason: string): void {
    for (const link of [...(this.#links.get(session.person) ?? [])]) if (link.session.hash === session.hash) link.close(code, reason)
  }

  closeAll(code: number, reason: string): void {
    for (const links of [...this.#links.values()]) for (const link of [...links]) link.close(code, reason)
  }
}

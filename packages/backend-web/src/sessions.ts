import { createHash, timingSafeEqual } from 'node:crypto'
import type { Clock, Json, KeyValue, Random } from '@bot/core/backend'
import { entries } from './archive.ts'
import { personId } from './identity.ts'
import type { WebAuth } from './options.ts'
import { Throttle } from './throttle.ts'

/*
 * Who is who. A session is an opaque random token that a tab keeps for itself, so two windows are two people; only its hash is stored. A name is held
 * by one session at a time and becomes free an hour after that one was last seen.
 */

const SESSION_MS = 30 * 24 * 3_600_000
const HOLD_MS = 3_600_000

export interface Session {
  /** The hash of the token. */
  readonly hash: string
  readonly person: string
  readonly name: string
  /** A hash of what was proven at login; a changed password or token ends the session. */
  readonly proof: string
}

export type LoginResult =
  | { readonly ok: true; readonly token: string; readonly session: Session }
  | { readonly ok: false; readonly status: 400 | 401 | 409 | 429; readonly reason: string }

export interface LoginRequest {
  readonly name?: string
  readonly password?: string
  readonly token?: string
}

export class Sessions {
  readonly #state: KeyValue
  readonly #clock: Clock
  readonly #random: Random
  readonly #auth: WebAuth
  readonly #botId: string
  readonly #attempts: Throttle
  readonly #sessions = new Map<string, Session>()
  readonly #seen = new Map<string, number>()
  readonly #connected: (session: Session) => boolean

  constructor(
    services: { readonly state: KeyValue; readonly clock: Clock; readonly random: Random },
    auth: WebAuth,
    botId: string,
    connected: (session: Session) => boolean,
  ) {
    this.#state = services.state
    this.#clock = services.clock
    this.#random = services.random
    this.#auth = auth
    this.#botId = botId
    this.#connected = connected
    this.#attempts = new Throttle(services.clock, 10, 6_000)
  }

  async load(): Promise<void> {
    this.#sessions.clear()
    for await (const { value } of entries(this.#state, 's/')) {
      const session = value as unknown as Session
      this.#sessions.set(session.hash, session)
      this.seen(session)
    }
  }

  /** The session of a token, if it still counts. */
  find(token: string | undefined): Session | undefined {
    const session = token === undefined ? undefined : this.#sessions.get(digest(token))
    return session !== undefined && this.#stillProven(session) ? session : undefined
  }

  /** Keeps the name of a session held for another hour. */
  seen(session: Session): void {
    this.#seen.set(session.hash, this.#clock.monotonic())
  }

  async login(request: LoginRequest, remoteAddress: string): Promise<LoginResult> {
    if (!this.#attempts.take(remoteAddress)) return refuse(429, 'Too many attempts. Wait a minute and try again.')
    const auth = this.#auth
    if (auth.type === 'tokens') {
      const given = digest(request.token ?? '')
      // Compares with all of them, so that the time taken tells nothing.
      const match = auth.tokens.filter((entry) => equal(digest(entry.token), given))[0]
      const person = match === undefined ? undefined : personId(match.name)
      if (match === undefined || person === undefined) return refuse(401, 'That token is not known here.')
      this.#attempts.giveBack(remoteAddress)
      return this.#open(person, match.name, given)
    }
    if (auth.type === 'password' && !equal(digest(request.password ?? ''), digest(auth.password)))
      return refuse(401, 'The password is not right.')
    this.#attempts.giveBack(remoteAddress)
    const name = (request.name ?? '').normalize('NFKC').trim()
    const person = personId(name)
    if (person === undefined)
      return refuse(400, 'A name is 1 to 32 letters, digits, dots, dashes or underscores, beginning with a letter or digit.')
    if (person === this.#botId) return refuse(409, `${name} is the name of the bot. Choose another.`)
    if (!(await this.#release(person)))
      return refuse(409, `Somebody is here as ${name}. Choose another name; it is free an hour after they have gone.`)
    return this.#open(person, name, auth.type === 'password' ? digest(auth.password) : 'none')
  }

  /** Ends a session and frees its name. */
  async logout(session: Session): Promise<void> {
    this.#sessions.delete(session.hash)
    this.#seen.delete(session.hash)
    await this.#state.delete(`s/${session.hash}`)
  }

  async #open(person: string, name: string, proof: string): Promise<LoginResult> {
    const token = Buffer.from(this.#random.bytes(32)).toString('base64url')
    const session: Session = { hash: digest(token), person, name, proof }
    this.#sessions.set(session.hash, session)
    this.seen(session)
    await this.#state.set(`s/${session.hash}`, session as unknown as Json, { expiresInMs: SESSION_MS })
    return { ok: true, token, session }
  }

  /** Ends the sessions of a name whose hour has passed; false where one still holds it. */
  async #release(person: string): Promise<boolean> {
    const holders = [...this.#sessions.values()].filter((session) => session.person === person && this.#stillProven(session))
    const freeBefore = this.#clock.monotonic() - HOLD_MS
    if (holders.some((session) => this.#connected(session) || (this.#seen.get(session.hash) ?? 0) > freeBefore)) return false
    for (const session of holders) await this.logout(session)
    return true
  }

  #stillProven(session: Session): boolean {
    const auth = this.#auth
    if (auth.type === 'none') return session.proof === 'none'
    if (auth.type === 'password') return session.proof === digest(auth.password)
    return auth.tokens.some((entry) => digest(entry.token) === session.proof && personId(entry.name) === session.person)
  }
}

function refuse(status: 400 | 401 | 409 | 429, reason: string): LoginResult {
  return { ok: false, status, reason }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Both are digests, so of one length. */
function equal(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(a), Buffer.from(b))
}

// @ts-check
import { Connection } from './connection.js'
import { TYPING_MS, apply, conversation, emptyState } from './state.js'
import { dropLogin } from './session.js'
import { upload } from './files.js'

/** @typedef {import('./state.js').State} State */
/** @typedef {import('./session.js').Login} Login */
/** @typedef {import('../protocol.ts').Operation} Operation */

const ENDED = {
  4001: 'You were logged out.',
  4002: 'This page has been updated on the server. Reload it to go on.',
}

/** The state of the page and everything that can be done to it. `changed` is called after each change. */
export class Store {
  /** @param {Login} login @param {() => void} changed */
  constructor(login, changed) {
    this.login = login
    this.state = emptyState()
    this.state.me = login.id
    this.changed = changed
    this.drawing = false
    this.typedAt = 0
    this.#restore()
    this.connection = new Connection({
      session: login.session,
      onFrame: (frame) => this.#take(frame),
      onState: (phase, code) => this.#connected(phase, code),
    })
    for (const pending of this.state.pending) if (pending.failed === undefined) this.#transmit(pending)
    this.onVisible = () => {
      if (!document.hidden) this.markRead(this.state.current)
    }
    addEventListener('visibilitychange', this.onVisible)
    addEventListener('focus', this.onVisible)
    this.connection.open()
  }

  close() {
    removeEventListener('visibilitychange', this.onVisible)
    removeEventListener('focus', this.onVisible)
    this.connection.close()
  }

  /** Draws once a frame however much has changed. */
  draw() {
    if (this.drawing) return
    this.drawing = true
    // A hidden page draws no frames, and its title is to count what is unread.
    const next = document.hidden ? (/** @type {() => void} */ run) => setTimeout(run, 50) : requestAnimationFrame
    next(() => {
      this.drawing = false
      this.changed()
    })
  }

  /** @param {import('../protocol.ts').ServerFrame} frame */
  #take(frame) {
    const { state } = this
    apply(state, frame, Date.now())
    if (frame.t === 'welcome') this.#welcomed()
    if (frame.t === 'ready') this.#caughtUp()
    if (frame.t === 'room' && frame.room.joined && !conversation(state, `#${frame.room.name}`).loaded)
      this.askHistory(`#${frame.room.name}`)
    if (frame.t === 'room-gone') this.#roomGone(frame.name, frame.reason)
    if (frame.t === 'typing') setTimeout(() => this.draw(), TYPING_MS + 50)
    if (frame.t === 'ok' || frame.t === 'no' || frame.t === 'message') this.#savePending()
    if ('message' in frame && frame.message?.conv === state.current && !document.hidden) this.markRead(state.current)
    this.draw()
  }

  #welcomed() {
    const { state } = this
    for (const room of state.rooms.values()) if (room.joined) conversation(state, `#${room.name}`)
    const wanted = decodeURIComponent(location.hash.slice(1)).replace(/^room\//, '#')
    const first = [...state.rooms.values()].find((room) => room.joined)
    const known = state.convs.has(state.current) || state.people.has(state.current.slice(1))
    if (state.current === '' || !known) {
      const start = this.#isOpenable(wanted) ? wanted : first === undefined ? `@${state.bot}` : `#${first.name}`
      this.select(start)
    }
  }

  #caughtUp() {
    const { state } = this
    const firstVisit = state.read.size === 0
    for (const [name, conv] of state.convs) {
      if (!conv.loaded) this.askHistory(name)
      // What was said before somebody ever came is not news to them.
      if (firstVisit) state.read.set(name, conv.messages.at(-1)?.seq ?? 0)
    }
    this.markRead(state.current)
  }

  /** @param {string} conv */
  #isOpenable(conv) {
    const { rooms, people, me } = this.state
    if (conv.startsWith('#')) return rooms.get(conv.slice(1))?.joined === true
    return conv.startsWith('@') && people.has(conv.slice(1)) && conv.slice(1) !== me
  }

  /** @param {string} name @param {string | undefined} reason */
  #roomGone(name, reason) {
    if (reason !== undefined && reason !== '') this.notice(reason)
    if (this.state.current !== `#${name}`) return
    const next = [...this.state.rooms.values()].find((room) => room.joined && room.name !== name)
    this.select(next === undefined ? `@${this.state.bot}` : `#${next.name}`)
  }

  /** @param {'online' | 'offline'} phase @param {number} [code] */
  #connected(phase, code) {
    const reason = /** @type {Record<number, string>} */ (ENDED)[code ?? 0]
    this.state.phase = reason === undefined ? phase : 'ended'
    this.state.ended = reason ?? ''
    if (code === 4001) dropLogin(this.login)
    this.draw()
  }

  /** Opens a conversation. @param {string} conv */
  select(conv) {
    const { state } = this
    state.current = conv
    state.thread = undefined
    history.replaceState(null, '', `#${encodeURIComponent(conv.replace(/^#/, 'room/'))}`)
    if (!conversation(state, conv).loaded) this.askHistory(conv)
    this.markRead(conv)
    this.draw()
  }

  /** @param {string | undefined} root */
  openThread(root) {
    this.state.thread = root
    this.draw()
  }

  /** Asks for what was said before the oldest message that is here. @param {string} name */
  askHistory(name) {
    const conv = conversation(this.state, name)
    if (!this.connection.caughtUp) return
    conv.asking = true
    const before = conv.messages[0]?.seq
    this.connection.mention({ t: 'history', conv: name, ...(before !== undefined && { before }) })
  }

  /** @param {string} conv */
  markRead(conv) {
    const { state } = this
    const last = state.convs.get(conv)?.messages.at(-1)
    if (document.hidden || last === undefined || (state.read.get(conv) ?? 0) >= last.seq) return
    state.read.set(conv, last.seq)
    localStorage.setItem(`bot-read-${state.me}`, JSON.stringify([...state.read]))
    this.draw()
  }

  /** @param {{ conv: string, text: string, thread?: string, files?: { id: string, name: string }[] }} message */
  post({ conv, text, thread, files = [] }) {
    const pending = { id: crypto.randomUUID(), conv, text, files, time: Date.now(), ...(thread !== undefined && { thread }) }
    this.state.pending = [...this.state.pending, pending]
    this.#savePending()
    this.#transmit(pending)
    this.draw()
  }

  /** @param {import('./state.js').Pending} pending */
  #transmit({ id, conv, text, thread, files }) {
    const uploads = files.length > 0 ? { files: files.map((file) => file.id) } : {}
    void this.connection.operate({ t: 'post', id, conv, text, ...(thread !== undefined && { thread }), ...uploads })
  }

  /** @param {string} id */
  sendAgain(id) {
    this.state.pending = this.state.pending.map((pending) => {
      if (pending.id !== id) return pending
      const { failed: _, ...again } = pending
      this.#transmit(again)
      return again
    })
    this.draw()
  }

  /** @param {string} id */
  discard(id) {
    this.state.pending = this.state.pending.filter((pending) => pending.id !== id)
    this.#savePending()
    this.draw()
  }

  /** Does an operation and says so when it was refused. @param {Record<string, unknown> & { t: string }} frame @returns {Promise<boolean>} */
  async act(frame) {
    const operation = /** @type {Operation} */ (/** @type {unknown} */ ({ ...frame, id: crypto.randomUUID() }))
    const answer = await this.connection.operate(operation)
    if (answer.t === 'no') this.notice(answer.reason)
    return answer.t === 'ok'
  }

  /** @param {string} conv */
  typing(conv) {
    const now = Date.now()
    if (now - this.typedAt < 3000) return
    this.typedAt = now
    this.connection.mention({ t: 'typing', conv })
  }

  /** @param {File} file */
  async upload(file) {
    if (file.size > this.state.maxFileBytes) throw new Error(`${file.name} is larger than this page takes.`)
    return upload(file, this.login.session)
  }

  /** @param {string} text */
  notice(text) {
    const notice = { id: Date.now() + Math.random(), text }
    this.state.notices = [...this.state.notices, notice]
    setTimeout(() => this.dismiss(notice.id), 8000)
    this.draw()
  }

  /** @param {number} id */
  dismiss(id) {
    this.state.notices = this.state.notices.filter((notice) => notice.id !== id)
    this.draw()
  }

  #savePending() {
    sessionStorage.setItem('bot-pending', JSON.stringify({ of: this.login.id, pending: this.state.pending }))
  }

  #restore() {
    try {
      this.state.read = new Map(JSON.parse(localStorage.getItem(`bot-read-${this.login.id}`) ?? '[]'))
      const saved = JSON.parse(sessionStorage.getItem('bot-pending') ?? 'null')
      if (saved?.of === this.login.id) this.state.pending = saved.pending
    } catch {
      // What was kept is not readable any more: the marks start afresh.
    }
  }
}

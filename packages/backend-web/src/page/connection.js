// @ts-check
import { address } from './format.js'

/** @typedef {import('../protocol.ts').ServerFrame} ServerFrame */
/** @typedef {import('../protocol.ts').Operation} Operation */
/** @typedef {{ frame: Operation, settled: (answer: ServerFrame) => void }} Waiting */

const VERSION = 1
const WINDOW = 32

/**
 * The socket, with its reconnects. Operations are kept until the server has answered them, and sent again under the same id after a reconnect.
 */
export class Connection {
  /** @param {{ session: string, onFrame: (frame: ServerFrame) => void, onState: (state: 'online' | 'offline', code?: number) => void }} options */
  constructor({ session, onFrame, onState }) {
    this.session = session
    this.onFrame = onFrame
    this.onState = onState
    /** @type {Map<string, Waiting>} */
    this.waiting = new Map()
    /** @type {Set<string>} */
    this.inFlight = new Set()
    /** @type {number | undefined} */
    this.since = undefined
    this.caughtUp = false
    this.epoch = ''
    this.ready = false
    this.attempt = 0
    this.closed = false
    /** @type {WebSocket | undefined} */
    this.socket = undefined
    this.retry = 0
    this.wake = () => {
      if (this.socket === undefined && !this.closed) this.open()
    }
    addEventListener('online', this.wake)
  }

  open() {
    clearTimeout(this.retry)
    const url = address('socket')
    url.protocol = url.protocol.replace('http', 'ws')
    const socket = new WebSocket(url)
    this.socket = socket
    socket.onopen = () => {
      const resume = this.since === undefined ? {} : { since: this.since, epoch: this.epoch }
      socket.send(JSON.stringify({ t: 'hello', v: VERSION, session: this.session, ...resume }))
    }
    socket.onmessage = (event) => this.received(JSON.parse(event.data))
    socket.onclose = (event) => this.lost(event.code)
  }

  close() {
    this.closed = true
    clearTimeout(this.retry)
    removeEventListener('online', this.wake)
    this.socket?.close()
  }

  /** Does something, however often the connection is lost meanwhile. @param {Operation} frame @returns {Promise<ServerFrame>} the answer: `ok` or `no` */
  operate(frame) {
    return new Promise((settled) => {
      this.waiting.set(frame.id, { frame, settled })
      this.flush()
    })
  }

  /** Says something that is worth nothing later. @param {object} frame */
  mention(frame) {
    if (this.ready) this.socket?.send(JSON.stringify(frame))
  }

  flush() {
    if (!this.ready) return
    for (const [id, { frame }] of this.waiting) {
      if (this.inFlight.size >= WINDOW) return
      if (this.inFlight.has(id)) continue
      this.inFlight.add(id)
      this.socket?.send(JSON.stringify(frame))
    }
  }

  /** @param {ServerFrame} frame */
  received(frame) {
    if (frame.t === 'welcome') {
      this.caughtUp = false
      this.epoch = frame.epoch
      this.ready = true
      this.attempt = 0
      this.onFrame(frame)
      this.onState('online')
      return this.flush()
    }
    if (frame.t === 'ready') {
      // Only now is the gap closed: a connection lost before this must ask for all of it again.
      this.since = frame.rev
      this.caughtUp = true
      return this.onFrame(frame)
    }
    if (frame.t === 'message' && this.caughtUp) this.since = Math.max(this.since ?? 0, frame.message.rev)
    this.onFrame(frame)
    if (frame.t !== 'ok' && frame.t !== 'no') return
    this.inFlight.delete(frame.id)
    this.waiting.get(frame.id)?.settled(frame)
    this.waiting.delete(frame.id)
    this.flush()
  }

  /** @param {number} code */
  lost(code) {
    this.socket = undefined
    this.ready = false
    this.inFlight.clear()
    if (this.closed) return
    this.onState('offline', code)
    if (code === 4001 || code === 4002) return this.close()
    const pause = Math.min(10_000, 400 * 1.7 ** this.attempt) * (0.75 + Math.random() / 2)
    this.attempt += 1
    this.retry = setTimeout(() => this.open(), pause)
  }
}

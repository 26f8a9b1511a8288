// @ts-check

/** @typedef {import('../protocol.ts').ServerFrame} ServerFrame */
/** @typedef {import('../protocol.ts').WireMessage} WireMessage */
/** @typedef {import('../protocol.ts').WirePerson} WirePerson */
/** @typedef {import('../protocol.ts').WireRoom} WireRoom */
/** @typedef {{ id: string, conv: string, text: string, thread?: string, files: { id: string, name: string }[], time: number, failed?: string }} Pending */
/** @typedef {{ messages: WireMessage[], loaded: boolean, more: boolean, asking: boolean }} Conversation */
/**
 * @typedef {object} State
 * @property {'connecting' | 'online' | 'offline' | 'ended'} phase
 * @property {string} ended why there is no connection any more
 * @property {string} me
 * @property {string} bot
 * @property {string} title
 * @property {number} maxFileBytes
 * @property {Map<string, WirePerson>} people
 * @property {Map<string, WireRoom>} rooms
 * @property {Map<string, Conversation>} convs
 * @property {Map<string, Map<string, { until: number, thread?: string }>>} typing
 * @property {Map<string, number>} read the last seq seen, by conversation
 * @property {Pending[]} pending
 * @property {readonly { name: string, description: string }[]} commands
 * @property {string} current
 * @property {string | undefined} thread
 * @property {{ id: number, text: string }[]} notices
 */

export const TYPING_MS = 6000

/** @returns {State} */
export function emptyState() {
  return {
    phase: 'connecting',
    ended: '',
    me: '',
    bot: '',
    title: 'Chat',
    maxFileBytes: 0,
    people: new Map(),
    rooms: new Map(),
    convs: new Map(),
    typing: new Map(),
    read: new Map(),
    pending: [],
    commands: [],
    current: '',
    thread: undefined,
    notices: [],
  }
}

/** @param {State} state @param {string} conv @returns {Conversation} */
export function conversation(state, conv) {
  const found = state.convs.get(conv)
  if (found !== undefined) return found
  const made = { messages: [], loaded: false, more: false, asking: false }
  state.convs.set(conv, made)
  return made
}

/** Takes a frame of the server into the state. @param {State} state @param {ServerFrame} frame @param {number} now */
export function apply(state, frame, now) {
  switch (frame.t) {
    case 'welcome': {
      if (frame.reset) state.convs = new Map()
      Object.assign(state, { me: frame.me, bot: frame.bot, title: frame.title, maxFileBytes: frame.maxFileBytes, commands: frame.commands })
      state.people = new Map(frame.people.map((person) => [person.id, person]))
      state.rooms = new Map(frame.rooms.map((room) => [room.name, room]))
      for (const person of frame.direct) conversation(state, `@${person}`)
      return
    }
    case 'messages': {
      const conv = conversation(state, frame.conv)
      for (const message of frame.messages) put(conv, message, frame.page)
      if (frame.page) Object.assign(conv, { loaded: true, more: frame.more, asking: false })
      return
    }
    case 'message': {
      const { message } = frame
      put(conversation(state, message.conv), message, false)
      state.typing.get(message.conv)?.delete(message.from)
      if (message.client !== undefined) state.pending = state.pending.filter((pending) => pending.id !== message.client)
      return
    }
    case 'ok':
      state.pending = state.pending.filter((pending) => pending.id !== frame.id)
      if (frame.message !== undefined) put(conversation(state, frame.message.conv), frame.message, false)
      return
    case 'no':
      state.pending = state.pending.map((pending) => (pending.id === frame.id ? { ...pending, failed: frame.reason } : pending))
      return
    case 'typing': {
      const who = state.typing.get(frame.conv) ?? new Map()
      who.set(frame.who, { until: now + TYPING_MS, ...(frame.thread !== undefined && { thread: frame.thread }) })
      state.typing.set(frame.conv, who)
      return
    }
    case 'person':
      state.people.set(frame.person.id, frame.person)
      return
    case 'room':
      state.rooms.set(frame.room.name, frame.room)
      return
    case 'room-gone':
      state.rooms.delete(frame.name)
      state.convs.delete(`#${frame.name}`)
      return
    case 'commands':
      state.commands = frame.commands
  }
}

/**
 * Puts a message in its place, or over its earlier form. A change of one older than what is loaded is left for when that part is loaded.
 * @param {Conversation} conv @param {WireMessage} message @param {boolean} page
 */
function put(conv, message, page) {
  const { messages } = conv
  const at = messages.findLastIndex((other) => other.id === message.id)
  if (at >= 0) {
    if ((messages[at]?.rev ?? 0) < message.rev) conv.messages = messages.with(at, message)
    return
  }
  const oldest = messages[0]
  if (!page && conv.more && oldest !== undefined && message.seq < oldest.seq) return
  const after = messages.findLastIndex((other) => other.seq < message.seq)
  conv.messages = messages.toSpliced(after + 1, 0, message)
}

/** The messages of the main column: not the replies of threads, unless what they answer is not loaded. @param {Conversation} conv */
export function mainMessages(conv) {
  const roots = new Set(conv.messages.map((message) => message.id))
  return conv.messages.filter((message) => isShown(message) && (message.thread === undefined || !roots.has(message.thread)))
}

/** @param {Conversation} conv @param {string} root */
export const threadMessages = (conv, root) => conv.messages.filter((message) => message.thread === root && isShown(message))

/** A deleted message stays as a note only where something hangs on it; the lists drop it. @param {WireMessage} message */
const isShown = (message) => message.deleted !== true

/** @param {Conversation} conv */
export function threadsOf(conv) {
  /** @type {Map<string, { count: number, last: number, from: string[] }>} */
  const threads = new Map()
  for (const message of conv.messages) {
    if (message.thread === undefined || !isShown(message)) continue
    const thread = threads.get(message.thread) ?? { count: 0, last: 0, from: [] }
    const from = thread.from.includes(message.from) ? thread.from : [...thread.from, message.from]
    threads.set(message.thread, { count: thread.count + 1, last: message.time, from })
  }
  return threads
}

/** How many messages of others came after the last look, and whether one is meant for the reader. @param {State} state @param {string} conv */
export function unread(state, conv) {
  const seen = state.read.get(conv) ?? 0
  const fresh = (state.convs.get(conv)?.messages ?? []).filter(
    (message) => message.seq > seen && message.from !== state.me && isShown(message),
  )
  const mine = conv.startsWith('@') || fresh.some((message) => isForMe(state, message))
  return { count: fresh.length, loud: fresh.length > 0 && mine }
}

/** @param {State} state @param {WireMessage} message */
export const isForMe = (state, message) => message.mentions?.includes(state.me) === true || message.onlyYou === true

/** @param {State} state @param {string} id */
export const nameOf = (state, id) => state.people.get(id)?.name ?? id

/** @param {State} state @param {string} conv */
export const titleOf = (state, conv) => (conv.startsWith('@') ? nameOf(state, conv.slice(1)) : conv)

/** @param {State} state @param {string} conv @param {string | undefined} thread @param {number} now */
export function typingNames(state, conv, thread, now) {
  return [...(state.typing.get(conv) ?? [])]
    .filter(([, typing]) => typing.until > now && typing.thread === thread)
    .map(([id]) => nameOf(state, id))
}

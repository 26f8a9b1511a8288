// @ts-check
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { clockTime, dayName, hue, initials, plural, sameDay } from './format.js'
import { html } from './html.js'
import { Icon } from './icons.js'
import { Message } from './message.js'

/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('./state.js').WireMessage} WireMessage */
/** @typedef {import('./state.js').Pending} Pending */

const GROUP_MS = 5 * 60_000

/**
 * A list of messages that stays at its end while the reader is there, and stays put while they read further up.
 * @param {{ store: Store, messages: WireMessage[], pending: Pending[], threads?: ReturnType<import('./state.js').threadsOf>, inThread?: boolean, label: string, more?: boolean, onMore?: () => void, empty?: unknown }} props
 */
export function MessageList({ store, messages, pending, threads, inThread = false, label, more = false, onMore, empty }) {
  const scroller = useRef(/** @type {HTMLElement | null} */ (null))
  const content = useRef(/** @type {HTMLElement | null} */ (null))
  const atEnd = useRef(true)
  const before = useRef({ height: 0, first: '' })
  const [active, setActive] = useState('')
  const [missed, setMissed] = useState(0)
  const lastId = messages.at(-1)?.id
  const firstId = messages[0]?.id ?? ''
  const toEnd = () => {
    const element = scroller.current
    if (element !== null) element.scrollTop = element.scrollHeight
  }

  useLayoutEffect(() => {
    const element = scroller.current
    if (element === null) return
    // Older messages came in above: what the reader looks at keeps its place.
    if (!atEnd.current && before.current.first !== firstId && before.current.first !== '')
      element.scrollTop += element.scrollHeight - before.current.height
    before.current = { height: element.scrollHeight, first: firstId }
    if (atEnd.current) toEnd()
  })
  useEffect(() => {
    const newest = messages.at(-1)
    if (atEnd.current || newest === undefined) return
    if (newest.from === store.state.me) {
      atEnd.current = true
      toEnd()
    } else setMissed((count) => count + 1)
  }, [lastId])
  useEffect(() => {
    // Pictures that arrive and text that streams make the list longer without a new message; a smaller window shows less of it.
    const watcher = new ResizeObserver(() => {
      if (atEnd.current) toEnd()
    })
    if (content.current !== null) watcher.observe(content.current)
    if (scroller.current !== null) watcher.observe(scroller.current)
    return () => watcher.disconnect()
  }, [])

  const scrolled = () => {
    const element = scroller.current
    if (element === null) return
    atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < 40
    if (atEnd.current && missed > 0) setMissed(0)
    if (element.scrollTop < 200 && more) onMore?.()
  }
  const current = messages.some((message) => message.id === active) ? active : (lastId ?? '')
  const keys = (/** @type {KeyboardEvent} */ event) => {
    const articles = /** @type {HTMLElement[]} */ ([...(scroller.current?.querySelectorAll('article.message') ?? [])])
    const at = articles.findIndex((article) => article === event.target)
    if (at < 0) {
      if (event.key === 'Escape' && event.target instanceof HTMLElement) event.target.closest('article')?.focus()
      return
    }
    const next = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: articles.length - 1 }[event.key]
    if (next === undefined) {
      if (event.key === 'Escape' && !inThread) document.getElementById('composer')?.focus()
      return
    }
    event.preventDefault()
    articles[next]?.focus()
  }
  const focused = (/** @type {FocusEvent} */ event) => {
    const article = event.target instanceof Element ? event.target.closest('article.message') : null
    if (article instanceof HTMLElement) setActive(article.dataset['messageId'] ?? '')
  }
  const now = Date.now()
  return html`<div class="list">
    <div
      ref=${scroller}
      class="scroller"
      role="log"
      aria-live="polite"
      aria-relevant="additions"
      aria-label=${label}
      data-testid=${inThread ? 'thread-messages' : 'messages'}
      onScroll=${scrolled}
      onKeyDown=${keys}
      onFocusIn=${focused}
    >
      <div ref=${content} class="list-content">
        ${more && html`<p class="older"><button type="button" class="button" onClick=${onMore}>Show older messages</button></p>`}
        ${messages.length === 0 && pending.length === 0 && empty}
        ${messages.flatMap((message, index) => {
          const previous = messages[index - 1]
          const newDay = previous === undefined || !sameDay(previous.time, message.time)
          const follows =
            !newDay && previous.from === message.from && message.time - previous.time < GROUP_MS && previous.onlyYou === message.onlyYou
          const row = html`<${Message}
            key=${message.id}
            store=${store}
            message=${message}
            grouped=${follows}
            active=${message.id === current}
            thread=${threads?.get(message.id)}
            inThread=${inThread}
            online=${store.state.phase === 'online'}
          />`
          return newDay && !inThread
            ? [html`<div key=${`day-${message.id}`} class="day" role="separator"><span>${dayName(message.time, now)}</span></div>`, row]
            : [row]
        })}
        ${pending.map((one, index) => html`<${PendingMessage} key=${one.id} store=${store} pending=${one} grouped=${index > 0 || followsOwn(messages.at(-1), store.state.me, one.time)} />`)}
      </div>
    </div>
    ${
      missed > 0 &&
      html`<button
        type="button"
        class="new-messages"
        data-testid="new-messages"
        onClick=${() => {
          atEnd.current = true
          setMissed(0)
          toEnd()
        }}
      >
        <${Icon} name="down" /> ${plural(missed, 'new message', 'new messages')}
      </button>`
    }
  </div>`
}

/** @param {WireMessage | undefined} last @param {string} me @param {number} now */
const followsOwn = (last, me, now) => last?.from === me && now - last.time < GROUP_MS

/** Stands as the message will, so that nothing jumps when it is taken. @param {{ store: Store, pending: Pending, grouped: boolean }} props */
function PendingMessage({ store, pending, grouped }) {
  const { id, name } = store.login
  const failed = pending.failed !== undefined
  return html`<div class=${`message pending${grouped ? ' grouped' : ''}${failed ? ' failed' : ''}`} data-testid="pending-message">
    <div class="gutter">${!grouped && html`<span class=${`avatar hue-${hue(id)}`} aria-hidden="true">${initials(name)}</span>`}</div>
    <div class="message-main">
      ${!grouped && html`<p class="author"><strong>${name}</strong><time>${clockTime(pending.time)}</time></p>`}
      <p class="body pending-text">${pending.text}${pending.files.map((file) => ` 📎 ${file.name}`)}</p>
      ${
        failed
          ? html`<p class="problem" role="alert">
              ${pending.failed}
              <button type="button" class="button" data-testid="send-again" onClick=${() => store.sendAgain(pending.id)}>Send again</button>
              <button type="button" class="button" onClick=${() => store.discard(pending.id)}>Discard</button>
            </p>`
          : html`<p class="muted pending-note">Sending…</p>`
      }
    </div>
  </div>`
}

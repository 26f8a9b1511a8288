// @ts-check
import { Component } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Actions, Blocks, CardView } from './content.js'
import { Files } from './files.js'
import { clockTime, fullTime, hue, initials, isoTime, listed, marginTime, plural } from './format.js'
import { html } from './html.js'
import { Icon } from './icons.js'
import { isForMe, nameOf } from './state.js'

/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('../protocol.ts').WireMessage} WireMessage */
/**
 * @typedef {object} MessageProps
 * @property {Store} store
 * @property {WireMessage} message
 * @property {boolean} grouped whether it follows one of the same author
 * @property {boolean} active whether the arrow keys stand on it
 * @property {{ count: number, last: number, from: string[] } | undefined} thread
 * @property {boolean} inThread
 * @property {boolean} online
 */

const QUICK = ['👍', '✅', '👀', '🎉']
const MORE = ['❤️', '😄', '😂', '🤔', '😮', '😢', '🙏', '👏', '🔥', '🚀', '💯', '👎', '❌', '⚠️', '🐛', '🛠️', '☕', '🍕', '👋', '🤖']

/** One message. It is drawn again only when something about it has changed, so a stream of edits costs one message. @extends Component<MessageProps> */
export class Message extends Component {
  /** @param {MessageProps} next @override */
  shouldComponentUpdate(next) {
    const { message, grouped, active, thread, online } = /** @type {MessageProps} */ (this.props)
    const sameThread = thread?.count === next.thread?.count && thread?.last === next.thread?.last
    return (
      message !== next.message || grouped !== next.grouped || active !== next.active || online !== next.online || !sameThread || next.active
    )
  }

  render() {
    return html`<${MessageView} ...${this.props} />`
  }
}

/** @param {MessageProps} props */
function MessageView({ store, message, grouped, active, thread, inThread }) {
  const { state } = store
  const [editing, setEditing] = useState(false)
  const [picking, setPicking] = useState(false)
  const element = useRef(/** @type {HTMLElement | null} */ (null))
  const own = message.from === state.me && message.text !== undefined
  const edit = () => setEditing(true)
  const reply = () => store.openThread(message.thread ?? message.id)
  const remove = () => {
    if (confirm('Delete this message for everybody?')) void store.act({ t: 'delete', conv: message.conv, message: message.id })
  }
  const react = (/** @type {string} */ reaction, /** @type {boolean} */ on) => {
    setPicking(false)
    void store.act({ t: 'react', conv: message.conv, message: message.id, reaction, on })
  }
  const keys = (/** @type {KeyboardEvent} */ event) => {
    if (event.target !== element.current || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'r' && !inThread) reply()
    else if (event.key === 'e' && own) edit()
    else if (event.key === '+') setPicking(true)
    else if (event.key === 'Delete' && own) remove()
    else return
    event.preventDefault()
  }
  const done = () => {
    setEditing(false)
    element.current?.focus()
  }
  const look = `message${grouped ? ' grouped' : ''}${isForMe(state, message) && message.onlyYou !== true ? ' for-me' : ''}${message.onlyYou === true ? ' only-you' : ''}`
  return html`<article
    ref=${element}
    class=${look}
    data-testid="message"
    data-message-id=${message.id}
    data-from=${message.from}
    tabindex=${active ? 0 : -1}
    aria-label=${`${message.name}, ${clockTime(message.time)}`}
    onKeyDown=${keys}
    onEditRequest=${edit}
  >
    <div class="gutter">
      ${
        grouped
          ? html`<time class="side-time" datetime=${isoTime(message.time)} title=${fullTime(message.time)}
              >${marginTime(message.time)}</time
            >`
          : html`<span class=${`avatar hue-${hue(message.from)}${message.bot === true ? ' square' : ''}`} aria-hidden="true"
              >${initials(message.name)}</span
            >`
      }
    </div>
    <div class="message-main">
      ${
        !grouped &&
        html`<p class="author">
          <strong>${message.name}</strong>${message.bot === true && html`<span class="badge">bot</span>`}
          <time datetime=${isoTime(message.time)} title=${fullTime(message.time)}>${clockTime(message.time)}</time>
        </p>`
      }
      ${message.onlyYou === true && html`<p class="ephemeral">Only you can see this</p>`}
      ${editing ? html`<${Editor} store=${store} message=${message} onDone=${done} />` : html`<${Body} store=${store} message=${message} />`}
      ${message.reactions.length > 0 && html`<${Reactions} state=${state} message=${message} react=${react} />`}
      ${
        thread !== undefined &&
        !inThread &&
        html`<button type="button" class="thread-link" data-testid="thread-link" onClick=${reply}>
          ${thread.from.slice(0, 4).map((id) => html`<span key=${id} class=${`avatar mini hue-${hue(id)}`} aria-hidden="true">${initials(nameOf(state, id))}</span>`)}
          <span>${plural(thread.count, 'reply', 'replies')}</span><span class="muted">last at ${clockTime(thread.last)}</span>
        </button>`
      }
    </div>
    ${
      !editing &&
      html`<div class="toolbar" role="group" aria-label="Message actions">
        ${QUICK.slice(0, 2).map((emoji) => html`<${Tool} key=${emoji} active=${active} label=${`React with ${emoji}`} run=${() => react(emoji, !hasReacted(message, emoji, state.me))}>${emoji}<//>`)}
        <${Tool} active=${active} label="React" testid="react-button" run=${() => setPicking(!picking)} expanded=${picking}
          ><${Icon} name="react"
        /><//>
        ${!inThread && html`<${Tool} active=${active} label="Reply in thread" testid="reply-button" run=${reply}><${Icon} name="reply" /><//>`}
        ${own && html`<${Tool} active=${active} label="Edit" testid="edit-button" run=${edit}><${Icon} name="edit" /><//>`}
        ${own && html`<${Tool} active=${active} label="Delete" testid="delete-button" run=${remove}><${Icon} name="remove" /><//>`}
      </div>`
    }
    ${picking && html`<${Picker} react=${(/** @type {string} */ emoji) => react(emoji, true)} onClose=${() => setPicking(false)} />`}
  </article>`
}

/** @param {{ store: Store, message: WireMessage }} props */
function Body({ store, message }) {
  const { content } = message
  const press = (/** @type {string} */ action, /** @type {string | undefined} */ value) =>
    store.act({ t: 'press', conv: message.conv, message: message.id, action, ...(value !== undefined && { value }) })
  return html`<div class="body" data-testid="message-body">
      <${Blocks} blocks=${content.blocks} me=${store.state.me} />
      ${message.editedAt !== undefined && message.bot !== true && html`<span class="edited" title=${fullTime(message.editedAt)}>(edited)</span>`}
    </div>
    ${content.card !== undefined && html`<${CardView} card=${content.card} me=${store.state.me} />`}
    ${content.files !== undefined && html`<${Files} files=${content.files} session=${store.login.session} onNotice=${(/** @type {string} */ text) => store.notice(text)} />`}
    ${content.actions !== undefined && content.actions.length > 0 && html`<${Actions} actions=${content.actions} press=${press} />`}`
}

/** @param {WireMessage} message @param {string} emoji @param {string} me */
const hasReacted = (message, emoji, me) => message.reactions.some((entry) => entry.reaction === emoji && entry.by.includes(me))

/** @param {{ state: import('./state.js').State, message: WireMessage, react: (reaction: string, on: boolean) => void }} props */
function Reactions({ state, message, react }) {
  return html`<ul class="reactions" aria-label="Reactions">
    ${message.reactions.map(({ reaction, by }) => {
      const mine = by.includes(state.me)
      const who = listed(by.map((id) => (id === state.me ? 'you' : nameOf(state, id))))
      return html`<li key=${reaction}>
        <button
          type="button"
          class="reaction"
          data-testid="reaction"
          aria-pressed=${mine}
          aria-label=${`${reaction}: ${who}`}
          title=${who}
          onClick=${() => react(reaction, !mine)}
        >
          <span class="emoji">${reaction}</span> ${by.length}
        </button>
      </li>`
    })}
  </ul>`
}

/** @param {{ label: string, run: () => void, active: boolean, testid?: string, expanded?: boolean, children?: unknown }} props */
function Tool({ label, run, active, testid, expanded, children }) {
  return html`<button
    type="button"
    class="tool"
    aria-label=${label}
    title=${label}
    data-testid=${testid}
    aria-expanded=${expanded}
    tabindex=${active ? 0 : -1}
    onClick=${run}
  >
    ${children}
  </button>`
}

/** @param {{ react: (emoji: string) => void, onClose: () => void }} props */
function Picker({ react, onClose }) {
  const element = useRef(/** @type {HTMLElement | null} */ (null))
  const [above, setAbove] = useState(false)
  useLayoutEffect(() => {
    const list = element.current?.closest('.scroller')?.getBoundingClientRect()
    const own = element.current?.getBoundingClientRect()
    if (list !== undefined && own !== undefined) setAbove(own.bottom > list.bottom && own.top - list.top > own.height)
  }, [])
  useEffect(() => {
    element.current?.querySelector('button')?.focus({ preventScroll: true })
    const outside = (/** @type {Event} */ event) => {
      if (event.target instanceof Node && !element.current?.contains(event.target)) onClose()
    }
    addEventListener('pointerdown', outside)
    return () => removeEventListener('pointerdown', outside)
  }, [])
  const keys = (/** @type {KeyboardEvent} */ event) => {
    const buttons = [...(element.current?.querySelectorAll('button') ?? [])]
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 8, ArrowUp: -8 }[event.key]
    if (event.key === 'Escape') onClose()
    else if (step !== undefined) buttons[buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement)) + step]?.focus()
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return html`<div
    ref=${element}
    class=${above ? 'picker above' : 'picker'}
    role="group"
    aria-label="Choose a reaction"
    data-testid="reaction-picker"
    onKeyDown=${keys}
  >
    ${[...QUICK, ...MORE].map((emoji) => html`<button key=${emoji} type="button" aria-label=${emoji} onClick=${() => react(emoji)}>${emoji}</button>`)}
  </div>`
}

/** @param {{ store: Store, message: WireMessage, onDone: () => void }} props */
function Editor({ store, message, onDone }) {
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null))
  useLayoutEffect(() => {
    field.current?.focus()
    field.current?.setSelectionRange(field.current.value.length, field.current.value.length)
  }, [])
  const save = () => {
    const text = field.current?.value ?? ''
    if (text.trim() !== '') void store.act({ t: 'edit', conv: message.conv, message: message.id, text })
    onDone()
  }
  const keys = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) save()
    else if (event.key === 'Escape') onDone()
    else return
    event.preventDefault()
  }
  return html`<div class="editor">
    <textarea
      ref=${field}
      data-testid="edit-input"
      aria-label="Edit the message"
      rows=${Math.min(10, (message.text ?? '').split('\n').length + 1)}
      onKeyDown=${keys}
      defaultValue=${message.text}
    ></textarea>
    <p>
      <button type="button" class="button primary" data-testid="edit-save" onClick=${save}>Save</button>
      <button type="button" class="button" onClick=${onDone}>Cancel</button>
      <span class="muted">Enter saves, Escape cancels</span>
    </p>
  </div>`
}

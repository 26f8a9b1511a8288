// @ts-check
import { useEffect, useRef } from 'preact/hooks'
import { hue, initials } from './format.js'
import { html } from './html.js'
import { Icon } from './icons.js'
import { nameOf } from './state.js'

/** @typedef {import('./store.js').Store} Store */

/** @param {{ title: string, onClose: () => void, children?: unknown, testid: string }} props */
function Dialog({ title, onClose, children, testid }) {
  const element = useRef(/** @type {HTMLDialogElement | null} */ (null))
  useEffect(() => element.current?.showModal(), [])
  return html`<dialog ref=${element} class="dialog" aria-label=${title} data-testid=${testid} onClose=${onClose}>
    <div class="dialog-top">
      <h2>${title}</h2>
      <button type="button" class="plain" aria-label="Close" onClick=${() => element.current?.close()}><${Icon} name="close" /></button>
    </div>
    ${children}
  </dialog>`
}

/** @param {{ store: Store, onClose: () => void }} props */
export function Rooms({ store, onClose }) {
  const others = [...store.state.rooms.values()].filter((room) => !room.joined)
  const enter = async (/** @type {Record<string, unknown>} */ wanted) => {
    if (!(await store.act({ t: 'join', ...wanted }))) return
    onClose()
    store.select(`#${String(wanted['room']).toLowerCase()}`)
  }
  const create = (/** @type {Event & { currentTarget: HTMLFormElement }} */ event) => {
    event.preventDefault()
    const data = new FormData(event.currentTarget)
    const room = String(data.get('room')).trim().replace(/^#/, '').replace(/\s+/g, '-')
    const topic = String(data.get('topic')).trim()
    void enter({ room, create: true, private: data.get('private') !== null, ...(topic !== '' && { topic }) })
  }
  return html`<${Dialog} title="Rooms" onClose=${onClose} testid="rooms-dialog">
    ${
      others.length > 0 &&
      html`<ul class="dialog-list">
        ${others.map(
          (room) =>
            html`<li key=${room.name}>
              <span class="grow"
                ><strong>#${room.name}</strong>${room.topic !== undefined && html` <span class="muted">${room.topic}</span>`}</span
              >
              <button type="button" class="button" aria-label=${`Join ${room.name}`} onClick=${() => enter({ room: room.name })}>
                Join
              </button>
            </li>`,
        )}
      </ul>`
    }
    <form onSubmit=${create} class="stack" aria-label="Make a room">
      <h3>Make a room</h3>
      <label>Name <input name="room" data-testid="room-name" required maxlength="64" spellcheck=${false} autocomplete="off" /></label>
      <label>Topic <input name="topic" maxlength="250" autocomplete="off" /></label>
      <label class="check"><input type="checkbox" name="private" /> Only for people who are invited</label>
      <button type="submit" class="button primary" data-testid="room-create">Make the room</button>
    </form>
  <//>`
}

/** @param {{ store: Store, onClose: () => void }} props */
export function Members({ store, onClose }) {
  const { state } = store
  const name = state.current.slice(1)
  const room = state.rooms.get(name)
  if (room === undefined) return null
  const setTopic = async (/** @type {Event & { currentTarget: HTMLFormElement }} */ event) => {
    event.preventDefault()
    const topic = String(new FormData(event.currentTarget).get('topic'))
    if (await store.act({ t: 'topic', room: name, topic })) onClose()
  }
  const leave = async () => {
    onClose()
    await store.act({ t: 'leave', room: name })
  }
  return html`<${Dialog} title=${`#${name}`} onClose=${onClose} testid="members-dialog">
    <form onSubmit=${setTopic} class="row">
      <label class="grow"
        >Topic <input name="topic" data-testid="topic-input" maxlength="250" value=${room.topic ?? ''} autocomplete="off"
      /></label>
      <button type="submit" class="button" data-testid="topic-save">Save</button>
    </form>
    <h3>${room.members.length} members</h3>
    <ul class="dialog-list">
      ${room.members.map((member) => {
        const person = state.people.get(member)
        return html`<li key=${member}>
          <span class=${`avatar tiny hue-${hue(member)}`} aria-hidden="true"
            >${initials(nameOf(state, member))}<span class=${`dot ${person?.status ?? 'offline'}`}></span
          ></span>
          <span class="grow">${nameOf(state, member)}${member === state.me && ' (you)'}</span>
          ${person?.bot === true && html`<span class="badge">bot</span>`}
          <span class="muted">${person?.status ?? 'offline'}</span>
        </li>`
      })}
    </ul>
    <p><button type="button" class="button danger" data-testid="leave-room" onClick=${leave}>Leave #${name}</button></p>
  <//>`
}

/** Stands over a room the reader is invited to. @param {{ store: Store }} props */
export function InviteBar({ store }) {
  const name = store.state.current.slice(1)
  const room = store.state.current.startsWith('#') ? store.state.rooms.get(name) : undefined
  if (room === undefined || room.joined || room.invitedBy === undefined) return null
  return html`<div class="invite" role="status" data-testid="invitation">
    <span class="grow">${room.invitedBy} invites you to <strong>#${name}</strong>.</span>
    <button type="button" class="button primary" data-testid="invitation-accept" onClick=${() => store.act({ t: 'join', room: name })}>
      Join
    </button>
    <button type="button" class="button" onClick=${() => store.act({ t: 'leave', room: name })}>Decline</button>
  </div>`
}

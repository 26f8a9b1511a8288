// @ts-check
import { useReducer } from 'preact/hooks'
import { hue, initials } from './format.js'
import { html } from './html.js'
import { Icon } from './icons.js'
import { unread } from './state.js'
import { currentTheme, switchTheme } from './theme.js'

/** @typedef {import('./store.js').Store} Store */

/** @param {{ store: Store, onChosen: () => void, onRooms: () => void, onLogout: () => void }} props */
export function Sidebar({ store, onChosen, onRooms, onLogout }) {
  const { state } = store
  const choose = (/** @type {string} */ conv) => {
    store.select(conv)
    onChosen()
    // On a phone the keyboard would cover what was just opened.
    if (matchMedia('(hover: hover)').matches) document.getElementById('composer')?.focus()
  }
  const rooms = [...state.rooms.values()]
    .filter((room) => room.joined || room.invitedBy !== undefined)
    .sort((a, b) => a.name.localeCompare(b.name))
  const people = [...state.people.values()].filter((person) => person.id !== state.me).sort(byPresence)
  return html`<nav class="sidebar" aria-label="Rooms and people">
    <div class="sidebar-top">
      <h1>${state.title}</h1>
    </div>
    <div class="sidebar-lists">
      <div class="sidebar-section">
        <h2>Rooms</h2>
        <button type="button" class="plain small" aria-label="Find or make a room" data-testid="rooms-button" onClick=${onRooms}>
          <${Icon} name="plus" />
        </button>
      </div>
      <ul>
        ${rooms.map(
          (room) =>
            html`<li key=${room.name}>
              <${Entry}
                store=${store}
                conv=${`#${room.name}`}
                testid="room-item"
                name=${room.name}
                onChoose=${choose}
                lead=${html`<span class="hash" aria-hidden="true">${room.private ? html`<${Icon} name="lock" />` : '#'}</span>`}
                note=${room.joined ? '' : 'invited'}
              />
            </li>`,
        )}
      </ul>
      <div class="sidebar-section"><h2>People</h2></div>
      <ul>
        ${people.map(
          (person) =>
            html`<li key=${person.id}>
              <${Entry}
                store=${store}
                conv=${`@${person.id}`}
                testid="person-item"
                name=${person.name}
                onChoose=${choose}
                bot=${person.bot === true}
                status=${person.status}
                lead=${html`<span class=${`avatar tiny hue-${hue(person.id)}`} aria-hidden="true">${initials(person.name)}<span class=${`dot ${person.status}`}></span></span>`}
              />
            </li>`,
        )}
      </ul>
      ${people.length === 1 && html`<p class="hint">Open a second window and enter another name: two windows are two people.</p>`}
    </div>
    <${Me} store=${store} onLogout=${onLogout} />
  </nav>`
}

/** @param {import('./state.js').WirePerson} a @param {import('./state.js').WirePerson} b */
function byPresence(a, b) {
  const rank = (/** @type {typeof a} */ person) => (person.bot === true ? 0 : person.status === 'offline' ? 2 : 1)
  return rank(a) - rank(b) || a.name.localeCompare(b.name)
}

/** @param {{ store: Store, conv: string, testid: string, name: string, lead: unknown, note?: string, bot?: boolean, status?: string, onChoose: (conv: string) => void }} props */
function Entry({ store, conv, testid, name, lead, note = '', bot = false, status = '', onChoose }) {
  const { count, loud } = unread(store.state, conv)
  const current = store.state.current === conv
  const state = `${count > 0 ? ' unread' : ''}${current ? ' current' : ''}${status === 'offline' ? ' away' : ''}`
  return html`<button
    type="button"
    class=${`entry${state}`}
    data-testid=${testid}
    data-conv=${conv}
    aria-current=${current ? 'page' : undefined}
    onClick=${() => onChoose(conv)}
  >
    ${lead}<span class="entry-name">${name}</span>
    ${status !== '' && html`<span class="hidden">, ${status}</span>`} ${bot && html`<span class="badge">bot</span>`}
    ${note !== '' && html`<span class="badge">${note}</span>`}
    ${count > 0 && html`<span class=${`count${loud ? ' loud' : ''}`} data-testid="unread">${count > 99 ? '99+' : count}<span class="hidden"> unread</span></span>`}
  </button>`
}

/** @param {{ store: Store, onLogout: () => void }} props */
function Me({ store, onLogout }) {
  const { state } = store
  const [, redraw] = useReducer((/** @type {number} */ count) => count + 1, 0)
  const me = state.people.get(state.me) ?? { id: state.me, name: store.login.name, status: 'offline' }
  const theme = currentTheme()
  const toggle = () => {
    switchTheme()
    redraw(undefined)
  }
  const setStatus = (/** @type {Event & { currentTarget: HTMLSelectElement }} */ event) => {
    store.connection.mention({ t: 'presence', status: event.currentTarget.value })
  }
  return html`<div class="me">
    <span class=${`avatar hue-${hue(me.id)}`} aria-hidden="true">${initials(me.name)}<span class=${`dot ${me.status}`}></span></span>
    <div class="me-text">
      <strong data-testid="me">${me.name}</strong>
      <select
        aria-label="Your status"
        data-testid="status-select"
        value=${me.status === 'offline' ? 'online' : me.status}
        onChange=${setStatus}
      >
        <option value="online">Online</option>
        <option value="away">Away</option>
        <option value="dnd">Do not disturb</option>
      </select>
    </div>
    <button
      type="button"
      class="plain"
      data-testid="theme-switch"
      aria-label=${theme === 'dark' ? 'Light colours' : 'Dark colours'}
      title=${theme === 'dark' ? 'Light colours' : 'Dark colours'}
      onClick=${toggle}
    >
      <${Icon} name=${theme === 'dark' ? 'sun' : 'moon'} />
    </button>
    <button type="button" class="plain" data-testid="logout" aria-label="Log out" title="Log out" onClick=${onLogout}>
      <${Icon} name="leave" />
    </button>
  </div>`
}

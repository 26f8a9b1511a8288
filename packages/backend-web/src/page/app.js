// @ts-check
import { useEffect, useReducer, useRef, useState } from 'preact/hooks'
import { Conversation } from './conversation.js'
import { InviteBar, Members, Rooms } from './dialogs.js'
import { html } from './html.js'
import { Icon } from './icons.js'
import { Login } from './login.js'
import { currentLogin, keepLogin, logout } from './session.js'
import { Sidebar } from './sidebar.js'
import { titleOf, unread } from './state.js'
import { Store } from './store.js'
import { Thread } from './thread.js'

/** @typedef {import('./session.js').Login} LoginData */

export function App() {
  const [login, setLogin] = useState(currentLogin())
  const [, redraw] = useReducer((/** @type {number} */ count) => count + 1, 0)
  const store = useRef(/** @type {Store | undefined} */ (undefined))
  if (login !== undefined && store.current?.login !== login) store.current = new Store(login, () => redraw(undefined))
  if (login === undefined) {
    const entered = (/** @type {LoginData} */ made, /** @type {boolean} */ remember) => {
      keepLogin(made, remember)
      setLogin(made)
    }
    return html`<${Login} onLogin=${entered} />`
  }
  const leave = async () => {
    store.current?.close()
    store.current = undefined
    setLogin(undefined)
    await logout(login)
  }
  return html`<${Page} store=${store.current} onLogout=${leave} />`
}

/** @param {{ store: Store, onLogout: () => void }} props */
function Page({ store, onLogout }) {
  const { state } = store
  const [drawer, setDrawer] = useState(false)
  const [dialog, setDialog] = useState('')
  const count = [...state.convs.keys()].filter((conv) => unread(state, conv).loud).length
  const title = titleOf(state, state.current)
  useEffect(() => {
    document.title = `${count > 0 ? `(${count}) ` : ''}${title === '' ? state.title : `${title} · ${state.title}`}`
  }, [count, title, state.title])
  const closeOnEscape = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Escape' || event.defaultPrevented) return
    if (drawer) setDrawer(false)
    else if (state.thread !== undefined) store.openThread(undefined)
  }
  const shape = `page${drawer ? ' drawer-open' : ''}${state.thread === undefined ? '' : ' thread-open'}`
  return html`<div class=${shape} onKeyDown=${closeOnEscape}>
    <a class="skip" href="#composer" onClick=${focusComposer}>Skip to writing</a>
    <${Banner} state=${state} onLogout=${onLogout} />
    <${Sidebar} store=${store} onChosen=${() => setDrawer(false)} onRooms=${() => setDialog('rooms')} onLogout=${onLogout} />
    <div class="scrim" onClick=${() => setDrawer(false)}></div>
    <main class="main" aria-label=${title}>
      <${Header} store=${store} onMenu=${() => setDrawer(!drawer)} onMembers=${() => setDialog('members')} drawer=${drawer} />
      <${InviteBar} store=${store} />
      <${Conversation} key=${state.current} store=${store} />
    </main>
    ${state.thread !== undefined && html`<${Thread} key=${state.thread} store=${store} root=${state.thread} />`}
    ${dialog === 'rooms' && html`<${Rooms} store=${store} onClose=${() => setDialog('')} />`}
    ${dialog === 'members' && html`<${Members} store=${store} onClose=${() => setDialog('')} />`}
    <div class="notices" role="status" aria-live="polite">
      ${state.notices.map(
        (notice) =>
          html`<p key=${notice.id} class="notice" data-testid="notice">
            ${notice.text}
            <button type="button" class="plain" aria-label="Dismiss" onClick=${() => store.dismiss(notice.id)}>
              <${Icon} name="close" />
            </button>
          </p>`,
      )}
    </div>
  </div>`
}

/** @param {Event} event */
function focusComposer(event) {
  event.preventDefault()
  document.getElementById('composer')?.focus()
}

/** @param {{ state: import('./state.js').State, onLogout: () => void }} props */
function Banner({ state, onLogout }) {
  const [late, setLate] = useState(false)
  useEffect(() => {
    setLate(false)
    // A blink of the network is not worth a banner.
    const timer = setTimeout(() => setLate(true), state.phase === 'connecting' ? 2000 : 600)
    return () => clearTimeout(timer)
  }, [state.phase])
  if (state.phase === 'ended') {
    return html`<div class="banner" role="alert" data-testid="connection-banner">
      ${state.ended}
      <button type="button" class="button" onClick=${() => location.reload()}>Reload</button>
      <button type="button" class="button" onClick=${onLogout}>Log in</button>
    </div>`
  }
  if (state.phase === 'online' || !late) return null
  return html`<div class="banner" role="status" data-testid="connection-banner">
    <span class="spinner" aria-hidden="true"></span>
    ${state.phase === 'connecting' ? 'Connecting…' : 'Reconnecting… What you write is kept and sent afterwards.'}
  </div>`
}

/** @param {{ store: Store, onMenu: () => void, onMembers: () => void, drawer: boolean }} props */
function Header({ store, onMenu, onMembers, drawer }) {
  const { state } = store
  const room = state.current.startsWith('#') ? state.rooms.get(state.current.slice(1)) : undefined
  const person = state.people.get(state.current.slice(1))
  return html`<header class="header">
    <button
      type="button"
      class="plain menu"
      data-testid="menu-button"
      aria-label="Rooms and people"
      aria-expanded=${drawer}
      onClick=${onMenu}
    >
      <${Icon} name="menu" />
    </button>
    <div class="header-text">
      <h2 data-testid="header-title">
        ${room?.private === true && html`<${Icon} name="lock" />`}${titleOf(state, state.current)}
        ${person?.bot === true && room === undefined && html`<span class="badge">bot</span>`}
      </h2>
      ${room !== undefined && html`<p class="topic" data-testid="topic">${room.topic ?? ''}</p>`}
      ${room === undefined && person !== undefined && html`<p class="topic">${person.text ?? STATUS[person.status]}</p>`}
    </div>
    ${
      room !== undefined &&
      html`<button
        type="button"
        class="plain members"
        data-testid="members-button"
        onClick=${onMembers}
        aria-label=${`About ${state.current}: ${room.members.length} members`}
      >
        <${Icon} name="people" /> ${room.members.length}
      </button>`
    }
  </header>`
}

const STATUS = { online: 'Online', away: 'Away', dnd: 'Do not disturb', offline: 'Offline' }

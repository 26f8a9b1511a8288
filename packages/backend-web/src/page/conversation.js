// @ts-check
import { Composer } from './composer.js'
import { listed } from './format.js'
import { html } from './html.js'
import { MessageList } from './message-list.js'
import { conversation, mainMessages, nameOf, threadsOf, titleOf, typingNames } from './state.js'

/** @typedef {import('./store.js').Store} Store */

/** What is said in the conversation that is open, and the place to say something. @param {{ store: Store }} props */
export function Conversation({ store }) {
  const { state } = store
  if (state.current === '') return html`<div class="list"><p class="empty" role="status">Loading…</p></div>`
  const conv = conversation(state, state.current)
  const room = state.current.startsWith('#') ? state.rooms.get(state.current.slice(1)) : undefined
  const title = titleOf(state, state.current)
  const joined = room === undefined || room.joined
  const roots = new Set(conv.messages.map((message) => message.id))
  const pending = state.pending.filter((one) => one.conv === state.current && (one.thread === undefined || !roots.has(one.thread)))
  const older = () => {
    if (!conv.asking) store.askHistory(state.current)
  }
  return html`<${MessageList}
      store=${store}
      messages=${mainMessages(conv)}
      pending=${pending}
      threads=${threadsOf(conv)}
      label=${`Messages in ${title}`}
      more=${conv.more}
      onMore=${older}
      empty=${conv.loaded || state.phase === 'online' ? html`<${Empty} state=${state} title=${title} />` : undefined}
    />
    <${Typing} state=${state} thread=${undefined} />
    ${joined && html`<${Composer} store=${store} id="composer" testid="composer" placeholder=${`Message ${title}`} />`}`
}

/** @param {{ state: import('./state.js').State, title: string }} props */
function Empty({ state, title }) {
  const bot = nameOf(state, state.bot)
  return html`<div class="empty">
    <h3>${state.current.startsWith('#') ? `This is ${title}` : `You and ${title}`}</h3>
    <p>Nothing has been said here yet. ${state.commands.length > 0 && html`Type <kbd>!</kbd> to see what ${bot} can do.`}</p>
  </div>`
}

/** @param {{ state: import('./state.js').State, thread: string | undefined }} props */
export function Typing({ state, thread }) {
  const names = typingNames(state, state.current, thread, Date.now())
  const text =
    names.length === 0
      ? ''
      : names.length > 3
        ? 'Several people are typing'
        : `${listed(names)} ${names.length === 1 ? 'is' : 'are'} typing`
  return html`<p class="typing" role="status" data-testid="typing">
    ${text !== '' && html`<span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>${text}`}
  </p>`
}

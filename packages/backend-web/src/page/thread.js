// @ts-check
import { useLayoutEffect } from 'preact/hooks'
import { Composer } from './composer.js'
import { plural } from './format.js'
import { html } from './html.js'
import { Icon } from './icons.js'
import { MessageList } from './message-list.js'
import { Typing } from './conversation.js'
import { conversation, threadMessages } from './state.js'

/** The panel beside the conversation. @param {{ store: import('./store.js').Store, root: string }} props */
export function Thread({ store, root }) {
  const { state } = store
  const conv = conversation(state, state.current)
  const first = conv.messages.find((message) => message.id === root)
  const replies = threadMessages(conv, root)
  const messages = first === undefined || first.deleted === true ? replies : [first, ...replies]
  const pending = state.pending.filter((one) => one.thread === root)
  useLayoutEffect(() => document.getElementById('thread-composer')?.focus(), [])
  const close = () => {
    store.openThread(undefined)
    document.getElementById('composer')?.focus()
  }
  const keys = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Escape' || event.defaultPrevented) return
    event.preventDefault()
    close()
  }
  return html`<aside class="thread" aria-label="Thread" data-testid="thread-panel" onKeyDown=${keys}>
    <header class="header">
      <div class="header-text">
        <h2>Thread</h2>
        <p class="topic">${plural(replies.length, 'reply', 'replies')}</p>
      </div>
      <button type="button" class="plain" data-testid="thread-close" aria-label="Close the thread" onClick=${close}>
        <${Icon} name="close" />
      </button>
    </header>
    <${MessageList} store=${store} messages=${messages} pending=${pending} inThread=${true} label="Messages of the thread" />
    <${Typing} state=${state} thread=${root} />
    <${Composer} store=${store} id="thread-composer" testid="thread-composer" thread=${root} placeholder="Reply in the thread" />
  </aside>`
}

// @ts-check
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { completions } from './completion.js'
import { size } from './format.js'
import { html } from './html.js'
import { Icon } from './icons.js'

/** @typedef {import('./store.js').Store} Store */
/** @typedef {{ key: string, name: string, sizeBytes: number, id?: string, failed?: string }} Attachment */

/** Drafts by conversation, so that a look elsewhere loses nothing. @type {Map<string, string>} */
const drafts = new Map()

/** @param {{ store: Store, id: string, testid: string, thread?: string, placeholder: string }} props */
export function Composer({ store, id, testid, thread, placeholder }) {
  const { state } = store
  const place = `${state.current}/${thread ?? ''}`
  const [text, setText] = useState(drafts.get(place) ?? '')
  const [caret, setCaret] = useState(text.length)
  const [chosen, setChosen] = useState(0)
  const [dismissed, setDismissed] = useState('')
  const [attachments, setAttachments] = useState(/** @type {Attachment[]} */ ([]))
  const [over, setOver] = useState(false)
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null))
  const picker = useRef(/** @type {HTMLInputElement | null} */ (null))
  const found = text === dismissed ? undefined : completions(state, text, caret)
  const options = found?.options ?? []
  const listId = `${id}-options`

  // Before the browser paints: what is typed right away must not be lost.
  useLayoutEffect(() => {
    if (thread === undefined && matchMedia('(hover: hover)').matches) field.current?.focus()
  }, [])
  useLayoutEffect(() => {
    const element = field.current
    if (element === null) return
    element.style.height = 'auto'
    element.style.height = `${Math.min(element.scrollHeight, 240)}px`
  }, [text])

  /** @param {string} next @param {number} [at] */
  const change = (next, at = next.length) => {
    setText(next)
    setCaret(at)
    setChosen(0)
    if (next === '') drafts.delete(place)
    else drafts.set(place, next)
  }
  const complete = (/** @type {number} */ index) => {
    const option = options[index]
    if (found === undefined || option === undefined) return
    const next = `${text.slice(0, found.from)}${option.insert} ${text.slice(caret).trimStart()}`
    change(next, found.from + option.insert.length + 1)
    field.current?.focus()
  }
  const send = () => {
    if (attachments.some((one) => one.id === undefined && one.failed === undefined)) return store.notice('A file is still being uploaded.')
    const files = attachments.flatMap((one) => (one.id === undefined ? [] : [{ id: one.id, name: one.name }]))
    if (text.trim() === '' && files.length === 0) return
    store.post({ conv: state.current, text: text.trimEnd(), files, ...(thread !== undefined && { thread }) })
    change('')
    setAttachments([])
  }
  const add = (/** @type {Iterable<File>} */ files) => {
    for (const file of files) {
      const key = crypto.randomUUID()
      setAttachments((list) => [...list, { key, name: file.name, sizeBytes: file.size }])
      const update = (/** @type {Partial<Attachment>} */ patch) =>
        setAttachments((list) => list.map((one) => (one.key === key ? { ...one, ...patch } : one)))
      store.upload(file).then(
        (uploaded) => update({ id: uploaded.id }),
        (error) => update({ failed: error.message }),
      )
    }
    field.current?.focus()
  }
  const keys = (/** @type {KeyboardEvent} */ event) => {
    if (event.isComposing) return
    const open = options.length > 0
    if (open && (event.key === 'ArrowDown' || event.key === 'ArrowUp'))
      setChosen((chosen + (event.key === 'ArrowDown' ? 1 : options.length - 1)) % options.length)
    else if (open && (event.key === 'Tab' || (event.key === 'Enter' && !isComplete(found, text, chosen)))) complete(chosen)
    else if (open && event.key === 'Escape') setDismissed(text)
    else if (event.key === 'Enter' && !event.shiftKey) send()
    else if (event.key === 'ArrowUp' && text === '') editLast(state.me, event)
    else return
    event.preventDefault()
  }
  const typed = (/** @type {Event & { currentTarget: HTMLTextAreaElement }} */ event) => {
    change(event.currentTarget.value, event.currentTarget.selectionStart)
    if (event.currentTarget.value !== '' && !event.currentTarget.value.startsWith('!')) store.typing(state.current)
  }
  const pasted = (/** @type {ClipboardEvent} */ event) => {
    const files = [...(event.clipboardData?.files ?? [])]
    if (files.length === 0) return
    event.preventDefault()
    add(files)
  }
  const dropped = (/** @type {DragEvent} */ event) => {
    event.preventDefault()
    setOver(false)
    add(event.dataTransfer?.files ?? [])
  }
  const dragged = (/** @type {DragEvent} */ event) => {
    if (event.dataTransfer?.types.includes('Files') !== true) return
    event.preventDefault()
    setOver(true)
  }
  return html`<div class=${`composer${over ? ' over' : ''}`} onDragOver=${dragged} onDragLeave=${() => setOver(false)} onDrop=${dropped}>
    ${
      options.length > 0 &&
      html`<ul class="completions" id=${listId} role="listbox" aria-label="Suggestions" data-testid="completions">
        ${options.map(
          (option, index) =>
            html`<li
              key=${option.insert}
              id=${`${listId}-${index}`}
              role="option"
              aria-selected=${index === chosen}
              data-testid="completion"
              onMouseDown=${(/** @type {Event} */ event) => {
                event.preventDefault()
                complete(index)
              }}
            >
              <strong>${option.insert}</strong><span class="muted">${option.note}</span>
            </li>`,
        )}
      </ul>`
    }
    ${
      attachments.length > 0 &&
      html`<ul class="attachments" aria-label="Files to send">
        ${attachments.map(
          (one) =>
            html`<li
              key=${one.key}
              class=${one.failed === undefined ? '' : 'failed'}
              data-testid="attachment"
              data-state=${one.failed !== undefined ? 'failed' : one.id === undefined ? 'uploading' : 'ready'}
            >
              <${Icon} name="file" /><span class="file-name">${one.name}</span>
              <span class="file-size">${one.failed ?? (one.id === undefined ? 'uploading…' : size(one.sizeBytes))}</span>
              <button
                type="button"
                class="plain small"
                aria-label=${`Remove ${one.name}`}
                onClick=${() => setAttachments((list) => list.filter((other) => other !== one))}
              >
                <${Icon} name="close" />
              </button>
            </li>`,
        )}
      </ul>`
    }
    <div class="composer-box">
      <input
        ref=${picker}
        class="hidden"
        type="file"
        multiple
        tabindex="-1"
        aria-label="Choose files"
        data-testid=${thread === undefined ? 'file-input' : 'thread-file-input'}
        onChange=${(/** @type {Event & { currentTarget: HTMLInputElement }} */ event) => {
          add([...(event.currentTarget.files ?? [])])
          event.currentTarget.value = ''
        }}
      />
      <button type="button" class="plain" aria-label="Add files" title="Add files" onClick=${() => picker.current?.click()}>
        <${Icon} name="attach" />
      </button>
      <textarea
        ref=${field}
        id=${id}
        data-testid=${testid}
        rows="1"
        placeholder=${placeholder}
        aria-label=${placeholder}
        value=${text}
        maxlength="20000"
        role="combobox"
        aria-autocomplete="list"
        aria-expanded=${options.length > 0}
        aria-controls=${listId}
        aria-activedescendant=${options.length > 0 ? `${listId}-${chosen}` : undefined}
        onInput=${typed}
        onKeyDown=${keys}
        onPaste=${pasted}
        onSelect=${(/** @type {Event & { currentTarget: HTMLTextAreaElement }} */ event) => setCaret(event.currentTarget.selectionStart)}
      ></textarea>
      <button
        type="button"
        class="plain send"
        aria-label="Send"
        title="Send (Enter)"
        data-testid=${thread === undefined ? 'send' : 'thread-send'}
        disabled=${text.trim() === '' && attachments.length === 0}
        onClick=${send}
      >
        <${Icon} name="send" />
      </button>
    </div>
    <p class="composer-hint" aria-hidden="true">
      <kbd>Enter</kbd> sends · <kbd>Shift</kbd>+<kbd>Enter</kbd> new line · <kbd>!</kbd> commands · markdown
    </p>
  </div>`
}

/** Whether what stands there is the suggestion already: then Enter sends. @param {ReturnType<typeof completions>} found @param {string} text @param {number} chosen */
function isComplete(found, text, chosen) {
  return found !== undefined && text.slice(found.from).trimEnd() === found.options[chosen]?.insert
}

/** Opens the writer's last message for editing. @param {string} me @param {Event} event */
function editLast(me, event) {
  const list = event.target instanceof Element ? event.target.closest('main, aside') : null
  const own = [...(list?.querySelectorAll(`article[data-from="${CSS.escape(me)}"]`) ?? [])].at(-1)
  own?.dispatchEvent(new CustomEvent('EditRequest'))
}

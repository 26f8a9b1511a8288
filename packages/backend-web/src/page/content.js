// @ts-check
import { useState } from 'preact/hooks'
import { html } from './html.js'
import { Icon } from './icons.js'

/** @typedef {import('@bot/core/backend').Block} Block */
/** @typedef {import('@bot/core/backend').Inline} Inline */
/** @typedef {import('@bot/core/backend').Card} CardContent */
/** @typedef {import('@bot/core/backend').Action} Action */

const SAFE_LINK = /^(https?:|mailto:)/i

/** Draws the content tree. @param {{ blocks: readonly Block[], me: string }} props */
export function Blocks({ blocks, me }) {
  return blocks.map((block, index) => html`<${BlockPart} key=${index} block=${block} me=${me} />`)
}

/** @param {{ block: Block, me: string }} props */
function BlockPart({ block, me }) {
  switch (block.type) {
    case 'paragraph':
      return html`<p>${inlines(block.children, me)}</p>`
    case 'heading':
      // The page's own headings are 1 to 3.
      return html`<p class=${`heading heading-${block.level}`} role="heading" aria-level=${Math.min(6, block.level + 3)}>
        ${inlines(block.children, me)}
      </p>`
    case 'code':
      return html`<${Code} language=${block.language} text=${block.text} />`
    case 'quote':
      return html`<blockquote><${Blocks} blocks=${block.children} me=${me} /></blockquote>`
    case 'list': {
      const items = block.items.map((item, index) => html`<li key=${index}><${Blocks} blocks=${item} me=${me} /></li>`)
      return block.ordered
        ? html`<ol start=${block.start}>
            ${items}
          </ol>`
        : html`<ul>
            ${items}
          </ul>`
    }
    case 'table':
      return html`<div class="table" tabindex="0" role="region" aria-label="Table">
        <table>
          <thead>
            <tr>
              ${block.header.map((cell, index) => html`<th key=${index} scope="col">${inlines(cell, me)}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${block.rows.map(
              (row, index) =>
                html`<tr key=${index}>
                  ${row.map((cell, column) => html`<td key=${column}>${inlines(cell, me)}</td>`)}
                </tr>`,
            )}
          </tbody>
        </table>
      </div>`
    case 'rule':
      return html`<hr />`
  }
}

/** @param {readonly Inline[]} children @param {string} me @returns {unknown} */
function inlines(children, me) {
  return children.map((part) => {
    switch (part.type) {
      case 'text':
        return part.text
      case 'strong':
        return html`<strong>${inlines(part.children, me)}</strong>`
      case 'emphasis':
        return html`<em>${inlines(part.children, me)}</em>`
      case 'strike':
        return html`<s>${inlines(part.children, me)}</s>`
      case 'code':
        return html`<code>${part.text}</code>`
      case 'link':
        return html`<${Link} url=${part.url}>${inlines(part.children, me)}<//>`
      case 'break':
        return html`<br />`
      case 'mention':
        return html`<span class=${part.who.id.endsWith(`:@${encodeURIComponent(me)}`) ? 'mention mention-me' : 'mention'}
          >${part.label}</span
        >`
    }
  })
}

/** @param {{ url: string, children?: unknown, class?: string }} props */
function Link({ url, children, class: name = '' }) {
  if (!SAFE_LINK.test(url)) return html`<span class=${name}>${children}</span>`
  return html`<a class=${name} href=${url} target="_blank" rel="noopener noreferrer nofollow">${children}</a>`
}

/** @param {{ language: string | undefined, text: string }} props */
function Code({ language, text }) {
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
    setTimeout(() => setCopied(false), 1500)
  }
  const label = language === undefined || language === '' ? 'code' : language
  return html`<figure class="code">
    <figcaption>${label}</figcaption>
    ${
      navigator.clipboard !== undefined &&
      html`<button type="button" class="copy" onClick=${copy} aria-label=${copied ? 'Copied' : 'Copy code'}>
        ${copied ? 'Copied' : html`<${Icon} name="copy" />`}
      </button>`
    }
    <pre tabindex="0"><code>${text}</code></pre>
  </figure>`
}

const COLOURS = new Set(['green', 'red', 'yellow', 'orange', 'blue', 'purple', 'grey', 'gray'])

/** @param {{ card: CardContent, me: string }} props */
export function CardView({ card, me }) {
  const colour = card.color ?? ''
  const named = COLOURS.has(colour) ? `card card-${colour.replace('gray', 'grey')}` : 'card'
  const bar = /^#[0-9a-f]{6}$/i.test(colour) ? { borderInlineStartColor: colour } : {}
  const pictures = [card.image, card.thumbnail].filter((url) => url !== undefined)
  return html`<article class=${named} style=${bar} data-testid="card" aria-label=${card.title ?? card.summary ?? 'Card'}>
    ${
      card.title !== undefined &&
      html`<p class="card-title" role="heading" aria-level="4">
        ${card.link === undefined ? card.title : html`<${Link} url=${card.link}>${card.title}<//>`}
      </p>`
    }
    ${card.title === undefined && card.body === undefined && card.summary !== undefined && html`<p>${card.summary}</p>`}
    ${card.body !== undefined && html`<${Blocks} blocks=${card.body} me=${me} />`}
    ${
      (card.fields ?? []).length > 0 &&
      html`<dl>
        ${(card.fields ?? []).map(
          (field, index) =>
            html`<div key=${index} class=${field.short === true ? 'short' : ''}>
              <dt>${field.name}</dt>
              <dd>${field.value}</dd>
            </div>`,
        )}
      </dl>`
    }
    ${pictures.map((url) => html`<p class="card-picture"><${Link} url=${url}>Picture on ${hostOf(url ?? '')}<//></p>`)}
  </article>`
}

/** @param {string} url */
function hostOf(url) {
  return URL.canParse(url) ? new URL(url).host : 'another site'
}

/** @param {{ actions: readonly Action[], press: (action: string, value: string | undefined) => Promise<boolean> }} props */
export function Actions({ actions, press }) {
  const [busy, setBusy] = useState('')
  /** @param {string} key @param {string} action @param {string | undefined} value */
  const run = async (key, action, value) => {
    setBusy(key)
    await press(action, value)
    setBusy('')
  }
  return html`<div class="actions" role="group" aria-label="Actions">
    ${actions.map((action, index) => {
      const key = String(index)
      if (action.type === 'link') return html`<${Link} key=${key} url=${action.url} class="button">${action.label}<//>`
      if (action.type === 'button') {
        return html`<button
          key=${key}
          type="button"
          class=${`button ${action.style ?? ''}`}
          data-testid="action-button"
          aria-busy=${busy === key}
          disabled=${busy === key}
          onClick=${() => run(key, action.action, action.value)}
        >
          ${action.label}
        </button>`
      }
      return html`<select
        key=${key}
        class="button"
        data-testid="action-select"
        aria-label=${action.label}
        disabled=${busy === key}
        value=""
        onChange=${(/** @type {Event & { currentTarget: HTMLSelectElement }} */ event) => run(key, action.action, event.currentTarget.value)}
      >
        <option value="" disabled selected>${action.label}</option>
        ${action.options.map((option) => html`<option key=${option.value} value=${option.value}>${option.label}</option>`)}
      </select>`
    })}
  </div>`
}

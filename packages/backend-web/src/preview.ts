import type { Block, Card, Content, Inline, Preview } from '@bot/core/backend'

/** The content as safe HTML: every text escaped, only http, https and mailto addresses linked, pictures as links. Pure. */
export function preview(content: Content): Preview {
  const parts = [blocks(content.blocks)]
  if (content.card !== undefined) parts.push(card(content.card))
  for (const file of content.files ?? []) parts.push(`<p class="file">${escape(file.name)}</p>`)
  const actions = (content.actions ?? []).map((action) => {
    if (action.type === 'link') return anchor(action.url, escape(action.label))
    if (action.type === 'button') return `<button type="button">${escape(action.label)}</button>`
    const options = action.options.map((option) => `<option>${escape(option.label)}</option>`)
    return `<label>${escape(action.label)} <select>${options.join('')}</select></label>`
  })
  if (actions.length > 0) parts.push(`<p class="actions">${actions.join(' ')}</p>`)
  return { type: 'text/html', body: parts.join('') }
}

function blocks(list: readonly Block[]): string {
  return list.map(block).join('')
}

function block(part: Block): string {
  switch (part.type) {
    case 'paragraph':
      return `<p>${inlines(part.children)}</p>`
    case 'heading':
      return `<h${part.level}>${inlines(part.children)}</h${part.level}>`
    case 'code':
      return `<pre><code>${escape(part.text)}</code></pre>`
    case 'quote':
      return `<blockquote>${blocks(part.children)}</blockquote>`
    case 'list': {
      const items = part.items.map((item) => `<li>${blocks(item)}</li>`).join('')
      return part.ordered ? `<ol start="${Number(part.start)}">${items}</ol>` : `<ul>${items}</ul>`
    }
    case 'table': {
      const header = part.header.map((cell) => `<th>${inlines(cell)}</th>`).join('')
      const rows = part.rows.map((row) => `<tr>${row.map((cell) => `<td>${inlines(cell)}</td>`).join('')}</tr>`).join('')
      return `<table><thead><tr>${header}</tr></thead><tbody>${rows}</tbody></table>`
    }
    case 'rule':
      return '<hr>'
  }
}

function inlines(list: readonly Inline[]): string {
  return list.map(inline).join('')
}

const TAGS = { strong: 'strong', emphasis: 'em', strike: 's' } as const

function inline(part: Inline): string {
  switch (part.type) {
    case 'text':
      return escape(part.text)
    case 'strong':
    case 'emphasis':
    case 'strike':
      return `<${TAGS[part.type]}>${inlines(part.children)}</${TAGS[part.type]}>`
    case 'code':
      return `<code>${escape(part.text)}</code>`
    case 'link':
      return anchor(part.url, inlines(part.children))
    case 'break':
      return '<br>'
    case 'mention':
      return `<span class="mention">${escape(part.label)}</span>`
  }
}

function card(value: Card): string {
  const title =
    value.title === undefined ? '' : `<h3>${value.link === undefined ? escape(value.title) : anchor(value.link, escape(value.title))}</h3>`
  const fields = (value.fields ?? []).map((field) => `<dt>${escape(field.name)}</dt><dd>${escape(field.value)}</dd>`).join('')
  const pictures = [value.image, value.thumbnail].filter((url) => url !== undefined).map((url) => anchor(url, escape(url)))
  const list = fields === '' ? '' : `<dl>${fields}</dl>`
  return `<article class="card">${title}${blocks(value.body ?? [])}${list}${pictures.join(' ')}</article>`
}

/** `label` is HTML already. */
function anchor(url: string, label: string): string {
  if (!/^(https?:|mailto:)/i.test(url)) return label
  return `<a href="${escape(url)}" rel="noopener noreferrer nofollow">${label}</a>`
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}

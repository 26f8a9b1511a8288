import type { Inline } from '../contract/content.ts'
import { mergeTexts } from './inlines.ts'
import { plainInlines } from './plain.ts'

const SCHEMES = new Set(['http:', 'https:', 'mailto:'])
const UNSAFE = /[\s<>"'`\\^{}|()]|[^\x20-\x7E]/gu
const SCHEME_IN_LABEL = /https?:\/\/[^\s()<>]+/i
const HOST_AS_LABEL = /^(?:[^\s@/]+@)?((?:[\p{L}\p{N}_-]+\.)+[\p{L}][\p{L}\p{N}-]+\.?)(?::\d+)?(?:[/?#]\S*)?$/u
const INVISIBLE = /[\u00AD\u200B-\u200F\u2060-\u2064\uFEFF]/g

/**
 * A link, or inert text that shows label and address where the address is not http, https or mailto. A label that itself looks like an
 * address of another host gets the real host appended, so that nobody is led astray. `shown` is the address as text for the inert case.
 */
export function makeLink(address: string, label: readonly Inline[], shown: string): readonly Inline[] {
  const url = safeAddress(address)
  if (url === undefined) return inert(label, shown)
  const children = label.length === 0 ? [{ type: 'text', text: address } as const] : label
  const host = hostOf(url)
  const text = plainInlines(children)
  const misleading = claimsAnotherHost(text, host) && !text.endsWith(`(${host})`)
  return [{ type: 'link', url, children: misleading ? mergeTexts([...children, { type: 'text', text: ` (${host})` }]) : children }]
}

/** The address in a form that every reader takes for the same, or undefined where its scheme is not allowed. */
export function safeAddress(address: string): string | undefined {
  const encoded = address.trim().replace(UNSAFE, (character) => percent(character))
  if (!URL.canParse(encoded)) return undefined
  return SCHEMES.has(new URL(encoded).protocol) ? encoded : undefined
}

/** An address given as a value: encoded as a whole where it is the beginning, else as one component. */
export function encodeAddress(value: string, isBeginning: boolean): string {
  return isBeginning ? value : percentAll(value)
}

function percent(character: string): string {
  return percentAll(character).replace(/[()']/, (left) => `%${left.charCodeAt(0).toString(16).toUpperCase()}`)
}

function percentAll(value: string): string {
  return encodeURIComponent(value.toWellFormed())
}

function inert(label: readonly Inline[], shown: string): readonly Inline[] {
  if (shown === '' || plainInlines(label) === shown) return label
  if (label.length === 0) return [{ type: 'text', text: shown }]
  return [...label, { type: 'text', text: ` (${shown})` }]
}

function hostOf(url: string): string {
  const parsed = new URL(url)
  return parsed.protocol === 'mailto:' ? parsed.pathname.slice(parsed.pathname.lastIndexOf('@') + 1).toLowerCase() : parsed.host
}

function claimsAnotherHost(label: string, host: string): boolean {
  const text = label.normalize('NFKC').replace(INVISIBLE, '').trim()
  const address = SCHEME_IN_LABEL.exec(text)?.[0]
  if (address !== undefined) return !URL.canParse(address) || new URL(address).host !== host
  const name = HOST_AS_LABEL.exec(text)?.[1]
  if (name === undefined) return false
  const claimed = `http://${name}`
  return !URL.canParse(claimed) || new URL(claimed).hostname !== new URL(`http://${host}`).hostname
}

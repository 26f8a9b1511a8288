// @ts-check

const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' })
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' })

/** @param {number} at */
export const clockTime = (at) => time.format(at)

/** Without "AM" or "PM", for the margin. @param {number} at */
export const marginTime = (at) => {
  const parts = time.formatToParts(at).filter((part) => part.type !== 'dayPeriod')
  return parts
    .map((part) => part.value)
    .join('')
    .trim()
}

/** @param {number} at */
export const fullTime = (at) => full.format(at)

/** @param {number} at */
export const isoTime = (at) => new Date(at).toISOString()

/** @param {number} a @param {number} b */
export const sameDay = (a, b) => new Date(a).toDateString() === new Date(b).toDateString()

/** @param {number} at @param {number} now */
export function dayName(at, now) {
  if (sameDay(at, now)) return 'Today'
  const yesterday = new Date(now)
  yesterday.setDate(yesterday.getDate() - 1)
  return sameDay(at, yesterday.getTime()) ? 'Yesterday' : day.format(at)
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(bytes < 10_000 ? 1 : 0)} kB`
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** @param {string} name */
export function initials(name) {
  const words = name.split(/[\s._-]+/).filter(Boolean)
  const letters = words.length > 1 ? [first(words[0] ?? ''), first(words[1] ?? '')] : [...name].slice(0, 2)
  return letters.join('').toUpperCase()
}

/** @param {string} word */
const first = (word) => [...word][0] ?? ''

/** One of twelve hues, always the same for the same id. @param {string} id */
export function hue(id) {
  let sum = 7
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 100_003
  return sum % 12
}

/** @param {number} count @param {string} one @param {string} many */
export const plural = (count, one, many) => `${count} ${count === 1 ? one : many}`

/** @param {string[]} names */
export function listed(names) {
  if (names.length < 2) return names[0] ?? ''
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

/** The address of something of this page's server. @param {string} path */
export const address = (path) => new URL(`../${path}`, import.meta.url)

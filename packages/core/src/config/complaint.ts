/** What is wrong with one key, in words. The configuration file and the options of every extension are complained about in the same style. */
export interface Complaint {
  /** Where, as one would write it in JavaScript: `backends.web.port`, `jsonrpc[0].name`. */
  readonly path: string
  /** What was found and what is allowed. */
  readonly text: string
  /** A reference to an environment variable or a file that is not there. */
  readonly missingSecret?: boolean
}

/** Keys that would reach into the prototype of an object, wherever they are copied. */
export const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** Names that hold a secret even where no schema says so. */
const SECRET_NAME = /(?:token|secret|password|passwd|passphrase|credential|api_?key|private_?key|authorization|cookie)s?$/i
const LONGEST_SHOWN = 60

/** The path of a key or an index below a path. */
export function below(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`
  if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`
  return path === '' ? key : `${path}.${key}`
}

/** Whether a key of this path sounds like a secret. */
export function soundsSecret(path: string): boolean {
  return SECRET_NAME.test(path.replace(/\[[^\]]*\]$/, ''))
}

/** A value as it may stand in a message: short, and never a secret. */
export function show(value: unknown, secret = false): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'boolean' || value === null) return String(value)
  if (secret) return typeof value === 'string' ? `a hidden text of ${value.length} characters` : `a hidden ${typeof value}`
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'string') return `a ${typeof value}`
  return value.length > LONGEST_SHOWN ? `a text of ${value.length} characters` : JSON.stringify(value)
}

/** One line a complaint, in the order in which they were found. */
export function complaintLines(complaints: readonly Complaint[]): string {
  return complaints.map(({ path, text }) => `  ${path === '' ? 'the configuration' : path}: ${text}`).join('\n')
}

/** The complaint about a key nobody knows, with the one that was probably meant. */
export function unknownKey(path: string, key: string, known: readonly string[]): Complaint {
  const meant = nearest(key, known)
  const suggestion = meant === undefined ? '' : ` Did you mean "${meant}"?`
  const allowed = known.length === 0 ? 'Nothing is allowed here.' : `Allowed: ${known.join(', ')}.`
  return { path: below(path, key), text: `there is no such key.${suggestion} ${allowed}` }
}

/** The name that was probably meant, if one is near enough. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let least = Math.max(1, Math.floor(name.length / 3)) + 1
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance < least) {
      least = distance
      best = candidate
    }
  }
  return best
}

/** How many letters to add, take away, change, or swap with their neighbour (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swapped = isSwapped ? (before[j - 2] ?? 0) + 1 : Infinity
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, changed, swapped))
    }
    before = row
    row = next
  }
  return row[b.length] ?? 0
}

/** Shorter texts occur by chance everywhere; masking them would make logs unreadable without hiding anything. */
const SHORTEST = 6
const MASK = '[secret]'

/**
 * Knows every secret of a bot and masks them in any text: the last stage before anything is written. Secrets are registered where they are read.
 */
export class Redactor {
  readonly #secrets = new Set<string>()
  #pattern: RegExp | undefined

  add(secret: string): void {
    for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), Buffer.from(secret).toString('base64')]) {
      if (form.length >= SHORTEST) this.#secrets.add(form)
    }
    this.#pattern = undefined
  }

  redact(text: string): string {
    if (this.#secrets.size === 0) return text
    // Longest first, so that a secret that contains another is masked whole.
    this.#pattern ??= new RegExp(
      [...this.#secrets]
        .sort((a, b) => b.length - a.length)
        .map((secret) => secret.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'))
        .join('|'),
      'g',
    )
    return text.replace(this.#pattern, MASK)
  }
}

const HIDDEN = /(?![\n\t])\p{Cc}|[\u202A-\u202E\u2066-\u2069]/gu

/**
 * Takes out what people cannot see but programs obey: control characters except newline and tab, and the marks that reverse the reading
 * direction.
 */
export function cleanText(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(HIDDEN, '').toWellFormed()
}

/** The text as one line, for where a line break cannot stand. */
export function oneLine(text: string): string {
  return text.replaceAll('\n', ' ')
}

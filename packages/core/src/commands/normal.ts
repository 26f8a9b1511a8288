/** A name as it is compared: one spelling for the letters that look alike by Unicode's compatibility, lower case, single spaces; `_` between words is a space. */
export function normalName(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFKC')
    .replace(/(?<=\S)_+(?=\S)/g, ' ')
    .trim()
    .replace(/\s+/g, ' ')
}

// Writes docs/errors.md from the table of codes: `pnpm docs:errors`. A repository test compares the two.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ERROR_CODES } from '../packages/core/src/contract/errors.ts'

const SECTIONS: Readonly<Record<string, string>> = {
  BOT: 'The bot, its configuration and its extensions.',
  BACKEND: 'A chat service. Of these only `BACKEND_OUTCOME_UNKNOWN` leaves open whether the message was sent.',
  ROOM: 'The operations on a room.',
  SINK: 'What outside programs post.',
  LISTENER: 'What listens for them.',
  STORE: 'The store. A commit that is rejected kept nothing.',
  DELIVERY: 'The lists of what came in and what goes out.',
}

/** The text of docs/errors.md. */
export function errorDocs(): string {
  const codes = Object.entries(ERROR_CODES)
  const sections = Object.entries(SECTIONS).map(([prefix, introduction]) => {
    const rows = codes.filter(([code]) => code.startsWith(`${prefix}_`)).map(([code, when]) => `| \`${code}\` | ${when} |`)
    return `## \`${prefix}_\`\n\n${introduction}\n\n| code | when |\n| --- | --- |\n${rows.join('\n')}\n`
  })
  return `# Error codes

Everything this project throws on purpose is a \`BotError\` with one of these codes. Match on \`error.code\`, never on the message or the
class: an application may hold two copies of the core. The message says what was attempted, with what, and what to do next;
\`retryAfterMs\` says how long to wait where that is known; \`cause\` holds what went wrong underneath, for the log.

This page is made from the table in \`packages/core/src/contract/errors.ts\` by \`pnpm docs:errors\`.

${sections.join('\n')}`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('../docs/errors.md', import.meta.url), errorDocs())
}

/* A console with a small bot behind it, to look at in a real terminal: `node test/terminal-demo.ts`. The terminal test drives it too. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Content, IncomingFile } from '@bot/core/backend'
import { createConsole } from '../src/index.ts'
import { processTerminal } from '../src/terminal.ts'
import { answering, RecordingHost } from './host.ts'
import { richContent } from './rich-content.ts'

const host = new RecordingHost(process.env['DEMO_DIR'] ?? mkdtempSync(join(tmpdir(), 'console-demo-')))
host.known = [
  { name: 'rich', description: 'a rich message' },
  { name: 'slow', description: 'answers after a while' },
]
const answer = answering((body): string | Content | undefined => {
  if (body === '!rich') return richContent
  if (body.startsWith('!')) return `You said **${body.slice(1)}**.`
  return undefined
})
host.handler = async (event, backend) => {
  if (event.kind === 'message' && event.body === '!slow') {
    await backend.sendTyping(backend.buildReply(event, {}))
    // Not awaited: the answer comes while something else is being typed.
    setTimeout(() => void answer({ ...event, body: '!after a while' }, backend), 1500)
    return
  }
  if (event.kind === 'message' && event.files !== undefined) {
    const [file] = event.files as [IncomingFile]
    let bytes = 0
    for await (const chunk of backend.fetchFile(file, { signal: new AbortController().signal, maxBytes: 1e6 })) bytes += chunk.length
    await answer({ ...event, body: `!${file.name}: ${bytes} bytes` }, backend)
  } else {
    await answer(event, backend)
  }
}
const backend = createConsole({ user: 'alice', botName: 'bot', rooms: ['lobby'] }, host, processTerminal())
host.backend = backend
await backend.serveOnce(host.stop.signal)
console.log(`ended: ${host.shutdownReason}`)

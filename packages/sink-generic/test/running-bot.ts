import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import path from 'node:path'
import {
  createBot,
  createLogger,
  CONTRACT,
  makePerson,
  makeRoom,
  Redactor,
  systemClock,
  systemRandom,
  type BackendModule,
  type FileRef,
} from '@bot/core'
import { plainText } from '@bot/core/backend'
import { generateCertificate } from '@bot/sink-kit'
import { onTestFinished } from 'vitest'
import genericSink, { type GenericSinkOptions } from '../src/index.ts'

export interface Said {
  readonly to: string
  readonly text: string
  readonly files: readonly { readonly name: string; readonly type: string; readonly data: Buffer }[]
}

/** A chat network that remembers what is said in it. */
function memoryBackend(said: Said[]): BackendModule {
  return {
    kind: 'backend',
    name: 'memory',
    contract: CONTRACT,
    preview: (content) => ({ type: 'text/plain', body: plainText(content) }),
    create: (_options, host) => ({
      limits: { max: 100_000, measure: (content) => plainText(content).length },
      features: ['files'],
      serveOnce: (signal) => {
        host.connected(makePerson(host.instance, 'bot', { bot: true }))
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
      },
      buildIdentifier: (text) => Promise.resolve(makeRoom(host.instance, text)),
      sendMessage: async ({ to, content }) => {
        const read = async (file: FileRef) => ({ name: file.name, type: file.type, data: Buffer.from(await host.readFile(file)) })
        const files = await Promise.all((content.files ?? []).map(read))
        said.push({ to: to.id, text: plainText({ ...content, files: [] }), files })
        return { messageId: String(said.length) }
      },
    }),
  }
}

/** A bot with the generic sink on a free port, and all that it says. */
export async function runningBot(options: Partial<GenericSinkOptions> = {}) {
  const appDir = await mkdtemp(path.join(tmpdir(), 'generic-'))
  onTestFinished(() => rm(appDir, { recursive: true, force: true }))
  await generateCertificate({ path: path.join(appDir, 'certificate.pem'), clock: systemClock, random: systemRandom })
  const said: Said[] = []
  const log: string[] = []
  const bot = createBot({
    appDir,
    log: createLogger({ level: 'info', clock: systemClock, redactor: new Redactor(), write: (line) => log.push(line) }),
    store: { module: 'memory' },
    backends: { chat: { module: memoryBackend(said) } },
    sinks: {
      generic: {
        module: genericSink,
        options: { port: 0, certfile: 'certificate.pem', auth: { type: 'none' }, ...options },
        core: { aliases: { lobby: 'chat:lobby' } },
      },
    },
  })
  await bot.start()
  onTestFinished(() => bot.stop())
  const [sink] = (await bot.status()).sinks
  return { said, log, url: sink?.url ?? '', example: sink?.examples?.[0] ?? '' }
}

export function post(url: string, body: string | Uint8Array): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', rejectUnauthorized: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

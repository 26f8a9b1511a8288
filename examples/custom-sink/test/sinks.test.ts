import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createBot, CONTRACT, makePerson, makeRoom, silentLogger, systemClock, systemRandom, type BackendModule } from '@bot/core'
import { generateCertificate } from '@bot/sink-kit'
import { expect, onTestFinished, test } from 'vitest'
import Announce from '../sinks/announce.ts'
import BuildSink from '../sinks/build.ts'

/** A chat network of one room that remembers what is said in it. */
function memoryBackend(): { module: BackendModule; said: string[]; heard: Promise<void> } {
  const said: string[] = []
  let tell = (): void => undefined
  const heard = new Promise<void>((resolve) => (tell = resolve))
  const module: BackendModule = {
    kind: 'backend',
    name: 'memory',
    contract: CONTRACT,
    preview: () => ({ type: 'text/plain', body: '' }),
    create: (_options, host) => ({
      limits: { max: 1000, measure: (content) => JSON.stringify(content).length },
      features: [],
      serveOnce: (signal) => {
        host.connected(makePerson(host.instance, 'bot', { bot: true }))
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
      },
      buildIdentifier: (text) => Promise.resolve(makeRoom(host.instance, text)),
      sendMessage: (message) => {
        said.push(JSON.stringify(message.content))
        tell()
        return Promise.resolve({ messageId: String(said.length) })
      },
    }),
  }
  return { module, said, heard }
}

function post(url: string, body: string, ca: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', ca }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** A bot with one sink, on a free port. */
async function running(sink: typeof Announce | typeof BuildSink) {
  const appDir = await mkdtemp(path.join(tmpdir(), 'custom-sink-'))
  onTestFinished(() => rm(appDir, { recursive: true, force: true }))
  const certfile = path.join(appDir, 'certificate.pem')
  await generateCertificate({ path: certfile, clock: systemClock, random: systemRandom })
  const { module, said, heard } = memoryBackend()
  const bot = createBot({
    appDir,
    log: silentLogger,
    store: { module: 'memory' },
    backends: { chat: { module } },
    sinks: {
      mine: {
        module: sink.module,
        options: { port: 0, certfile, auth: { type: 'none' } },
        core: { aliases: { lobby: 'chat:lobby' } },
      },
    },
  })
  await bot.start()
  onTestFinished(() => bot.stop())
  const { sinks } = await bot.status()
  const ca = await readFile(certfile, 'utf8')
  const send = (conversation: string, body: string) => post(`${sinks[0]?.url}${conversation}`, body, ca)
  return { send, said, heard }
}

test('an empty class says in the room what is posted over TLS', async () => {
  const { send, said, heard } = await running(Announce)
  expect(await send('lobby', '{"echo":"the build is green"}')).toBe(202)
  await heard
  expect(said).toEqual([expect.stringContaining('the build is green')])
  expect(await send('elsewhere', '{"echo":"x"}')).toBe(404)
  expect(await send('lobby', '{"echo":1}')).toBe(400)
})

test('a payload of its own is said its own way, or refused', async () => {
  const { send, said, heard } = await running(BuildSink)
  expect(await send('lobby', '{"project":"site"}')).toBe(400)
  expect(await send('lobby', 'nonsense')).toBe(400)
  expect(await send('lobby', '{"project":"site","status":"green"}')).toBe(202)
  await heard
  expect(said).toEqual([expect.stringMatching(/strong.*site.*green/)])
})

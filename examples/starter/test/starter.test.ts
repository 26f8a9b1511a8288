import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { promisify } from 'node:util'

import { afterEach, describe, expect, test } from 'vitest'

import { PNG, Starter } from './running-starter.ts'

const run = promisify(execFile)
const LIMIT_MS = 60_000
const hasCurl = await run('curl', ['--version']).then(
  () => true,
  () => false,
)

const running: Starter[] = []
async function copy(): Promise<Starter> {
  const starter = await Starter.copy()
  running.push(starter)
  return starter
}
afterEach(async () => {
  for (const starter of running.splice(0)) await starter.remove()
})

describe('the starter', () => {
  test('prints the address of its page, runs without a terminal, and ends well on SIGTERM', { timeout: LIMIT_MS }, async () => {
    const starter = await copy()
    await starter.start()
    expect(starter.printed).toContain(`http://127.0.0.1:${starter.pagePort}`)
    expect((await fetch(starter.page)).status).toBe(200)
    expect(await starter.stop('SIGTERM')).toBe(0)
  })

  test('goes on when nobody reads its output any longer, and still ends well', { timeout: LIMIT_MS }, async () => {
    const starter = await copy()
    await starter.start()
    starter.stopReading()
    expect((await starter.bot('deliveries', 'list')).code).toBe(0)
    expect(await starter.stop('SIGTERM')).toBe(0)
  })

  test.skipIf(!hasCurl)('prints a curl line that works as it stands (needs curl)', { timeout: LIMIT_MS }, async () => {
    const starter = await copy()
    await starter.start()
    const line = /^ +(curl .*)$/m.exec(starter.printed)?.[1] as string
    expect(line).toBe(`curl -k https://127.0.0.1:${starter.sinkPort}/lobby -d '{"echo":"hello from curl"}'`)
    const { stdout } = await run('sh', ['-c', `${line} --silent --write-out ' %{http_code}'`])
    expect(stdout).toMatch(/^\{"id":"sink:generic\/[^"]+"\} 202$/)
    const sent = async () => (await starter.bot('deliveries', 'list', '--box', 'out', '--state', 'done', '--json')).output
    await expect.poll(sent, { timeout: 30_000 }).toContain('hello from curl')
  })

  test('takes a picture through its own sender, and refuses what it does not understand', { timeout: LIMIT_MS }, async () => {
    const starter = await copy()
    await starter.start()
    const url = `https://127.0.0.1:${starter.sinkPort}/lobby`
    await writeFile(`${starter.dir}/dot.png`, Buffer.from(PNG, 'base64'))
    const ca = ['--ca', 'data/certificate.pem']
    expect(await starter.bot('send', url, 'with a picture', '-i', 'dot.png', ...ca)).toMatchObject({ code: 0 })
    expect((await starter.bot('send', `https://127.0.0.1:${starter.sinkPort}/nowhere`, 'lost', ...ca)).output).toContain('404')
    // The certificate is nobody's: without being told so, the sender refuses.
    expect((await starter.bot('send', url, 'who is there')).code).not.toBe(0)
  })

  test('doctor finds everything in order', { timeout: LIMIT_MS }, async () => {
    const starter = await copy()
    await starter.start()
    const { code, output } = await starter.bot('doctor')
    expect(output).not.toMatch(/^ *(fail|✗)/im)
    expect(code).toBe(0)
  })

  test('says which program holds a port, and where to change it', { timeout: LIMIT_MS }, async () => {
    for (const which of ['pagePort', 'sinkPort'] as const) {
      const starter = await copy()
      const squatter = createServer().listen(starter[which], '127.0.0.1')
      await once(squatter, 'listening')
      try {
        const failure = await starter.start().then(
          () => '',
          (error: unknown) => (error as Error).message,
        )
        expect(failure).toContain(String(starter[which]))
        expect(failure).toMatch(which === 'pagePort' ? /backends\.web|"port"/ : /sinks\.generic|"port"/)
        if (process.platform === 'linux') expect(failure).toContain(String(process.pid))
      } finally {
        squatter.close()
      }
    }
  })
})

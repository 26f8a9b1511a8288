import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { post, runningBot } from './running-bot.ts'

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')
const run = promisify(execFile)

test('what the older block of a configuration is translated to answers 200 and OK', async () => {
  for (const options of [
    { handler: 'async', mode: 'sync' },
    { handler: 'base', mode: 'sync' },
  ] as const) {
    const { said, url } = await runningBot({ ...options, host: '127.0.0.1' })
    expect(await post(`${url}lobby`, '{"echo":"**hi**"}')).toEqual({ status: 200, body: 'OK' })
    await vi.waitFor(() => expect(said).toEqual([{ to: 'chat:lobby', text: 'hi', files: [] }]))
  }
})

test('an image of ten megabytes is taken, a larger one refused', async () => {
  const { said, url } = await runningBot({ mode: 'sync' })
  const postImage = async (size: number) => {
    const data = Buffer.alloc(size)
    PNG.copy(data)
    return await post(`${url}lobby`, JSON.stringify({ image: { base64encoded: data.toString('base64'), filename: 'a.png' } }))
  }
  expect((await postImage(10 * 1024 * 1024)).status).toBe(200)
  const refused = await postImage(10 * 1024 * 1024 + 1)
  expect(refused.status).toBe(400)
  expect(refused.body).toContain('at most 10485760 are taken')
  expect((await postImage(12 * 1024 * 1024)).status).toBe(413)
  await vi.waitFor(() => expect(said.map(({ files }) => files[0]?.data.length)).toEqual([10 * 1024 * 1024]))
})

describe('other people’s clients', () => {
  test('the line that is printed works as printed', async (context) => {
    try {
      execFileSync('curl', ['--version'])
    } catch {
      context.skip('curl is not installed')
    }
    const shell = (line: string, env: NodeJS.ProcessEnv = {}) =>
      run('sh', ['-c', `${line} -s -o /dev/null -w '%{http_code}'`], { env: { ...process.env, ...env } })
    const open = await runningBot()
    expect(open.example).toBe(`curl -k ${open.url}lobby -d '{"echo":"hello from curl"}'`)
    const bearer = await runningBot({ auth: { type: 'bearer', token: 'top-secret' } })
    const hmac = await runningBot({ auth: { type: 'hmac', secret: 'shh', header: 'x-signature', algorithm: 'sha256', prefix: 'sha256=' } })
    for (const { example, said } of [open, bearer, hmac]) {
      expect((await shell(example, { TOKEN: 'top-secret', SECRET: 'shh' })).stdout).toBe('202')
      await vi.waitFor(() => expect(said).toEqual([{ to: 'chat:lobby', text: 'hello from curl', files: [] }]))
    }
  })

  test('the seed’s own: requests.post(url, data=json, verify=False), with text and a PNG', async (context) => {
    const client = pythonClient()
    if (client === undefined) return context.skip('python3 is not installed')
    const { said, url } = await runningBot({ mode: 'sync' })
    const body = JSON.stringify({ echo: 'from Python: ü', image: { base64encoded: PNG.toString('base64'), filename: 'dot.png' } })
    const { stdout } = await run('python3', ['-W', 'ignore', '-c', client, `${url}lobby`, body])
    expect(stdout.trim()).toBe('200 OK')
    const dot = { name: 'dot.png', type: 'image/png', data: PNG }
    await vi.waitFor(() => expect(said).toEqual([{ to: 'chat:lobby', text: 'from Python: ü', files: [dot] }]))
  })
})

/** The client as older senders have it; with the standard library where `requests` is not installed. */
function pythonClient(): string | undefined {
  try {
    execFileSync('python3', ['-c', 'import requests'], { stdio: 'ignore' })
    return `
import requests, sys
response = requests.post(sys.argv[1], data=sys.argv[2].encode(), headers={'content-type': 'application/json'}, verify=False)
print(response.status_code, response.text)`
  } catch {
    // Perhaps without `requests`.
  }
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' })
    return `
import ssl, sys, urllib.request
request = urllib.request.Request(sys.argv[1], data=sys.argv[2].encode(), headers={'content-type': 'application/json'})
response = urllib.request.urlopen(request, context=ssl._create_unverified_context())
print(response.status, response.read().decode())`
  } catch {
    return undefined
  }
}

test(
  '2,000 mutated bodies: each is taken or refused, none is a fault, and nothing is said that was refused',
  { timeout: 60_000 },
  async () => {
    const { said, log, url } = await runningBot({ mode: 'sync' })
    const seeds = [
      '{"echo":"hello"}',
      JSON.stringify({ echo: 'a', image: { base64encoded: PNG.toString('base64'), filename: 'a.png' } }),
      '{"image":null,"echo":"x","constructor":{"a":1}}',
    ].map((text) => Buffer.from(text))
    const mutation = fc.record({ at: fc.nat(), remove: fc.nat({ max: 8 }), insert: fc.uint8Array({ maxLength: 8 }) })
    const json = fc.json({ maxDepth: 8 }).map((text) => Buffer.from(text))
    const wrapped = fc.record({
      echo: fc.jsonValue(),
      image: fc.oneof(fc.jsonValue(), fc.record({ base64encoded: fc.jsonValue(), filename: fc.jsonValue() })),
    })
    const mutated = fc.tuple(fc.constantFrom(...seeds), fc.array(mutation, { minLength: 1, maxLength: 4 })).map(([seed, mutations]) =>
      mutations.reduce((bytes, { at, remove, insert }) => {
        const start = at % (bytes.length + 1)
        return Buffer.concat([bytes.subarray(0, start), insert, bytes.subarray(start + remove)])
      }, seed),
    )
    const bodies = fc.sample(
      fc.oneof(
        mutated,
        json,
        wrapped.map((value) => Buffer.from(JSON.stringify(value))),
        fc.uint8Array({ maxLength: 100 }).map(Buffer.from),
      ),
      2000,
    )
    const counts = new Map<number, number>()
    const workers = Array.from({ length: 8 }, async () => {
      for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) {
        const { status } = await post(`${url}lobby`, body)
        counts.set(status, (counts.get(status) ?? 0) + 1)
      }
    })
    await Promise.all(workers)
    expect([...counts.keys()].sort()).toEqual([200, 400])
    await vi.waitFor(() => expect(said).toHaveLength(counts.get(200) ?? 0), 10_000)
    expect((await post(`${url}lobby`, '{"echo":"still alive"}')).status).toBe(200)
    expect(log.filter((line) => line.includes('"level":50'))).toEqual([])
  },
)

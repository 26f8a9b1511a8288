import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'
import { codeOf } from '@bot/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULTS, runningSink } from '../../sink-kit/test/memory-sink-host.ts'
import { send, until } from '../../sink-kit/test/surroundings.ts'
import genericSink, { type GenericSinkOptions } from '../src/index.ts'

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')
const run = promisify(execFile)

function generic(options: Partial<GenericSinkOptions> = {}) {
  const all: GenericSinkOptions = { ...DEFAULTS, maxBodyBytes: 15 * 1024 * 1024, handler: 'async', ...options }
  return runningSink((host, given) => genericSink.create(given, host), all)
}

test('what the older block of a configuration is translated to answers 200 and OK', async () => {
  for (const options of [
    { handler: 'async', mode: 'sync' },
    { handler: 'base', mode: 'sync' },
  ] as const) {
    const { host, url } = await generic({ ...options, host: '127.0.0.1' })
    expect(await send(`${url}lobby`, { body: '{"echo":"hi"}' })).toMatchObject({ status: 200, body: 'OK' })
    await until(() => host.said.length === 1, 'it is said')
  }
})

test('an image of ten megabytes is taken, a larger one refused', async () => {
  const { host, url } = await generic({ mode: 'sync' })
  const post = (size: number) => {
    const data = Buffer.alloc(size)
    PNG.copy(data)
    return send(`${url}lobby`, { body: JSON.stringify({ image: { base64encoded: data.toString('base64'), filename: 'a.png' } }) })
  }
  expect((await post(10 * 1024 * 1024)).status).toBe(200)
  const refused = await post(10 * 1024 * 1024 + 1)
  expect([refused.status, refused.json()['detail']]).toEqual([400, expect.stringContaining('at most 10485760')])
  expect((await post(12 * 1024 * 1024)).status).toBe(413)
  expect(host.said).toHaveLength(1)
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
    const open = await generic()
    expect((await shell(open.sink.examples?.[0] ?? '')).stdout).toBe('202')
    const bearer = await generic({ auth: { type: 'bearer', token: 'top secret'.replace(' ', '-') } })
    expect((await shell(bearer.sink.examples?.[0] ?? '', { TOKEN: 'top-secret' })).stdout).toBe('202')
    const hmac = await generic({ auth: { type: 'hmac', secret: 'shh', header: 'x-signature', algorithm: 'sha256', prefix: 'sha256=' } })
    expect((await shell(hmac.sink.examples?.[0] ?? '', { SECRET: 'shh' })).stdout).toBe('202')
    for (const { host } of [open, bearer, hmac]) {
      await until(() => host.said.length === 1, 'it is said')
      expect(host.said).toEqual([{ to: 'web:lobby', content: 'hello from curl' }])
    }
  })

  test('the seed’s own: requests.post(url, data=json, verify=False), with text and a PNG', async (context) => {
    const client = pythonClient()
    if (client === undefined) return context.skip('python3 is not installed')
    const { host, url } = await generic({ mode: 'sync' })
    const body = JSON.stringify({ echo: 'from Python: ü', image: { base64encoded: PNG.toString('base64'), filename: 'dot.png' } })
    const { stdout } = await run('python3', ['-W', 'ignore', '-c', client, `${url}lobby`, body])
    expect(stdout.trim()).toBe('200 OK')
    expect(host.said).toEqual([
      { to: 'web:lobby', content: { text: 'from Python: ü', files: [{ name: 'dot.png', type: 'image/png', data: PNG }] } },
    ])
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
    const { host, url } = await generic({ mode: 'sync' })
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
        const { status } = await send(`${url}lobby`, { body })
        counts.set(status, (counts.get(status) ?? 0) + 1)
      }
    })
    await Promise.all(workers)
    expect([...counts.keys()].sort()).toEqual([200, 400])
    expect(host.said).toHaveLength(counts.get(200) ?? 0)
    expect((await send(`${url}lobby`, { body: '{"echo":"still alive"}' })).status).toBe(200)
    expect(host.notes.records.filter(({ level }) => level === 'error').map(({ fields }) => codeOf(fields['err']))).toEqual([])
  },
)

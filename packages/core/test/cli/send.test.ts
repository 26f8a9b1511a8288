import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'

import { EXIT } from '../../src/cli/exit-codes.ts'
import { bot, linkPackages, makeFolder } from './app-folder.ts'

interface Got {
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
}

/** A server that keeps what it is sent and answers with the status of its path. */
async function listen(tls?: { cert: Buffer; key: Buffer }): Promise<{ url: string; got: Got[] }> {
  const got: Got[] = []
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      got.push({ url: request.url, headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString()) as unknown })
      const status = Number(request.url?.slice(1)) || 200
      response.writeHead(status).end(status === 200 ? 'OK' : 'no')
    })
  }
  const server = tls === undefined ? createHttpServer(answer) : createHttpsServer(tls, answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`, got }
}

describe('bot send', () => {
  test('posts what the older client posted, and prints status and answer', async () => {
    const { url, got } = await listen()
    const image = Buffer.from([137, 80, 78, 71])
    const dir = makeFolder({ 'pic.png': image.toString('latin1') })
    expect(await bot(dir, ['send', `${url}/lobby`, 'grüße'])).toMatchObject({ code: 0, out: '200 OK\n' })
    expect(await bot(dir, ['send', `${url}/lobby`, 'x', '-i', 'pic.png', '-n', 'graph.png', '--key', 'k1', '--json'])).toMatchObject({
      code: 0,
      out: '{"status":200,"body":"OK"}\n',
    })
    expect(got[0]).toMatchObject({ url: '/lobby', body: { echo: 'grüße' }, headers: { 'content-type': 'application/json' } })
    expect(got[1]).toMatchObject({
      body: { echo: 'x', image: { base64encoded: readFileSync(join(dir, 'pic.png')).toString('base64'), filename: 'graph.png' } },
      headers: { 'idempotency-key': 'k1' },
    })
    expect(Object.keys(got[0]?.body as object)).toEqual(['echo'])
  })

  test('ends by the status', async () => {
    const { url } = await listen()
    const dir = makeFolder({})
    expect(await bot(dir, ['send', `${url}/404`, 'x'])).toMatchObject({ code: EXIT.notFound, out: '404 no\n' })
    expect(await bot(dir, ['send', `${url}/503`, 'x'])).toMatchObject({ code: EXIT.failed })
    expect(await bot(dir, ['send', 'http://127.0.0.1:1/x', 'x'])).toMatchObject({
      code: EXIT.unreachable,
      err: expect.stringContaining('nobody listens there') as string,
    })
  })

  test('sends the token of the named variable, and never prints it', async () => {
    const { url, got } = await listen()
    const dir = makeFolder({})
    await bot(dir, ['send', `${url}/lobby`, 'x', '--token-env', 'ALERTS'], { ALERTS: 'a-long-secret' })
    expect(got[0]?.headers.authorization).toBe('Bearer a-long-secret')
    expect(await bot(dir, ['send', `${url}/lobby`, 'x', '--token-env', 'ALERTS'])).toMatchObject({
      code: EXIT.config,
      err: expect.stringContaining('ALERTS of --token-env is not set') as string,
    })
  })

  test('verifies the certificate unless told not to; the command that makes one is found in sink-kit', async () => {
    const dir = makeFolder({ 'package.json': { dependencies: { '@bot/sink-kit': '*' } } })
    linkPackages(dir, 'sink-kit')
    const made = await bot(dir, ['generate-certificate', 'cert.pem'])
    expect(made, made.err).toMatchObject({ code: 0 })
    const pem = readFileSync(join(dir, 'cert.pem'))
    const { url, got } = await listen({ cert: pem, key: pem })
    expect(await bot(dir, ['send', `${url}/lobby`, 'x'])).toMatchObject({
      code: EXIT.unreachable,
      err: expect.stringMatching(/certificate is not trusted.*--ca FILE.*--insecure/) as string,
    })
    expect(got).toHaveLength(0)
    expect((await bot(dir, ['send', `${url}/lobby`, 'x', '--ca', 'cert.pem'])).code).toBe(0)
    expect((await bot(dir, ['send', `${url}/lobby`, 'x', '--insecure'])).code).toBe(0)
    expect(got).toHaveLength(2)
  })
})

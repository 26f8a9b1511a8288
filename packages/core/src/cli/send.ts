import { readFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import { basename, resolve } from 'node:path'

import { firstLine } from '../config/file.ts'
import { isLoopback } from '../config/jsonrpc.ts'
import type { Clock } from '../contract/environment.ts'
import { BotError } from '../contract/errors.ts'
import { positional, text, type Command, type Context } from './command.ts'
import { EXIT } from './exit-codes.ts'

const ANSWER_WITHIN_MS = 30_000

export const send: Command = {
  name: 'send',
  description: 'Posts a text, and perhaps an image, to a sink: https://127.0.0.1:9002/lobby "hello"',
  usage: 'send URL CONTENT',
  options: {
    image: { type: 'string', short: 'i', description: 'An image file to send along' },
    name: { type: 'string', short: 'n', description: 'The file name people see (default: that of the image)' },
    ca: { type: 'string', description: 'A PEM file with the certificate to trust' },
    insecure: { type: 'boolean', description: 'Do not verify the certificate: whoever answers may read and fake everything' },
    'token-env': { type: 'string', description: 'The environment variable that holds the bearer token' },
    key: { type: 'string', description: 'An Idempotency-Key: repeating the command with it shows nothing twice' },
  },
  async run(context) {
    const [address = '', content = ''] = positional(context, 'send URL CONTENT', 2)
    const url = readUrl(address)
    const body = JSON.stringify({ echo: content, ...readImage(context) })
    const options: RequestOptions = {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        ...authorization(context),
        ...idempotency(context),
      },
      ...(context.options['insecure'] === true ? { rejectUnauthorized: false } : {}),
      ...certificate(context),
    }
    context.progress(`Posting to ${url.host}`)
    const { status, answer } = await post(url, body, options, context.clock)
    if (context.json) context.print(JSON.stringify({ status, body: answer }))
    else context.print(answer === '' ? String(status) : `${status} ${answer}`)
    if (status >= 200 && status < 300) return EXIT.ok
    return status === 404 ? EXIT.notFound : EXIT.failed
  },
}

function readUrl(address: string): URL {
  const url = URL.parse(address)
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new BotError('BOT_USAGE', `"${address}" is no address to post to. Write one such as https://127.0.0.1:9002/lobby.`)
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname.replace(/^\[|\]$/g, ''))) {
    throw new BotError('BOT_USAGE', `${url.host} would get the text in the clear. Use https://.`)
  }
  return url
}

function readImage(context: Context): object {
  const file = text(context, 'image')
  if (file === undefined) return {}
  const path = resolve(context.cwd, file)
  return { image: { base64encoded: readFile(path, 'image').toString('base64'), filename: text(context, 'name') ?? basename(path) } }
}

function certificate(context: Context): RequestOptions {
  const file = text(context, 'ca')
  return file === undefined ? {} : { ca: readFile(resolve(context.cwd, file), 'certificate') }
}

function readFile(path: string, what: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new BotError('BOT_USAGE', `The ${what} ${path} could not be read: ${firstLine(cause)}.`, { cause })
  }
}

function authorization({ app, options }: Context): Record<string, string> {
  const name = options['token-env']
  if (typeof name !== 'string') return {}
  const token = app.env[name]
  if (token === undefined || token === '') {
    throw new BotError('BOT_SECRET_MISSING', `The environment variable ${name} of --token-env is not set. Set it to the token of the sink.`)
  }
  app.secret(token)
  return { authorization: `Bearer ${token}` }
}

function idempotency(context: Context): Record<string, string> {
  const key = text(context, 'key')
  return key === undefined ? {} : { 'idempotency-key': key }
}

function post(url: URL, body: string, options: RequestOptions, clock: Clock): Promise<{ status: number; answer: string }> {
  return new Promise((done, fail) => {
    const lost = (cause: unknown): void => {
      timer.cancel()
      fail(new BotError('BOT_CLOSED', `Posting to ${url.host} failed: ${why(cause)}`, { cause }))
    }
    const take = (response: IncomingMessage): void => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', lost)
      response.on('end', () => {
        timer.cancel()
        done({ status: response.statusCode ?? 0, answer: Buffer.concat(chunks).toString('utf8').trim() })
      })
    }
    const request = url.protocol === 'https:' ? httpsRequest(url, options, take) : httpRequest(url, options, take)
    const timer = clock.after(ANSWER_WITHIN_MS, () =>
      request.destroy(new BotError('BOT_CLOSED', `no answer within ${ANSWER_WITHIN_MS / 1000} s`)),
    )
    request.on('error', lost)
    request.end(body)
  })
}

/** What to do about it, for the failures that people meet. */
function why(cause: unknown): string {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : ''
  if (code === 'ECONNREFUSED') return 'nobody listens there. Is the bot running (`bot start`), and is the port right?'
  if (code === 'ENOTFOUND') return 'there is no such host.'
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/.test(code)) {
    return `its certificate is not trusted (${code}). Name the certificate with --ca FILE, or, on your own machine only, skip the check with --insecure.`
  }
  if (code === 'EPROTO' || code === 'ECONNRESET') return `the connection broke (${code}). Is it https:// that listens there?`
  return `${firstLine(cause)}.`
}

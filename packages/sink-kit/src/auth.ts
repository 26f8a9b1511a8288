import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { BotError, Type, type HttpRequest, type Static } from '@bot/core/backend'
import { refusesBrowsers } from './browsers.ts'

const Secret = (description: string) => Type.String({ secret: true, minLength: 1, description })

/** How a sink knows who posts. It has no default: that nobody is asked must be written out. */
export const AuthOptions = Type.Union(
  [
    Type.Object(
      { type: Type.Literal('none', { description: 'Nobody is asked. Only on this machine, and not for requests that a web page makes.' }) },
      { additionalProperties: false },
    ),
    Type.Object(
      {
        type: Type.Literal('bearer', { description: '`Authorization: Bearer <token>`.' }),
        token: Type.Optional(Secret('The token.')),
        tokens: Type.Optional(Type.Array(Secret('A token.'), { description: 'Further tokens that count, for a change without a gap.' })),
      },
      { additionalProperties: false },
    ),
    Type.Object(
      {
        type: Type.Literal('hmac', { description: 'HMAC over the raw body, in lower-case hexadecimal.' }),
        secret: Type.Optional(Secret('The shared secret.')),
        secrets: Type.Optional(Type.Array(Secret('A secret.'), { description: 'Further secrets that count, for a change without a gap.' })),
        header: Type.String({ default: 'x-signature', pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$", description: 'The header that holds it.' }),
        algorithm: Type.Literal('sha256', { default: 'sha256' }),
        prefix: Type.String({ default: 'sha256=', description: 'What stands before the hexadecimal digits.' }),
      },
      { additionalProperties: false },
    ),
  ],
  { description: 'How a caller proves who it is.' },
)
export type AuthOptions = Static<typeof AuthOptions>

/** Checks requests against {@link AuthOptions}. */
export interface Authenticator {
  /** The `WWW-Authenticate` header of a refusal. */
  readonly challenge: string
  /** Throws `SINK_UNAUTHORIZED` where the proof is missing or wrong; the message does not say how close it was. */
  verify(request: HttpRequest): void
}

/**
 * Makes the check. Every secret is handed to `register`, which keeps it out of logs. Throws `BOT_OPTIONS` where a secret is missing or empty:
 * such a sink would be open to everyone.
 */
export function createAuthenticator(auth: AuthOptions, sink: string, register: (secret: string) => void): Authenticator {
  switch (auth.type) {
    case 'none':
      return {
        challenge: 'None',
        verify: (request) => {
          if (refusesBrowsers(request)) throw new BotError('SINK_UNAUTHORIZED', 'Requests from web pages are refused here.')
        },
      }
    case 'bearer': {
      const expected = secretsOf(sink, 'token', auth.token, auth.tokens, register).map(digest)
      return {
        challenge: 'Bearer realm="sink"',
        verify: (request) => {
          const given = /^bearer +(\S+)$/i.exec(request.headers['authorization'] ?? '')?.[1]
          if (given === undefined || !anyEqual(expected, digest(given))) throw unauthorized('Authorization: Bearer <token>')
        },
      }
    }
    case 'hmac': {
      const secrets = secretsOf(sink, 'secret', auth.secret, auth.secrets, register)
      const header = auth.header.toLowerCase()
      return {
        challenge: `HMAC-SHA256 header="${auth.header}"`,
        verify: (request) => {
          const given = request.headers[header]
          if (given === undefined) throw unauthorized(auth.header)
          const expected = secrets.map((secret) =>
            digest(auth.prefix + createHmac(auth.algorithm, secret).update(request.body).digest('hex')),
          )
          if (!anyEqual(expected, digest(given))) throw unauthorized(auth.header)
        },
      }
    }
  }
}

function secretsOf(
  sink: string,
  key: string,
  one: string | undefined,
  more: readonly string[] | undefined,
  register: (secret: string) => void,
): readonly string[] {
  const secrets = [...(one === undefined ? [] : [one]), ...(more ?? [])]
  if (secrets.length === 0 || secrets.some((secret) => secret.trim() === '')) {
    const found = secrets.length === 0 ? 'there is none' : 'one is empty'
    throw new BotError(
      'BOT_OPTIONS',
      `The sink "${sink}" needs "auth.${key}" (or "auth.${key}s"), but ${found}. "openssl rand -hex 32" makes a good one.`,
    )
  }
  for (const secret of secrets) register(secret)
  return secrets
}

/** Of equal length whatever was given, so that the comparison takes the same time for every guess. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Looks at all of them, so that the time does not tell which one was near. */
function anyEqual(expected: readonly Buffer[], given: Buffer): boolean {
  let equal = false
  for (const one of expected) equal = timingSafeEqual(one, given) || equal
  return equal
}

function unauthorized(where: string): BotError {
  return new BotError('SINK_UNAUTHORIZED', `The request carries no valid proof of who sent it (${where}).`)
}

import { BotError, Type, type Static } from '@bot/core/backend'

const closed = { additionalProperties: false } as const

export const webOptions = Type.Object(
  {
    listener: Type.Optional(
      Type.String({ description: 'A listener of the configuration to mount on. Without it the page gets a port of its own.' }),
    ),
    path: Type.String({ default: '/', pattern: '^/[A-Za-z0-9._-]*$', description: 'Where on that listener.' }),
    host: Type.String({ default: '127.0.0.1', description: 'The address of the own port. Beyond loopback it takes `auth` and TLS.' }),
    port: Type.Integer({ default: 3000, minimum: 0, maximum: 65535, description: 'The own port; 0 takes a free one.' }),
    certfile: Type.Optional(Type.String({ description: 'PEM file with the certificate, and the key unless `keyfile` names it.' })),
    keyfile: Type.Optional(Type.String({ description: 'PEM file with the key.' })),
    title: Type.String({ default: 'Bot', minLength: 1, maxLength: 60, description: 'The heading of the page.' }),
    botName: Type.String({
      default: 'Bot',
      pattern: '^[\\p{L}\\p{N}][\\p{L}\\p{N}._-]{0,31}$',
      description: "The bot's name on the page.",
    }),
    rooms: Type.Array(Type.String({ pattern: '^[\\p{L}\\p{N}][\\p{L}\\p{N}._-]{0,63}$' }), {
      default: ['lobby'],
      description: 'Rooms that are there from the start; everybody is in them.',
    }),
    auth: Type.Union(
      [
        Type.Object({ type: Type.Literal('none') }, closed),
        Type.Object(
          { type: Type.Literal('password'), password: Type.String({ minLength: 8, secret: true, env: 'BOT_WEB_PASSWORD' }) },
          closed,
        ),
        Type.Object(
          {
            type: Type.Literal('tokens'),
            tokens: Type.Array(
              Type.Object(
                {
                  name: Type.String({ pattern: '^[\\p{L}\\p{N}][\\p{L}\\p{N}._-]{0,31}$' }),
                  token: Type.String({ minLength: 16, secret: true }),
                },
                closed,
              ),
              { minItems: 1 },
            ),
          },
          closed,
        ),
      ],
      {
        default: { type: 'none' },
        description:
          '`none` (loopback only, people choose a name), `password` (one for all, people choose a name), `tokens` (the token says who).',
      },
    ),
    historySize: Type.Integer({ default: 500, minimum: 1, maximum: 100_000, description: 'How many messages a conversation keeps.' }),
    maxFileBytes: Type.Integer({ default: 10 * 1024 * 1024, minimum: 1, maximum: 1024 * 1024 * 1024, description: 'The largest file.' }),
    allowedOrigins: Type.Array(Type.String({ pattern: '^https?://[^/]+$' }), {
      default: [],
      description: 'Further origins the page is reached under, such as `https://chat.example.com` behind a proxy.',
    }),
  },
  closed,
)

export type WebOptions = Static<typeof webOptions>
export type WebAuth = WebOptions['auth']

const LOOPBACK_NAME = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i

/** Whether a host name or address can only mean this machine. */
export function isLoopbackName(host: string): boolean {
  return LOOPBACK_NAME.test(host)
}

/** Refuses options under which others could get in without proof, or overhear it: `LISTENER_EXPOSED`. */
export function checkExposure(options: WebOptions): void {
  const open = options.auth.type === 'none'
  const foreign = options.allowedOrigins.find((origin) => !isLoopbackName(new URL(origin).hostname))
  if (open && foreign !== undefined) throw exposed(`"allowedOrigins" lets people in through ${foreign}`)
  if (options.listener !== undefined || isLoopbackName(options.host)) return
  if (open) throw exposed(`"host" is ${options.host}, which is reachable from beyond this machine`)
  if (options.certfile !== undefined) return
  const remedy = 'Set "certfile" (and "keyfile"), or keep "host" at 127.0.0.1 behind a proxy that does TLS'
  throw new BotError('LISTENER_EXPOSED', `The web page would listen on ${options.host} without TLS. ${remedy}.`)
}

export function exposed(what: string): BotError {
  const remedy = 'Set "auth" to { "type": "password" } or { "type": "tokens" }, or listen on 127.0.0.1'
  return new BotError('LISTENER_EXPOSED', `The web page has no login, but ${what}. ${remedy}.`)
}

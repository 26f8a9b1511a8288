import { Type, type Static } from '@bot/core/backend'
import { AuthOptions } from './auth.ts'

/**
 * What every sink that listens can be told: where, who may post, and when it answers. A sink adds its own:
 * `Type.Object({ ...SinkListenOptions.properties, repository: Type.String() }, { additionalProperties: false })`.
 */
export const SinkListenOptions = Type.Object(
  {
    listener: Type.Optional(
      Type.String({ description: 'The shared listener to mount on. Without it the sink listens by itself on `port`.' }),
    ),
    path: Type.Optional(
      Type.String({ description: 'Where it is mounted. Default: `/` on a port of its own, `/<sink name>` on a shared listener.' }),
    ),
    host: Type.Optional(Type.String({ description: 'The address to bind to. Default 127.0.0.1: this machine only.' })),
    name: Type.Optional(Type.String({ description: 'The older word for `host`.' })),
    port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535, description: 'The TCP port; 0 takes a free one.' })),
    certfile: Type.Optional(Type.String({ description: 'PEM with the certificate, and the key unless `keyfile` has it.' })),
    keyfile: Type.Optional(Type.String({ description: 'PEM with the key alone.' })),
    auth: AuthOptions,
    mode: Type.Union([Type.Literal('durable'), Type.Literal('sync')], {
      default: 'durable',
      description:
        '`durable` answers 202 with an id as soon as the post is on disk; `sync` waits for the handler and answers 200 with its result.',
    }),
    maxBodyBytes: Type.Integer({ minimum: 1, default: 1024 * 1024, description: 'A larger body is answered 413.' }),
  },
  { additionalProperties: false },
)
export type SinkListenOptions = Static<typeof SinkListenOptions>

/** The same for a sink that takes the echo body, which may hold an image. */
export const EchoSinkOptions = Type.Object(
  {
    ...SinkListenOptions.properties,
    maxBodyBytes: Type.Integer({
      minimum: 1,
      default: 15 * 1024 * 1024,
      description: 'A larger body is answered 413. The default has room for an image.',
    }),
  },
  { additionalProperties: false },
)

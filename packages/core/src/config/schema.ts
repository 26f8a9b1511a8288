import type { TSchema } from 'typebox'
import { AccessPolicy } from '../access/policy.ts'
import * as Type from '../type.ts'

import { DEFAULT_LIMITS, type BotLimits } from '../bot-options.ts'

/*
 * The shape of the configuration as far as the core reads it. The options of an extension stand beside the keys here; they are checked against the
 * extension's own schema once it is loaded.
 */

const closed = { additionalProperties: false } as const
const text = (description: string): TSchema => Type.String({ minLength: 1, description })
const literals = (...values: readonly string[]): TSchema => Type.Union(values.map((value) => Type.Literal(value)))

const use = text('The name of the extension, its package, or a path that begins with ./')
const extension = (keys: Record<string, TSchema>): TSchema => Type.Object(keys, closed)
const byName = (entry: TSchema): TSchema => Type.Record(Type.String(), entry)

const jsonRpcEntry = Type.Object(
  {
    certfile: Type.String({
      minLength: 1,
      allowed: 'the path of a PEM file with certificate and key (`bot generate-certificate` makes one)',
    }),
    module: text('sinks.generic.AsyncMessagePoster, a package, or a class in the folder sinks'),
    name: text('The address to listen on'),
    port: Type.Integer({ minimum: 0, maximum: 65535 }),
  },
  closed,
)

const limits = Object.keys(DEFAULT_LIMITS).map((key): [keyof BotLimits, TSchema] => [
  key as keyof BotLimits,
  Type.Optional(Type.Integer({ minimum: 1 })),
])

export const ConfigSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, default: 'bot' }),
    prefix: Type.String({ minLength: 1, default: '!' }),
    commands: Type.Object(
      {
        alternatePrefixes: Type.Optional(Type.Array(Type.String({ minLength: 1 }))),
        separators: Type.Optional(Type.Array(Type.String({ minLength: 1 }))),
        prefixOptionalInPrivate: Type.Optional(Type.Boolean()),
        caseInsensitivePrefixes: Type.Optional(Type.Boolean()),
        timeZone: Type.Optional(Type.String({ minLength: 1 })),
      },
      { ...closed, default: {} },
    ),
    access: Type.Optional(AccessPolicy),
    dataDir: Type.String({ minLength: 1, default: 'data' }),
    store: Type.Union([literals('sqlite', 'memory'), extension({ use })], {
      default: 'sqlite',
      allowed: '"sqlite", "memory", or an object with "use" and the options of a store',
    }),
    backends: Type.Optional(byName(extension({ use }))),
    sinks: Type.Optional(
      byName(
        extension({
          use,
          backend: Type.Optional(text('The backend instance whose rooms bare names mean')),
          conversations: Type.Optional(Type.Array(Type.String({ minLength: 1 }))),
          aliases: Type.Optional(Type.Record(Type.String(), Type.String({ minLength: 1 }))),
        }),
      ),
    ),
    listeners: Type.Optional(byName(extension({ use: Type.String({ minLength: 1, default: 'https' }) }))),
    plugins: Type.Optional(
      byName(
        Type.Union([Type.Boolean(), extension({ use: Type.Optional(use) })], {
          allowed: 'true, false, or an object with the options of the plugin',
        }),
      ),
    ),
    log: Type.Object(
      {
        level: Type.Union(
          ['trace', 'debug', 'info', 'warn', 'error', 'fatal'].map((level) => Type.Literal(level)),
          { default: 'info' },
        ),
        pretty: Type.Optional(Type.Boolean()),
        file: Type.Optional(Type.String({ minLength: 1 })),
      },
      { ...closed, default: {} },
    ),
    paths: Type.Array(Type.String({ minLength: 1 }), { default: [] }),
    limits: Type.Object(Object.fromEntries(limits), { ...closed, default: {} }),
    jsonrpc: Type.Optional(
      Type.Union([jsonRpcEntry, Type.Array(jsonRpcEntry)], {
        allowed: 'an object { certfile, module, name, port }, or a list of such',
      }),
    ),
  },
  closed,
)

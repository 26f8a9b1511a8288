/**
 * The sink `generic`: says what any program posts. It takes `{"echo": "markdown", "image": {"base64encoded": "…", "filename": "…"}}` at
 * `POST /<conversation>` and does not look at the Content-Type, so `curl -d` works. Text and image are one message.
 *
 * @module
 */
import { CONTRACT, Type, type SinkModule, type Static } from '@bot/core/backend'
import { AsyncRequestHandler, BaseBotRequestHandler, certificateCheck, EchoSinkOptions } from '@bot/sink-kit'

export const GenericSinkOptions = Type.Object(
  {
    ...EchoSinkOptions.properties,
    handler: Type.Union([Type.Literal('async'), Type.Literal('base')], {
      default: 'async',
      description: '`base` takes any path and answers 200 `OK` as soon as the post is on disk, as older sinks did.',
    }),
  },
  { additionalProperties: false },
)
export type GenericSinkOptions = Static<typeof GenericSinkOptions>

export class GenericSink extends AsyncRequestHandler {}

export class OlderGenericSink extends BaseBotRequestHandler {}

const genericSink: SinkModule<GenericSinkOptions> = {
  kind: 'sink',
  name: 'generic',
  contract: CONTRACT,
  options: GenericSinkOptions,
  doctor: [certificateCheck],
  create: ({ handler, ...options }, host) => (handler === 'base' ? new OlderGenericSink(host, options) : new GenericSink(host, options)),
}

export default genericSink

import { BotError, CONTRACT, Type, type ListenerModule, type Static } from '@bot/core/backend'
import { certificateCheck, generateCertificateCommand } from './certificate-commands.ts'
import { makeOneWith } from './certificate.ts'
import { openListener } from './listener.ts'

const ListenerOptions = Type.Object(
  {
    host: Type.String({
      default: '127.0.0.1',
      description: 'The address to bind to. The default reaches this machine only; 0.0.0.0 or :: everyone.',
    }),
    port: Type.Integer({ minimum: 0, maximum: 65_535, description: 'The TCP port; 0 takes a free one.' }),
    certfile: Type.Optional(Type.String({ description: 'PEM with the certificate, and the key unless `keyfile` has it.' })),
    keyfile: Type.Optional(Type.String({ description: 'PEM with the key alone.' })),
    plain: Type.Boolean({ default: false, description: 'Plain HTTP, for this machine only. Sinks do not mount on it.' }),
  },
  { additionalProperties: false },
)
export type ListenerOptions = Static<typeof ListenerOptions>

/** The listener `https`: one address for many sinks, webhooks and pages. */
export const httpsListener: ListenerModule<ListenerOptions> = {
  kind: 'listener',
  name: 'https',
  contract: CONTRACT,
  options: ListenerOptions,
  cli: [generateCertificateCommand],
  doctor: [certificateCheck],
  create: async ({ host, port, certfile, keyfile, plain }, services) => {
    const name = `listener ${services.name}`
    if (plain && certfile !== undefined) {
      throw new BotError('BOT_OPTIONS', `${name} has both "plain" and "certfile". Leave out "plain" for HTTPS, "certfile" for plain HTTP.`)
    }
    if (plain) return openListener({ host, port }, { ...services, name })
    if (certfile === undefined) {
      throw new BotError(
        'LISTENER_CERTIFICATE',
        `${name} has no certificate. Set "certfile" (or, on 127.0.0.1 only, "plain": true). ${makeOneWith('certificate.pem')}`,
      )
    }
    return openListener({ host, port, tls: { certfile, ...(keyfile !== undefined && { keyfile }) } }, { ...services, name })
  },
}

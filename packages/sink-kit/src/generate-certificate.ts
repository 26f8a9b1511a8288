import { X509Certificate, webcrypto } from 'node:crypto'
import { chmod, mkdir, open, rename, rm } from 'node:fs/promises'
import { isIP } from 'node:net'
import path from 'node:path'
import { BotError, type Clock, type Random } from '@bot/core/backend'

export interface CertificateRequest {
  /** Where the file goes; folders on the way are made. */
  readonly path: string
  /** Names and addresses the certificate is for, beside localhost, 127.0.0.1 and ::1. */
  readonly hosts?: readonly string[]
  /** How long it is valid. Default 825, the most that every client accepts. */
  readonly days?: number
  /** Replaces a file that is there. */
  readonly force?: boolean
  readonly clock: Clock
  readonly random: Random
}

export interface GeneratedCertificate {
  readonly path: string
  readonly hosts: readonly string[]
  /** SHA-256, as browsers and `openssl x509 -fingerprint -sha256` show it. */
  readonly fingerprint: string
  readonly expiresAt: Date
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const DEFAULT_DAYS = 825
const HOST_NAME = /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})*$/i

/**
 * Makes a self-signed certificate (ECDSA P-256) and writes it with its key into one PEM that only the owner may read. Resolves when the file is
 * on disk; a file that is there is replaced in one step, so a running listener never sees half of it. Rejects with `BOT_USAGE` for a host or a
 * number of days that cannot be, with `LISTENER_CERTIFICATE` where the file exists (and `force` is not set) or cannot be written.
 */
export async function generateCertificate(request: CertificateRequest): Promise<GeneratedCertificate> {
  const { clock, random, days = DEFAULT_DAYS } = request
  const hosts = [...new Set(['localhost', '127.0.0.1', '::1', ...(request.hosts ?? [])])]
  for (const host of hosts) {
    if (isIP(host) === 0 && !HOST_NAME.test(host)) {
      throw new BotError('BOT_USAGE', `Cannot make a certificate for "${host}": that is neither a host name nor an IP address.`)
    }
  }
  if (!Number.isInteger(days) || days < 1 || days > 36_500) {
    throw new BotError('BOT_USAGE', `Cannot make a certificate for ${days} days: give a whole number from 1 to 36500.`)
  }
  const pem = await selfSigned(hosts, days, clock, random)
  await write(request.path, pem, request.force ?? false, random)
  const certificate = new X509Certificate(pem)
  return { path: request.path, hosts, fingerprint: certificate.fingerprint256, expiresAt: certificate.validToDate }
}

/** Loaded only here: most starts make no certificate. */
async function selfSigned(hosts: readonly string[], days: number, clock: Clock, random: Random): Promise<string> {
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const now = clock.now()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    // A leading zero bit keeps the serial number positive, as the standard demands.
    serialNumber: `00${Buffer.from(random.bytes(16)).toString('hex')}`,
    name: [{ CN: [hosts.find((host) => !['localhost', '127.0.0.1', '::1'].includes(host)) ?? 'localhost'] }],
    // Clients with a slow clock may use it at once.
    notBefore: new Date(now - HOUR_MS),
    notAfter: new Date(now + days * DAY_MS),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(hosts.map((host) => ({ type: isIP(host) === 0 ? 'dns' : 'ip', value: host }))),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  const keyLines = key.match(/.{1,64}/g)?.join('\n') ?? ''
  return `-----BEGIN PRIVATE KEY-----\n${keyLines}\n-----END PRIVATE KEY-----\n${certificate.toString('pem')}\n`
}

async function write(file: string, pem: string, force: boolean, random: Random): Promise<void> {
  const target = force ? `${file}.${random.uuid()}.new` : file
  try {
    await mkdir(path.dirname(file), { recursive: true })
    const handle = await open(target, 'wx', 0o600)
    try {
      await handle.writeFile(pem)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await chmod(target, 0o600)
    if (force) await rename(target, file)
  } catch (cause) {
    if (force) await rm(target, { force: true })
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new BotError(
        'LISTENER_CERTIFICATE',
        `${file} is there already and was left as it is. --force replaces it; another path keeps both.`,
      )
    }
    throw new BotError('LISTENER_CERTIFICATE', `The certificate could not be written to ${file} (${(cause as Error).message}).`, { cause })
  }
}

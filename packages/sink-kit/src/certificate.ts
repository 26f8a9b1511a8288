import { X509Certificate, createPrivateKey } from 'node:crypto'
import { open } from 'node:fs/promises'
import path from 'node:path'
import { createSecureContext } from 'node:tls'
import { BotError } from '@bot/core/backend'

/** Where a certificate and its key lie, as the configuration gives them. */
export interface CertificateFiles {
  /** PEM: the certificate, with what chains it up, and the key unless `keyfile` has it. */
  readonly certfile: string
  readonly keyfile?: string
}

export interface Certificate {
  readonly cert: string
  readonly key: string
  /** SHA-256, of the first certificate in the file. */
  readonly fingerprint: string
  readonly expiresAt: Date
}

/** TLS 1.2 with authenticated encryption and forward secrecy only; TLS 1.3 has nothing else. */
export const TLS_SETTINGS = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'TLS_AES_128_GCM_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
} as const

/** A working certificate is replaced with `force`: otherwise the command would refuse to touch the file. */
export function makeOneWith(certfile: string, force = false): string {
  return `Make one with: npx bot generate-certificate ${shellWord(certfile)}${force ? ' --force' : ''}`
}

function shellWord(text: string): string {
  return /^[\w./@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/**
 * Reads a certificate and its key and checks everything that would make a listener useless or unsafe. Resolves to what TLS needs; rejects with
 * `LISTENER_CERTIFICATE` and a sentence of its own for each thing that can be wrong.
 */
export async function readCertificate(files: CertificateFiles, appDir: string, now: number): Promise<Certificate> {
  const { certfile, keyfile } = files
  const certificateFile = await readPem(certfile, appDir, 'certificate', certfile)
  const keyFile = keyfile === undefined ? certificateFile : await readPem(keyfile, appDir, 'key', certfile)
  const keyPath = keyfile ?? certfile
  const refuse = (sentence: string, cause?: unknown): never => {
    const both = keyfile === undefined ? '' : ' (it holds certificate and key; then leave "keyfile" out)'
    throw new BotError('LISTENER_CERTIFICATE', `${sentence} ${makeOneWith(certfile, true)}${both}`, { cause })
  }

  if (!/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/.test(certificateFile.text)) refuse(`There is no certificate in ${certfile}.`)
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(keyFile.text)) {
    refuse(`The key in ${keyPath} is protected by a passphrase, which nobody could type at a start: store it without one.`)
  }
  if (!/-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/.test(keyFile.text)) {
    refuse(`There is no private key in ${keyPath}${keyfile === undefined ? ', and no "keyfile" is set' : ''}.`)
  }
  // Windows has no such modes.
  if (process.platform !== 'win32' && (keyFile.mode & 0o077) !== 0) {
    const mode = (keyFile.mode & 0o777).toString(8)
    refuse(
      `The key in ${keyPath} can be read by others (mode ${mode}). Run: chmod 600 ${shellWord(keyPath)} — or, if somebody may have read it, make a new one.`,
    )
  }

  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(certificateFile.text)
  } catch (cause) {
    return refuse(`The certificate in ${certfile} is damaged.`, cause)
  }
  const expiresAt = certificate.validToDate
  if (expiresAt.getTime() <= now) refuse(`The certificate in ${certfile} expired on ${day(expiresAt)}.`)
  if (certificate.validFromDate.getTime() > now) {
    refuse(
      `The certificate in ${certfile} is not valid before ${day(certificate.validFromDate)}; this machine's clock says ${day(new Date(now))}.`,
    )
  }
  try {
    if (!certificate.checkPrivateKey(createPrivateKey(keyFile.text)))
      refuse(`The key in ${keyPath} does not belong to the certificate in ${certfile}.`)
    createSecureContext({ ...TLS_SETTINGS, cert: certificateFile.text, key: keyFile.text })
  } catch (cause) {
    if (cause instanceof BotError) throw cause
    refuse(
      `The certificate in ${certfile} and the key in ${keyPath} cannot be used for TLS: damaged, or of a kind that is too weak.`,
      cause,
    )
  }
  return { cert: certificateFile.text, key: keyFile.text, fingerprint: certificate.fingerprint256, expiresAt }
}

async function readPem(file: string, appDir: string, what: string, certfile: string): Promise<{ text: string; mode: number }> {
  if (file === '') throw new BotError('LISTENER_CERTIFICATE', `The path of the ${what} file is empty. ${makeOneWith('certificate.pem')}`)
  try {
    const handle = await open(path.resolve(appDir, file), 'r')
    try {
      const text = await handle.readFile('utf8')
      if (text.trim() === '') {
        throw new BotError('LISTENER_CERTIFICATE', `The ${what} file ${file} is empty. ${makeOneWith(certfile, true)}`)
      }
      return { text, mode: (await handle.stat()).mode }
    } finally {
      await handle.close()
    }
  } catch (cause) {
    if (cause instanceof BotError) throw cause
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new BotError(
        'LISTENER_CERTIFICATE',
        `The ${what} file ${file} does not exist (looked for in ${appDir}). ${makeOneWith(certfile)}`,
        { cause },
      )
    }
    const why = code === 'EISDIR' ? 'it is a folder' : code === 'EACCES' ? 'no permission' : message
    throw new BotError('LISTENER_CERTIFICATE', `The ${what} file ${file} cannot be read: ${why}. ${makeOneWith(certfile, true)}`, { cause })
  }
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10)
}

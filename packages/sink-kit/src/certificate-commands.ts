import { existsSync } from 'node:fs'
import path from 'node:path'
import { BotError, type CliCommand, type DoctorCheck, type DoctorFinding } from '@bot/core/backend'
import { readCertificate } from './certificate.ts'
import { generateCertificate } from './generate-certificate.ts'

const DEFAULT_PATH = 'certificate.pem'
const DAY_MS = 86_400_000
const EXPIRES_SOON_DAYS = 30

/** `bot generate-certificate`. */
export const generateCertificateCommand: CliCommand = {
  name: 'generate-certificate',
  description: 'Makes a self-signed certificate with its key in one PEM file.',
  usage: '[PATH] [--host NAME]... [--days N] [--force | --if-missing]',
  options: {
    host: { type: 'string', multiple: true, description: 'a name or address the certificate is for, beside localhost, 127.0.0.1 and ::1' },
    days: { type: 'string', description: 'how long it is valid', default: '825' },
    force: { type: 'boolean', description: 'replaces a file that is there', default: false },
    'if-missing': { type: 'boolean', description: 'does nothing where the file is there', default: false },
  },
  run: async ({ args, options, cwd, clock, random, print, json }) => {
    if (args.length > 1)
      throw new BotError('BOT_USAGE', `generate-certificate takes one path, but was given ${args.length}: ${args.join(' ')}`)
    const file = args[0] ?? DEFAULT_PATH
    if (options['if-missing'] === true && existsSync(path.resolve(cwd, file))) return 0
    const made = await generateCertificate({
      path: path.resolve(cwd, file),
      hosts: [options['host'] ?? []].flat().map(String),
      days: Number(options['days'] ?? 825),
      force: options['force'] === true,
      clock,
      random,
    })
    if (json) {
      print(JSON.stringify({ path: made.path, hosts: made.hosts, fingerprint: made.fingerprint, expiresAt: made.expiresAt.toISOString() }))
      return 0
    }
    print(`Certificate and key: ${made.path} (only you can read it)`)
    print(`For:                 ${made.hosts.join(', ')}`)
    print(`SHA-256:             ${made.fingerprint}`)
    print(`Valid until:         ${made.expiresAt.toISOString().slice(0, 10)}`)
    print('')
    print(`Use it:   "certfile": "${file}" in the configuration of a sink or listener`)
    print(`Trust it: curl --cacert ${file} …, or bot send --ca ${file} …`)
    return 0
  },
}

/** A check for `bot doctor` of everything that is configured with `certfile`: presence, fit, file modes, expiry. */
export const certificateCheck: DoctorCheck = {
  name: 'certificates',
  run: async ({ appDir, clock, configured }) => {
    const findings = configured.map(async ({ name, options }): Promise<DoctorFinding[]> => {
      const { certfile, keyfile } = options
      if (typeof certfile !== 'string') return []
      const what = `certificate of ${name}`
      try {
        const files = { certfile, ...(typeof keyfile === 'string' && { keyfile }) }
        const { expiresAt } = await readCertificate(files, appDir, clock.now())
        const days = Math.floor((expiresAt.getTime() - clock.now()) / DAY_MS)
        const until = `${certfile} is valid until ${expiresAt.toISOString().slice(0, 10)} (${days} days)`
        const soon = days < EXPIRES_SOON_DAYS
        return [
          {
            ok: !soon,
            what,
            detail: soon ? `${until}. Replace the file soon; a running bot takes the new one without a restart.` : `${until}.`,
          },
        ]
      } catch (error) {
        return [{ ok: false, what, detail: (error as Error).message }]
      }
    })
    return (await Promise.all(findings)).flat()
  },
}

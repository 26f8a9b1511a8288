import { watch, type FSWatcher } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { type Clock, type Logger, type Timer } from '@bot/core/backend'
import { readCertificate, type Certificate, type CertificateFiles } from './certificate.ts'

/** Two files are rarely replaced in the same instant; and a look at the files comes a moment after the last change. */
const SETTLE_MS = 250
/** File systems without change notices, such as network shares, are looked at this often. */
const CHECK_MS = 10_000
const DAY_MS = 86_400_000
const EXPIRY_WARNING_MS = 14 * DAY_MS

export interface CertificateWatch {
  close(): void
}

/**
 * Calls `replace` with every new usable certificate in the files. A replacement that cannot be used is logged and the old one stays. Warns once a
 * day when the one in use is about to expire.
 */
export function watchCertificate(
  files: CertificateFiles,
  current: Certificate,
  services: { readonly log: Logger; readonly clock: Clock; readonly appDir: string },
  replace: (certificate: Certificate) => void,
): CertificateWatch {
  const { log, clock, appDir } = services
  const paths = [files.certfile, ...(files.keyfile === undefined ? [] : [files.keyfile])].map((file) => path.resolve(appDir, file))
  let inUse = current
  // Empty, so that the first look also finds what changed since `current` was read.
  let seen = ''
  let warnedAt = Number.NEGATIVE_INFINITY
  let settling: Timer | undefined
  let checking: Timer
  let closed = false

  const look = async (): Promise<void> => {
    const now = await fingerprintOfFiles(paths)
    if (closed || now === seen) return
    seen = now
    try {
      const next = await readCertificate(files, appDir, clock.now())
      if (closed || next.fingerprint + next.key === inUse.fingerprint + inUse.key) return
      replace(next)
      inUse = next
      warnedAt = Number.NEGATIVE_INFINITY
      log.info({ certfile: files.certfile, fingerprint: next.fingerprint, expiresAt: next.expiresAt.toISOString() }, 'certificate replaced')
    } catch (err) {
      log.error({ err, certfile: files.certfile }, 'the new certificate cannot be used; the old one stays in use')
    }
  }
  const warnOfExpiry = (): void => {
    const left = inUse.expiresAt.getTime() - clock.now()
    if (left > EXPIRY_WARNING_MS || clock.monotonic() - warnedAt < DAY_MS) return
    warnedAt = clock.monotonic()
    log.warn(
      { certfile: files.certfile, expiresAt: inUse.expiresAt.toISOString() },
      left <= 0
        ? 'the certificate has expired; replace the file, no restart is needed'
        : 'the certificate expires soon; replace the file, no restart is needed',
    )
  }
  const check = (): void => {
    warnOfExpiry()
    void look().finally(() => {
      if (!closed) checking = clock.after(CHECK_MS, check, { background: true })
    })
  }
  const settle = (): void => {
    settling?.cancel()
    settling = clock.after(SETTLE_MS, () => void look(), { background: true })
  }

  // The folder, not the file: a file that is replaced by renaming would be lost from view.
  const watchers = [...new Set(paths.map((file) => path.dirname(file)))].flatMap((folder) => watchFolder(folder, settle, log))
  warnOfExpiry()
  checking = clock.after(CHECK_MS, check, { background: true })
  return {
    close: () => {
      closed = true
      checking.cancel()
      settling?.cancel()
      for (const watcher of watchers) watcher.close()
    },
  }
}

function watchFolder(folder: string, changed: () => void, log: Logger): FSWatcher[] {
  try {
    const watcher = watch(folder, { persistent: false }, changed)
    watcher.on('error', (err) =>
      log.debug({ err, folder }, 'no notices of changes in this folder; its files are looked at from time to time'),
    )
    return [watcher]
  } catch (err) {
    log.debug({ err, folder }, 'no notices of changes in this folder; its files are looked at from time to time')
    return []
  }
}

/** Changes whenever a file was written or replaced. */
async function fingerprintOfFiles(paths: readonly string[]): Promise<string> {
  const parts = paths.map(async (file) => {
    try {
      const { mtimeMs, size, ino, mode } = await stat(file)
      return [mtimeMs, size, ino, mode].join()
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? 'unreadable'
    }
  })
  return (await Promise.all(parts)).join(';')
}

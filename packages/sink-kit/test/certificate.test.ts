import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { codeOf, systemClock, systemRandom, type Clock, type CliContext } from '@bot/core'
import { describe, expect, test } from 'vitest'
import httpsListener, { certificateCheck, generateCertificate, generateCertificateCommand, openListener } from '../src/index.ts'
import { freshCertificate, listening, notedLogger, send, temporaryFolder } from './surroundings.ts'

const DAY_MS = 86_400_000

function clockAt(now: number): Clock {
  return { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms, signal), now: () => now }
}

function keyIn(pem: string): string {
  return pem.slice(0, pem.indexOf('-----BEGIN CERTIFICATE'))
}

function certificateIn(pem: string): string {
  return pem.slice(pem.indexOf('-----BEGIN CERTIFICATE'))
}

/** What opening a listener with these files says. */
async function refusal(folder: string, tls: { certfile: string; keyfile?: string }, clock: Clock = systemClock): Promise<string> {
  const services = { name: 'listener test', log: notedLogger().log, clock, random: systemRandom, appDir: folder }
  try {
    await (await openListener({ host: '127.0.0.1', port: 0, tls }, services)).close()
  } catch (error) {
    expect(codeOf(error)).toBe('LISTENER_CERTIFICATE')
    return (error as Error).message
  }
  return 'it listens'
}

describe('a certificate that cannot be used stops the start, with the command that makes one', () => {
  const command = 'npx bot generate-certificate c.pem'

  async function withFile(text: string, mode = 0o600): Promise<string> {
    const folder = await temporaryFolder()
    await writeFile(path.join(folder, 'c.pem'), text)
    await chmod(path.join(folder, 'c.pem'), mode)
    return folder
  }

  test('missing', async () => {
    const said = await refusal(await temporaryFolder(), { certfile: 'c.pem' })
    expect(said).toMatch(/c\.pem does not exist/)
    expect(said).toContain(command)
    expect(said).not.toContain('--force')
  })
  test('a folder', async () => {
    const folder = await temporaryFolder()
    await mkdir(path.join(folder, 'c.pem'))
    expect(await refusal(folder, { certfile: 'c.pem' })).toMatch(/cannot be read: it is a folder/)
  })
  test('not configured', async () => {
    expect(await refusal(await temporaryFolder(), { certfile: '' })).toMatch(/path of the certificate file is empty/)
  })
  test('empty', async () => {
    expect(await refusal(await withFile(' \n'), { certfile: 'c.pem' })).toMatch(/c\.pem is empty\..*generate-certificate c\.pem --force/)
  })
  test('no certificate in it', async () => {
    const { pem } = await freshCertificate()
    expect(await refusal(await withFile(keyIn(pem)), { certfile: 'c.pem' })).toContain('There is no certificate in c.pem.')
  })
  test('no key in it', async () => {
    const { pem } = await freshCertificate()
    expect(await refusal(await withFile(certificateIn(pem)), { certfile: 'c.pem' })).toContain(
      'no private key in c.pem, and no "keyfile" is set',
    )
  })
  test('damaged', async () => {
    const { pem } = await freshCertificate()
    const lines = pem.split('\n')
    lines[lines.indexOf('-----BEGIN CERTIFICATE-----') + 2] = 'AAAA'
    expect(await refusal(await withFile(lines.join('\n')), { certfile: 'c.pem' })).toMatch(/damaged/)
  })
  test('a key with a passphrase', async () => {
    const { pem } = await freshCertificate()
    const locked = keyIn(pem).replaceAll('PRIVATE KEY', 'ENCRYPTED PRIVATE KEY') + certificateIn(pem)
    expect(await refusal(await withFile(locked), { certfile: 'c.pem' })).toMatch(/passphrase/)
  })
  test('a key of another certificate', async () => {
    const [one, two] = [await freshCertificate(), await freshCertificate()]
    expect(await refusal(await withFile(keyIn(one.pem) + certificateIn(two.pem)), { certfile: 'c.pem' })).toMatch(
      /does not belong to the certificate/,
    )
  })
  test('expired', async () => {
    const { folder, made } = await freshCertificate({ days: 1 })
    const said = await refusal(folder, { certfile: 'certificate.pem' }, clockAt(made.expiresAt.getTime()))
    expect(said).toContain(`expired on ${made.expiresAt.toISOString().slice(0, 10)}`)
  })
  test('not valid yet', async () => {
    const { folder } = await freshCertificate()
    expect(await refusal(folder, { certfile: 'certificate.pem' }, clockAt(systemClock.now() - 2 * DAY_MS))).toMatch(/is not valid before/)
  })
  test.skipIf(process.platform === 'win32')('readable by others', async () => {
    const { pem } = await freshCertificate()
    for (const mode of [0o644, 0o640, 0o604, 0o660]) {
      const said = await refusal(await withFile(pem, mode), { certfile: 'c.pem' })
      expect(said).toContain(`can be read by others (mode ${mode.toString(8)}). Run: chmod 600 c.pem`)
      expect(said).toContain(command)
    }
  })
  test('two files: the certificate may be public, the key not', async () => {
    const { pem } = await freshCertificate()
    const folder = await withFile(certificateIn(pem), 0o644)
    const files = { certfile: 'c.pem', keyfile: 'k.pem' }
    expect(await refusal(folder, files)).toMatch(/key file k\.pem does not exist/)
    await writeFile(path.join(folder, 'k.pem'), keyIn(pem), { mode: 0o600 })
    expect(await refusal(folder, files)).toBe('it listens')
    await chmod(path.join(folder, 'k.pem'), 0o644)
    expect(await refusal(folder, files)).toMatch(/key in k\.pem can be read by others/)
  })
})

describe('the listener `https`', () => {
  test('wants a certificate, or plain HTTP said in so many words', async () => {
    const folder = await temporaryFolder()
    const services = { name: 'main', log: notedLogger().log, clock: systemClock, random: systemRandom, appDir: folder }
    const base = { host: '127.0.0.1', port: 0, plain: false }
    await expect(httpsListener.create(base, services)).rejects.toMatchObject({ code: 'LISTENER_CERTIFICATE' })
    await expect(httpsListener.create({ ...base, plain: true, certfile: 'x.pem' }, services)).rejects.toMatchObject({ code: 'BOT_OPTIONS' })
    await expect(httpsListener.create({ ...base, host: '0.0.0.0', plain: true }, services)).rejects.toMatchObject({
      code: 'LISTENER_EXPOSED',
    })
    const plain = await httpsListener.create({ ...base, plain: true }, services)
    expect(plain.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    await plain.close()
  })
})

describe('generate-certificate', () => {
  test('what it makes is trusted by a client that is given it', async () => {
    const { listener, pem } = await listening()
    listener.mount('/', () => Promise.resolve({ status: 200, body: 'trusted' }), { auth: 'self', owner: 'test' })
    expect((await send(listener.url, { ca: pem })).body).toBe('trusted')
    expect((await send(listener.url.replace('127.0.0.1', 'localhost'), { ca: pem })).body).toBe('trusted')
    const other = await freshCertificate()
    await expect(send(listener.url, { ca: other.pem })).rejects.toThrow(/self-signed|certificate/)
  })

  test('names, validity, key and file mode', async () => {
    const folder = await temporaryFolder()
    const file = path.join(folder, 'deep', 'c.pem')
    const made = await generateCertificate({
      path: file,
      hosts: ['bot.example.org', '10.0.0.7'],
      days: 30,
      clock: systemClock,
      random: systemRandom,
    })
    const certificate = new X509Certificate(await readFile(file))
    expect(certificate.subjectAltName).toBe(
      'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, DNS:bot.example.org, IP Address:10.0.0.7',
    )
    expect(certificate.publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' })
    expect(certificate.fingerprint256).toBe(made.fingerprint)
    expect(Math.round((made.expiresAt.getTime() - systemClock.now()) / DAY_MS)).toBe(30)
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  test('a file that is there stays, unless told otherwise', async () => {
    const { folder, file, pem } = await freshCertificate()
    await expect(freshCertificate({ folder })).rejects.toMatchObject({ code: 'LISTENER_CERTIFICATE' })
    expect(await readFile(file, 'utf8')).toBe(pem)
    await chmod(file, 0o644)
    await freshCertificate({ folder, force: true })
    expect(await readFile(file, 'utf8')).not.toBe(pem)
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  test('a host or a validity that cannot be is refused', async () => {
    const request = { path: path.join(await temporaryFolder(), 'c.pem'), clock: systemClock, random: systemRandom }
    for (const host of ['', 'a b', 'x/y', '-a', 'a\nb']) {
      await expect(generateCertificate({ ...request, hosts: [host] }), host).rejects.toMatchObject({ code: 'BOT_USAGE' })
    }
    for (const days of [0, -1, 1.5, Number.NaN])
      await expect(generateCertificate({ ...request, days })).rejects.toMatchObject({ code: 'BOT_USAGE' })
  })

  test('the command says where it is, what identifies it, how long it lasts and how to use it', async () => {
    const cwd = await temporaryFolder()
    const lines: string[] = []
    const context: CliContext = {
      args: ['c.pem'],
      options: { host: ['bot.example.org'], days: '10', force: false },
      cwd,
      clock: systemClock,
      random: systemRandom,
      print: (line) => lines.push(line),
      warn: () => undefined,
      json: false,
    }
    expect(await generateCertificateCommand.run(context)).toBe(0)
    const { fingerprint256, validToDate } = new X509Certificate(await readFile(path.join(cwd, 'c.pem')))
    for (const part of [
      path.join(cwd, 'c.pem'),
      fingerprint256,
      validToDate.toISOString().slice(0, 10),
      '"certfile": "c.pem"',
      'bot.example.org',
    ]) {
      expect(lines.join('\n')).toContain(part)
    }
    await expect(generateCertificateCommand.run(context)).rejects.toMatchObject({ code: 'LISTENER_CERTIFICATE' })
    expect(await generateCertificateCommand.run({ ...context, options: { 'if-missing': true } })).toBe(0)
    expect(new X509Certificate(await readFile(path.join(cwd, 'c.pem'))).fingerprint256).toBe(fingerprint256)
    await expect(generateCertificateCommand.run({ ...context, args: ['a', 'b'] })).rejects.toMatchObject({ code: 'BOT_USAGE' })
    lines.length = 0
    await generateCertificateCommand.run({ ...context, json: true, options: { ...context.options, force: true } })
    expect(JSON.parse(lines.join(''))).toMatchObject({
      path: path.join(cwd, 'c.pem'),
      hosts: expect.arrayContaining(['bot.example.org']) as string[],
    })
  })

  test('OpenSSL reads it', async (context) => {
    try {
      execFileSync('openssl', ['version'])
    } catch {
      context.skip('openssl is not installed')
    }
    const { file, made } = await freshCertificate()
    expect(execFileSync('openssl', ['verify', '-x509_strict', '-CAfile', file, file], { encoding: 'utf8' })).toContain('OK')
    expect(execFileSync('openssl', ['x509', '-noout', '-fingerprint', '-sha256', '-in', file], { encoding: 'utf8' })).toContain(
      made.fingerprint,
    )
  })
})

describe('doctor', () => {
  test('a line for each certificate: well, expiring, gone', async () => {
    const { folder, made } = await freshCertificate({ days: 100 })
    const configured = [
      { name: 'main', options: { certfile: 'certificate.pem' } },
      { name: 'other', options: { certfile: 'gone.pem' } },
      { name: 'plain', options: { plain: true } },
    ]
    const findings = await certificateCheck.run({ appDir: folder, clock: systemClock, configured })
    expect(findings).toHaveLength(2)
    expect(findings[0]).toMatchObject({ ok: true, what: 'certificate of main', detail: expect.stringContaining('valid until') as string })
    expect(findings[1]).toMatchObject({ ok: false, detail: expect.stringContaining('npx bot generate-certificate gone.pem') as string })
    const later = clockAt(made.expiresAt.getTime() - 5 * DAY_MS)
    const [soon] = await certificateCheck.run({ appDir: folder, clock: later, configured: configured.slice(0, 1) })
    expect(soon).toMatchObject({ ok: false, detail: expect.stringContaining('(5 days). Replace the file soon') as string })
  })
})

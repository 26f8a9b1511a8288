import { rename, writeFile } from 'node:fs/promises'
import { Agent } from 'node:https'
import path from 'node:path'
import { connect, type PeerCertificate } from 'node:tls'
import { expect, test } from 'vitest'
import { RawConnection, statusesIn } from './raw-socket.ts'
import { freshCertificate, listening, send, until } from './surroundings.ts'

function fingerprintShown(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve((socket.getPeerCertificate() as PeerCertificate & { fingerprint256: string }).fingerprint256)
      socket.destroy()
    })
    socket.on('error', reject)
  })
}

test('files are replaced under load: no request fails, no connection drops, new connections see the new certificate', async () => {
  const { listener, folder, port } = await listening()
  listener.mount('/', () => Promise.resolve({ status: 200 }), { auth: 'self', owner: 'test' })
  const kept = new RawConnection(port)
  const keepAlive = new Agent({ keepAlive: true, maxSockets: 4, rejectUnauthorized: false })
  let running = true
  let answered = 0
  const failures: unknown[] = []
  const load = Array.from({ length: 8 }, async (_, worker) => {
    while (running) {
      try {
        const { status } = await send(listener.url, { body: 'x', ...(worker % 2 === 0 && { agent: keepAlive }) })
        if (status === 200) answered += 1
        else failures.push(status)
      } catch (error) {
        failures.push(error)
      }
    }
  })
  for (let round = 0; round < 3; round += 1) {
    const { made } = await freshCertificate({ folder, force: true })
    await until(async () => (await fingerprintShown(port)) === made.fingerprint, 'the new certificate is shown')
  }
  running = false
  await Promise.all(load)
  keepAlive.destroy()
  expect(failures).toEqual([])
  expect(answered).toBeGreaterThan(50)
  kept.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
  expect(statusesIn(await kept.closed)).toEqual([200])
})

test('a broken replacement is logged and the old certificate stays, until a good one comes', async () => {
  const { folder, file, port, records } = await listening()
  const before = await fingerprintShown(port)
  await writeFile(`${file}.new`, 'no certificate', { mode: 0o600 })
  await rename(`${file}.new`, file)
  await until(() => records.some(({ level, message }) => level === 'error' && message.includes('old one stays')), 'the fault is logged')
  expect(await fingerprintShown(port)).toBe(before)
  const { made } = await freshCertificate({ folder: path.dirname(file), force: true })
  await until(async () => (await fingerprintShown(port)) === made.fingerprint, 'the good one is taken')
  expect(folder).toBe(path.dirname(file))
})

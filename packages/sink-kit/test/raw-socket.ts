import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'

/** A TLS connection that sends bytes as they are and keeps what comes back. */
export class RawConnection {
  readonly socket: Socket
  readonly closed: Promise<string>
  received = ''

  constructor(port: number, options: ConnectionOptions = {}) {
    this.socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
    this.closed = collect(this.socket, (text) => (this.received += text))
  }

  write(text: string): void {
    this.socket.write(text, 'latin1')
  }
}

/** Sends bytes without TLS; resolves to what comes back until the end. */
export async function plainTalk(port: number, text: string): Promise<string> {
  const socket = connectPlain({ port, host: '127.0.0.1' })
  socket.write(text, 'latin1')
  return await collect(socket, () => undefined)
}

function collect(socket: Socket, onText: (text: string) => void): Promise<string> {
  return new Promise((resolve) => {
    let all = ''
    socket.on('data', (chunk: Buffer) => {
      all += chunk.toString('latin1')
      onText(chunk.toString('latin1'))
    })
    // A reset is a way to close.
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(all))
  })
}

export function statusesIn(received: string): number[] {
  return [...received.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map((match) => Number(match[1]))
}

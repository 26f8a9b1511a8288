import { writeSync } from 'node:fs'
import { createSqliteStore } from '../../src/store/sqlite.ts'
import { systemClock } from '../../src/environment/clock.ts'
import { silentLog } from './log.ts'

/*
 * A process that opens the store and writes until it is killed: 16 writers, each naming on standard output what it knows to be kept. With `hold` it
 * only keeps the store open.
 */

const [path, mode] = process.argv.slice(2) as [string, string]
const store = createSqliteStore({ path, clock: systemClock, log: silentLog })
const { emitWarning } = process
await store.open()
process.emitWarning('another notice', 'ExperimentalWarning')
writeSync(1, `open ${process.emitWarning === emitWarning}\n`)

if (mode === 'hold') {
  setInterval(() => undefined, 1000)
} else {
  await Promise.all(Array.from({ length: 16 }, (_, writer) => write(writer)))
}

async function write(writer: number): Promise<never> {
  for (let n = 0; ; n++) {
    const id = `${process.pid}.${writer}.${n}`
    await store.commit([
      { op: 'inbox.add', row: { id, source: 's', lane: 'l', payload: 'x'.repeat(300), receivedAt: 1 } },
      { op: 'kv.put', ns: 'n', key: id, value: n },
    ])
    writeSync(1, `${id}\n`)
  }
}

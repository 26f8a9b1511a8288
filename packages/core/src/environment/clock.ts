import type { Clock, Timer } from '../contract/environment.ts'

/** The longest delay a timer of the platform keeps without overflowing. */
const LONGEST_MS = 2 ** 31 - 1

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, callback, { background = false } = {}): Timer {
    let handle: NodeJS.Timeout
    const arm = (left: number): void => {
      handle = setTimeout(() => (left > LONGEST_MS ? arm(left - LONGEST_MS) : callback()), Math.min(Math.max(left, 0), LONGEST_MS))
      if (background) handle.unref()
    }
    arm(ms)
    return { cancel: () => clearTimeout(handle) }
  },
  sleep(ms, signal) {
    return sleepOn(this, ms, signal)
  },
}

/** What `Clock.sleep` promises, made of the clock's own `after`. */
export function sleepOn(clock: Pick<Clock, 'after'>, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error)
      return
    }
    const onAbort = (): void => {
      timer.cancel()
      reject(signal?.reason as Error)
    }
    const timer = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

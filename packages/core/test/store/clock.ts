import type { Clock } from '../../src/contract/environment.ts'

/** A clock that stands until it is moved. The stores ask it for the time only. */
export interface StandingClock extends Clock {
  time: number
}

export function standingClock(time = 1_700_000_000_000): StandingClock {
  const refuse = (): never => {
    throw new Error('A store starts no timers.')
  }
  return {
    time,
    now() {
      return this.time
    },
    monotonic() {
      return this.time
    },
    after: refuse,
    sleep: refuse,
  }
}

/*
 * Points and spans of time as people write them. The grammar is small on purpose, and it is all there is:
 *
 *   duration   90s · 1h30m · 1.5 h · 2 days · 250ms · PT5M · P1DT12H        a unit is needed; months and years have no fixed length
 *   date       2026-11-23 · 2026-11-23 09:00 · 2026-11-23T09:00:30+01:00    without an offset: in the time zone handed in
 *              today · tomorrow 9:00 · yesterday at 5pm · 17:30             a bare time is the next one
 *              now · in 2h · 2 days ago
 */

const LONGEST = 100

const UNITS: ReadonlyMap<string, number> = new Map(
  (
    [
      [1, 'ms', 'millisecond', 'milliseconds'],
      [1000, 's', 'sec', 'secs', 'second', 'seconds'],
      [60_000, 'm', 'min', 'mins', 'minute', 'minutes'],
      [3_600_000, 'h', 'hr', 'hrs', 'hour', 'hours'],
      [86_400_000, 'd', 'day', 'days'],
      [604_800_000, 'w', 'week', 'weeks'],
    ] as const
  ).flatMap(([ms, ...names]) => names.map((name): [string, number] => [name, ms])),
)

const DAYS: ReadonlyMap<string, number> = new Map([
  ['yesterday', -1],
  ['today', 0],
  ['tomorrow', 1],
])

const PART = /\s*(\d+(?:[.,]\d+)?)\s*(\p{L}+)/uy
const ISO_DURATION = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i
const ISO_DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d?):(\d\d)(?::(\d\d)(?:\.(\d{1,3})\d*)?)?)?\s*(Z|[+-]\d\d:?\d\d)?$/i
const TIME = /^(\d\d?)(?::(\d\d))?\s*(am|pm)?$/i
const DAY_AND_TIME = /^(yesterday|today|tomorrow)(?:\s+(?:at\s+)?(\S.*))?$/i

/** Milliseconds, or undefined where the text is no duration. */
export function readDuration(text: string): number | undefined {
  const source = text.trim()
  if (source === '' || source.length > LONGEST) return undefined
  const ms = /^p/i.test(source) ? isoDuration(source) : writtenDuration(source.toLowerCase())
  return ms === undefined || !Number.isSafeInteger(Math.round(ms)) ? undefined : Math.round(ms)
}

function isoDuration(source: string): number | undefined {
  const parts = ISO_DURATION.exec(source)?.slice(1)
  if (parts === undefined || parts.every((part) => part === undefined)) return undefined
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = parts.map((part) => Number(part ?? 0))
  return ((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
}

function writtenDuration(source: string): number | undefined {
  let total = 0
  PART.lastIndex = 0
  while (PART.lastIndex < source.length) {
    const [, amount, name = ''] = PART.exec(source) ?? []
    const unit = UNITS.get(name)
    if (amount === undefined || unit === undefined) return undefined
    total += Number(amount.replace(',', '.')) * unit
  }
  return total
}

/** A duration as {@link readDuration} reads it: `1h30m`. */
export function formatDuration(ms: number): string {
  let rest = ms
  let written = ''
  for (const name of ['d', 'h', 'm', 's', 'ms']) {
    const unit = UNITS.get(name) ?? 1
    const count = Math.floor(rest / unit)
    if (count > 0) written += `${count}${name}`
    rest -= count * unit
  }
  return written === '' ? '0s' : written
}

/** What a date is read against. */
export interface Now {
  /** In milliseconds since 1970. */
  readonly now: number
  /** The name of the time zone of the one who writes, such as `Europe/Berlin`. Default `UTC`. */
  readonly timeZone?: string
}

/** Milliseconds since 1970, or undefined where the text is no date. A time that the change to summer time leaves out is read as an hour later. */
export function readDate(text: string, { now, timeZone = 'UTC' }: Now): number | undefined {
  const source = text.trim().toLowerCase().replace(/\s+/g, ' ')
  if (source === '' || source.length > LONGEST) return undefined
  if (source === 'now') return now
  if (source.startsWith('in ')) return shifted(now, readDuration(source.slice(3)), 1)
  if (source.endsWith(' ago')) return shifted(now, readDuration(source.slice(0, -4)), -1)
  const iso = ISO_DATE.exec(source)
  if (iso !== null) return isoDate(iso, timeZone)
  const named = DAY_AND_TIME.exec(source)
  const time = named === null ? timeOf(source, true) : timeOf(named[2] ?? '0:00', false)
  if (time === undefined) return undefined
  const today = wallTime(now, timeZone)
  const at = (days: number): number => instantOf({ ...today, day: today.day + days, ...time, second: 0, ms: 0 }, timeZone)
  if (named !== null) return at(DAYS.get(named[1] ?? '') ?? 0)
  return at(0) > now ? at(0) : at(1)
}

function shifted(now: number, duration: number | undefined, sign: 1 | -1): number | undefined {
  return duration === undefined ? undefined : now + sign * duration
}

/** `isAlone`: a number alone is no time. */
function timeOf(source: string, isAlone: boolean): { readonly hour: number; readonly minute: number } | undefined {
  const [whole, digits, minutes, half] = TIME.exec(source) ?? []
  if (whole === undefined || (isAlone && minutes === undefined && half === undefined)) return undefined
  const hour = Number(digits)
  const minute = Number(minutes ?? 0)
  if (minute > 59 || (half === undefined ? hour > 23 : hour < 1 || hour > 12)) return undefined
  return { hour: half === undefined ? hour : (hour % 12) + (half === 'pm' ? 12 : 0), minute }
}

function isoDate(match: RegExpExecArray, timeZone: string): number | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map((part) => Number(part ?? 0))
  const ms = Number((match[7] ?? '0').padEnd(3, '0'))
  const wall = { year, month, day, hour, minute, second, ms }
  const utc = asUtc(wall)
  const isReal = new Date(utc).toISOString().startsWith(`${match[1]}-${match[2]}-${match[3]}`)
  if (!isReal || hour > 23 || minute > 59 || second > 59) return undefined
  const offset = match[8]
  if (offset === undefined) return instantOf(wall, timeZone)
  if (offset === 'z') return utc
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(-2))
  return utc - (offset.startsWith('-') ? -minutes : minutes) * 60_000
}

interface WallTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly ms: number
}

/** The instant at which the clocks of a zone show this. */
function instantOf(wall: WallTime, timeZone: string): number {
  const shown = asUtc(wall)
  const before = shown - offsetAt(shown - 86_400_000, timeZone)
  const after = shown - offsetAt(shown + 86_400_000, timeZone)
  // Around a change of the clocks the two differ: the earlier reading counts where the clocks show it, as they do twice in autumn.
  return [before, after].find((instant) => instant + offsetAt(instant, timeZone) === shown) ?? before
}

function offsetAt(instant: number, timeZone: string): number {
  return asUtc(wallTime(instant, timeZone)) - instant
}

const formats = new Map<string, Intl.DateTimeFormat>()

function wallTime(instant: number, timeZone: string): WallTime {
  let format = formats.get(timeZone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-u-hc-h23', {
      timeZone,
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formats.set(timeZone, format)
  }
  const parts = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]))
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = parts
  return { year, month, day, hour, minute, second, ms: ((instant % 1000) + 1000) % 1000 }
}

function asUtc({ year, month, day, hour, minute, second, ms }: WallTime): number {
  return Date.UTC(year, month - 1, day, hour, minute, second, ms)
}

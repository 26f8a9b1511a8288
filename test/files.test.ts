import { describe, expect, it } from 'vitest'
import { files, isCode, read } from './repository.ts'

const LONGEST = 350

const all = files().filter((file) => file !== 'pnpm-lock.yaml')
const code = all.filter(isCode)

/** Lines that match, as `file:line: text`. The patterns are put together here, so that this file is not what they find. */
function lines(among: readonly string[], pattern: RegExp): readonly string[] {
  return among.flatMap((file) =>
    read(file)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
  )
}

describe('the files', () => {
  it('are found', () => {
    expect(all).toContain('package.json')
    expect(code).toContain('packages/core/src/backend.ts')
    expect(code).toContain('test/files.test.ts')
    expect(code.length).toBeGreaterThan(50)
  })

  it(`have at most ${LONGEST} lines, or the reason for more in their header`, () => {
    const texts = all.filter((file) => (isCode(file) || /\.(css|html|sh)$/.test(file)) && !file.includes('/fixtures/'))
    const long = texts.filter((file) => {
      const text = read(file)
      const header = text.split('\n').slice(0, 30).join('\n')
      return text.split('\n').length - 1 > LONGEST && !new RegExp(`\\b${LONGEST} lines\\b`).test(header)
    })
    expect(long).toEqual([])
  })

  it('are no drawers for leftovers', () => {
    const drawer = /(^|\/)(utils?|helpers?|misc|common|types)(\.[a-z]+)*(\/|$)/
    expect(all.filter((file) => drawer.test(file))).toEqual([])
  })

  it('are called in lower case with hyphens', () => {
    const sources = code.filter((file) => /^(packages|examples)\/[^/]+\/(src|test)\/|^(test|scripts|bench)\//.test(file))
    expect(sources.length).toBeGreaterThan(50)
    expect(sources.filter((file) => !/^[a-z0-9-]+(\.(test|config|d))*\.[a-z]+$/.test(file.split('/').at(-1) ?? ''))).toEqual([])
  })

  it('name no path of a machine and no host of a registry', () => {
    const machine = ['work|farm'].map((folders) => `/(${folders})/(main|shared|steering|in|[.][a-z]+)\\b`).join('')
    const home = `(^|[\\s'"\`(=])/(${['root', 'home', 'Users'].join('|')})/[a-z]`
    const jobs = `/tmp/${'bash'}_jobs`
    const registry = '//(registry|deb|security)[.][a-z]+[.]org'
    expect(lines(all.filter(isText), new RegExp([machine, home, jobs, registry].join('|')))).toEqual([])
  })

  it('leave no test switched off or empty, and no work named and not done', () => {
    const off = `\\b(it|test|describe)\\.(${['only', 'todo'].join('|')})\\(`
    const empty = `expect\\(${'true'}\\)`
    const open = [`\\bTO${'DO'}\\b`, `\\bFIX${'ME'}\\b`, `not implemented ${'yet'}`].join('|')
    expect(lines(code, new RegExp([off, empty, open].join('|')))).toEqual([])
  })

  it('keep tests free of sleeping', () => {
    const tests = code.filter((file) => file.includes('.test.'))
    expect(tests.length).toBeGreaterThan(10)
    expect(lines(tests, /await (setTimeout|sleep|delay)\(\d|setTimeout\((resolve|done|r)\b, *\d/)).toEqual([])
  })
})

function isText(file: string): boolean {
  return !/\.(png|jpe?g|gif|ico|pdf|pem|sqlite|db|bin|woff2?)$/.test(file)
}

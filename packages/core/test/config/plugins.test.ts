import { expect, test } from 'vitest'

import { loadConfig } from '../../src/config/load.ts'
import { botOptions, resolveConfig } from '../../src/config/resolve.ts'
import type { BotOptions } from '../../src/bot-options.ts'
import { makeFolder, type Files } from '../cli/app-folder.ts'

const plugin = (name: string, config = ''): string => `export default { kind: 'plugin', contract: 1, name: '${name}'${config} }`
const CONFIG = `, config: { type: 'object', additionalProperties: false, properties: { greeting: { type: 'string', default: 'hi' } } }`

async function pluginsOf(files: Files, plugins: object): Promise<unknown> {
  const dir = makeFolder({ ...files, 'bot.config.json': { plugins } })
  const config = await loadConfig(dir, { env: {}, secret: () => undefined })
  const options: BotOptions = botOptions(config, await resolveConfig(config, () => undefined))
  return options.plugins?.map((entry) => ('plugin' in entry ? [entry.plugin.name, entry.config] : entry))
}

const LOCAL = { 'plugins/one.mjs': plugin('one', CONFIG), 'plugins/two.mjs': plugin('two') }

test('what lies in the folder plugins runs, configured by its name, unless it is switched off', async () => {
  expect(await pluginsOf(LOCAL, {})).toEqual([
    ['one', { greeting: 'hi' }],
    ['two', {}],
  ])
  expect(await pluginsOf(LOCAL, { one: { greeting: 'hello' }, two: false })).toEqual([['one', { greeting: 'hello' }]])
})

test('a plugin from a package is named, by its name or under another by "use"', async () => {
  const files = {
    'package.json': { dependencies: { '@acme/weather': '1' } },
    'node_modules/@acme/weather/package.json': {
      name: '@acme/weather',
      main: 'main.mjs',
      bot: { kind: 'plugin', name: 'weather', contract: 1 },
    },
    'node_modules/@acme/weather/main.mjs': plugin('weather', CONFIG),
  }
  expect(await pluginsOf(files, {})).toEqual([])
  expect(await pluginsOf(files, { weather: true })).toEqual([['weather', { greeting: 'hi' }]])
  expect(await pluginsOf(files, { sky: { use: '@acme/weather', greeting: 'sun' } })).toEqual([['weather', { greeting: 'sun' }]])
})

test('a plugin that takes no configuration, is not there, or is called otherwise than its file is refused', async () => {
  await expect(pluginsOf(LOCAL, { two: { loud: true } })).rejects.toMatchObject({
    code: 'BOT_OPTIONS',
    message: expect.stringContaining('plugins.two.loud: there is no such key. Nothing is allowed here.') as string,
  })
  await expect(pluginsOf(LOCAL, { on: true })).rejects.toMatchObject({
    code: 'BOT_EXTENSION_NOT_FOUND',
    message: expect.stringContaining('plugins.on: There is no plugin "on". Did you mean "one"?') as string,
  })
  await expect(pluginsOf({ 'plugins/a.mjs': plugin('b') }, {})).rejects.toMatchObject({ code: 'BOT_EXTENSION_SHAPE' })
})

import { chromium, type Browser, type Page } from 'playwright-core'
import { request } from 'node:https'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { findChromium, PNG, Starter } from './running-starter.ts'

const executablePath = await findChromium()
const LIMIT_MS = 120_000
const ARGS = [
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]

describe.skipIf(executablePath === undefined)('the starter in a browser (needs Chromium)', () => {
  let browser: Browser
  let starter: Starter

  beforeAll(async () => {
    starter = await Starter.copy()
    await starter.start()
    browser = await chromium.launch({ executablePath: executablePath as string, args: ARGS })
  }, LIMIT_MS)

  afterAll(async () => {
    await browser?.close()
    await starter?.remove()
  })

  test('two people, one room, commands, a sink, a reload and a restart', { timeout: LIMIT_MS }, async () => {
    const alice = await enter(browser, starter, 'alice')
    const bob = await enter(browser, starter, 'bob')

    await say(alice, 'hello **bob**')
    await bob.getByTestId('messages').getByText('hello bob').waitFor()
    expect(await bob.locator('[data-testid=message-body] strong').first().innerText()).toBe('bob')

    await say(alice, '!help')
    await bob.getByTestId('messages').getByText('What I can do').waitFor()
    await bob.getByTestId('messages').getByText('!roll').first().waitFor()

    await say(bob, '!note buy milk')
    await alice.getByTestId('messages').getByText('Noted: buy milk').waitFor()

    await say(alice, '!status')
    await bob.getByTestId('card').getByText('All well').waitFor()
    await bob.getByTestId('action-button').first().click()
    await expect.poll(() => bob.getByTestId('card').count()).toBe(2)

    expect(await post(starter, { echo: 'hello from a **program**' })).toBe(202)
    await alice.getByTestId('messages').getByText('hello from a program').waitFor()
    expect(await post(starter, { echo: 'a picture', image: { base64encoded: PNG, filename: 'dot.png' } })).toBe(202)
    const picture = alice.getByTestId('image').first()
    await picture.waitFor()
    const width = () => picture.evaluate((element) => Number((element as unknown as { naturalWidth?: number }).naturalWidth))
    await expect.poll(width).toBe(1)

    await alice.reload()
    await alice.getByTestId('messages').getByText('hello from a program').waitFor()

    await starter.stop()
    await bob.getByTestId('connection-banner').waitFor()
    await say(bob, 'said while nobody listened')
    await starter.start()
    await alice.getByTestId('messages').getByText('said while nobody listened').waitFor()
    await say(alice, '!note')
    await bob.getByTestId('messages').getByText('buy milk — bob').waitFor()

    for (const page of [alice, bob]) {
      for (const text of ['hello from a program', 'said while nobody listened', 'Noted: buy milk']) {
        expect(await page.getByTestId('messages').getByText(text, { exact: true }).count()).toBe(1)
      }
    }
  })
})

async function enter(browser: Browser, starter: Starter, name: string): Promise<Page> {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(starter.page)
  await page.getByTestId('login-name').fill(name)
  await page.getByTestId('login-submit').click()
  await page.getByTestId('composer').waitFor()
  return page
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByTestId('composer').fill(text)
  await page.getByTestId('composer').press('Enter')
}

/** Resolves to the status. */
function post(starter: Starter, body: unknown): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: starter.sinkPort, path: '/lobby', method: 'POST', rejectUnauthorized: false }
    const outgoing = request(options, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
    })
    outgoing.on('error', reject)
    outgoing.end(JSON.stringify(body))
  })
}

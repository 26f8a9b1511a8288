import { existsSync } from 'node:fs'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { makeRoom } from '@bot/core/backend'
import { TestBot, say } from './bot.ts'
import { PNG } from './page.ts'

const executablePath = [process.env['CHROMIUM_PATH'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => path !== undefined && existsSync(path),
)
const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]
const lobby = makeRoom('web', 'lobby')

if (executablePath === undefined) test.skip('the page in a browser: skipped, there is no Chromium (set CHROMIUM_PATH)', () => undefined)

describe.skipIf(executablePath === undefined)('the page in a browser', { timeout: 30_000 }, () => {
  let browser: Browser
  let bot: TestBot
  const problems: string[] = []

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath as string, args: ARGS })
  }, 30_000)
  afterAll(() => browser.close())
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close()
    await bot.stop()
    await bot.storage.remove()
    // Blocked by the policy, an exception, a missing file: none may happen in any of these tests.
    expect(problems.splice(0)).toEqual([])
  })

  async function enter(name: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext(options)
    context.setDefaultTimeout(5000)
    const page = await context.newPage()
    page.on('pageerror', (error) => problems.push(String(error)))
    page.on('console', (line) => {
      if (line.type() === 'error' && !line.text().includes('ERR_CONNECTION_REFUSED')) problems.push(line.text())
    })
    await page.goto(bot.url)
    await page.getByTestId('login-name').fill(name)
    await page.getByTestId('login-submit').click()
    await page.getByTestId('composer').waitFor()
    return page
  }

  async function write(page: Page, text: string, composer = 'composer'): Promise<void> {
    await page.getByTestId(composer).fill(text)
    await page.getByTestId(composer).press('Enter')
  }

  const message = (page: Page, text: string) => page.getByTestId('message').filter({ hasText: text })

  test('two people talk: markdown, reactions, a thread, an edit, a deletion', async () => {
    bot = await TestBot.start()
    const alice = await enter('Alice')
    const bob = await enter('Bob')
    await write(alice, 'This is **bold** and `code`, @Bob')
    await bob.locator('[data-testid=message] strong', { hasText: 'bold' }).waitFor()
    await bob.locator('.mention-me', { hasText: '@Bob' }).waitFor()

    await message(bob, 'This is').hover()
    await message(bob, 'This is').getByTestId('react-button').click()
    await bob.getByTestId('reaction-picker').getByRole('button', { name: '🎉' }).click()
    await alice.getByTestId('reaction').filter({ hasText: '🎉' }).click()
    await bob.getByTestId('reaction').filter({ hasText: '2' }).waitFor()

    await message(bob, 'This is').hover()
    await message(bob, 'This is').getByTestId('reply-button').click()
    await write(bob, 'in the thread', 'thread-composer')
    await alice.getByTestId('thread-link').filter({ hasText: '1 reply' }).click()
    await alice.getByTestId('thread-panel').getByText('in the thread').waitFor()
    await alice.keyboard.press('Escape')
    await alice.getByTestId('thread-panel').waitFor({ state: 'detached' })

    await message(alice, 'This is').hover()
    await message(alice, 'This is').getByTestId('edit-button').click()
    await alice.getByTestId('edit-input').fill('Changed')
    await alice.getByTestId('edit-input').press('Enter')
    await message(bob, 'Changed').getByText('(edited)').first().waitFor()

    await write(alice, 'a slip')
    alice.on('dialog', (dialog) => void dialog.accept())
    await message(alice, 'a slip').hover()
    await message(alice, 'a slip').getByTestId('delete-button').click()
    await message(bob, 'a slip').waitFor({ state: 'detached' })
  })

  test('files go up and down, pictures are shown', async () => {
    bot = await TestBot.start()
    const alice = await enter('Alice')
    const bob = await enter('Bob')
    await alice.getByTestId('file-input').setInputFiles([
      { name: 'dot.png', mimeType: 'image/png', buffer: PNG },
      { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('notes') },
    ])
    await alice.locator('[data-testid=attachment][data-state=ready]').nth(1).waitFor()
    await write(alice, 'two files')
    const picture = bob.getByTestId('image')
    await picture.waitFor()
    expect(await picture.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth)).toBe(1)
    const download = bob.waitForEvent('download')
    await bob.getByTestId('file-chip').click()
    expect((await download).suggestedFilename()).toBe('notes.txt')
    expect((await bot.told('message'))[0]?.files).toMatchObject([{ name: 'dot.png', type: 'image/png' }, { name: 'notes.txt' }])
  })

  test('the bot streams text, offers buttons and cards, and whispers', async () => {
    bot = await TestBot.start()
    const alice = await enter('Alice')
    const { messageId } = await bot.backend.sendMessage({ key: 's', to: lobby, content: say('word'), attempt: 1 })
    await message(alice, 'word').waitFor()
    await alice.evaluate(() => {
      const page = globalThis as unknown as { document: { querySelector(selector: string): unknown }; first?: unknown }
      page.first = page.document.querySelector('[data-testid=message]')
    })
    for (let words = 2; words <= 30; words += 1) {
      await bot.backend.editMessage({ to: lobby }, messageId, {
        key: `s${words}`,
        to: lobby,
        content: say('word '.repeat(words)),
        attempt: 1,
      })
    }
    await message(alice, 'word '.repeat(29)).waitFor()
    const same = await alice.evaluate(() => {
      const page = globalThis as unknown as { document: { querySelector(selector: string): unknown }; first?: unknown }
      return page.first === page.document.querySelector('[data-testid=message]')
    })
    expect(same).toBe(true)

    const card = { title: 'Build failed', color: 'red', fields: [{ name: 'Branch', value: 'main', short: true }] }
    const actions = [
      { type: 'button' as const, action: 'retry', label: 'Retry', value: '482' },
      { type: 'select' as const, action: 'env', label: 'Environment', options: [{ label: 'Staging', value: 'staging' }] },
    ]
    await bot.backend.sendMessage({ key: 'c', to: lobby, content: { blocks: [], card, actions }, attempt: 1 })
    await alice.getByTestId('card').getByText('Branch').waitFor()
    await alice.getByTestId('action-button').click()
    await alice.getByTestId('action-select').selectOption('staging')
    expect(await bot.told('action', 2)).toMatchObject([
      { action: 'retry', value: '482' },
      { action: 'env', value: 'staging' },
    ])

    await bot.backend.sendEphemeral(
      { key: 'e', to: lobby, content: say('secret'), attempt: 1 },
      (await bot.backend.buildIdentifier('@alice')) as never,
    )
    await message(alice, 'secret').getByText('Only you can see this').waitFor()
    await bot.backend.sendTyping({ to: lobby })
    await alice.getByTestId('typing').getByText('Bot is typing').waitFor()
  })

  test('direct messages, rooms and unread marks', async () => {
    bot = await TestBot.start()
    const alice = await enter('Alice')
    const bob = await enter('Bob')
    await bob.locator('[data-testid=person-item][data-conv="@alice"]').click()
    await write(bob, 'just us')
    const entry = alice.locator('[data-testid=person-item][data-conv="@bob"]')
    await entry.getByTestId('unread').filter({ hasText: '1' }).waitFor()
    await alice.waitForFunction(() => (globalThis as unknown as { document: { title: string } }).document.title.startsWith('(1)'))
    await entry.click()
    await message(alice, 'just us').waitFor()
    await entry.getByTestId('unread').waitFor({ state: 'detached' })

    await alice.getByTestId('rooms-button').click()
    await alice.getByTestId('room-name').fill('War Room')
    await alice.getByTestId('room-create').click()
    await alice.getByTestId('header-title').getByText('#war-room').waitFor()
    await bob.getByTestId('rooms-button').click()
    await bob.getByRole('button', { name: 'Join war-room' }).click()
    await write(bob, 'here')
    await message(alice, 'here').waitFor()
    expect(bot.events.filter((event) => event.kind === 'message').map((event) => event.body)).toEqual(['here'])
  })

  test('a reload and a restart of the bot lose nothing, not even what is written meanwhile', async () => {
    bot = await TestBot.start()
    const alice = await enter('Alice')
    await write(alice, 'before')
    await message(alice, 'before').waitFor()
    await alice.reload()
    await message(alice, 'before').waitFor()
    expect(await alice.getByTestId('me').textContent()).toBe('Alice')

    const { port, storage } = bot
    await bot.stop()
    await alice.getByTestId('connection-banner').getByText('Reconnecting').waitFor()
    await write(alice, 'meanwhile')
    await alice.getByTestId('pending-message').getByText('meanwhile').waitFor()
    bot = await TestBot.start({}, { storage, port })
    await message(alice, 'meanwhile').waitFor({ timeout: 15_000 })
    await alice.getByTestId('connection-banner').waitFor({ state: 'detached' })
    expect((await bot.told('message')).map((event) => event.body)).toEqual(['meanwhile'])
    expect(await alice.getByTestId('message').count()).toBe(2)
  })

  test('everything can be reached by keyboard, and every control has a name', async () => {
    bot = await TestBot.start(
      {},
      {
        commands: [
          { name: 'help', description: 'Lists what the bot can do' },
          { name: 'hello', description: 'Greets' },
        ],
      },
    )
    const page = await enter('Alice')
    const keys = page.keyboard
    await keys.type('!he')
    await page.getByTestId('completion').nth(1).waitFor()
    await keys.press('ArrowDown')
    await keys.press('Tab')
    await keys.press('Enter')
    await message(page, '!hello').waitFor()
    await keys.type('one')
    await keys.press('Shift+Enter')
    await keys.type('two')
    await keys.press('Enter')
    await message(page, 'two').waitFor()
    await keys.press('ArrowUp')
    await page.getByTestId('edit-input').waitFor()
    await keys.press('Escape')
    await keys.press('ArrowUp')
    expect(
      await page.evaluate(
        () => (globalThis as unknown as { document: { activeElement: { textContent: string } } }).document.activeElement.textContent,
      ),
    ).toContain('!hello')
    await keys.press('r')
    await page.getByTestId('thread-panel').waitFor()
    await keys.type('by keyboard')
    await keys.press('Enter')
    await page.getByTestId('thread-panel').getByText('by keyboard').waitFor()
    await keys.press('Escape')
    await page.getByTestId('thread-panel').waitFor({ state: 'detached' })

    for (const role of ['navigation', 'main', 'log'] as const) expect(await page.getByRole(role).count(), role).toBeGreaterThan(0)
    const tree = await page.locator('body').ariaSnapshot()
    // A control without a name stands in the tree as its bare role.
    expect(
      tree.split('\n').filter((line) => /^\s*- (button|textbox|combobox|link|checkbox|img|log|dialog)( \[[^\]]*\])*:?$/.test(line)),
    ).toEqual([])
    expect(tree).toContain('log "Messages in #lobby"')
  })

  test('fits a phone, in light and dark', async () => {
    bot = await TestBot.start()
    await bot.backend.sendMessage({ key: 'w', to: lobby, content: { blocks: [{ type: 'code', text: 'x'.repeat(400) }] }, attempt: 1 })
    const page = await enter('Alice', { viewport: { width: 360, height: 640 }, colorScheme: 'dark', isMobile: true, hasTouch: true })
    await page.locator('.code').waitFor()
    const measure = () =>
      page.evaluate(() => {
        const { document, getComputedStyle } = globalThis as unknown as {
          document: { documentElement: { scrollWidth: number; clientWidth: number }; body: object }
          getComputedStyle(element: object): { backgroundColor: string }
        }
        const { scrollWidth, clientWidth } = document.documentElement
        return { overflows: scrollWidth > clientWidth, background: getComputedStyle(document.body).backgroundColor }
      })
    const dark = await measure()
    expect(dark.overflows).toBe(false)
    expect(dark.background).toBe('rgb(23, 25, 30)')
    expect(await page.getByTestId('room-item').isVisible()).toBe(false)
    await page.getByTestId('menu-button').click()
    await page.getByTestId('theme-switch').click()
    expect((await measure()).background).toBe('rgb(255, 255, 255)')
    await page.locator('[data-testid=person-item][data-conv="@bot"]').click()
    await page.getByTestId('header-title').getByText('Bot').waitFor()
    await page.getByTestId('room-item').waitFor({ state: 'hidden' })
  })

  test('what people and the bot write is never markup', async () => {
    bot = await TestBot.start()
    const alice = await enter('Alice')
    const hostile =
      '<img src=x onerror="document.title=1"><script>document.title=2</script> [x](javascript:alert(1)) ![y](https://example.com/z.png)'
    await write(alice, hostile)
    await bot.backend.sendMessage({
      key: 'h',
      to: lobby,
      content: { ...say(hostile), card: { title: hostile, link: 'javascript:alert(1)', image: 'javascript:1' } },
      attempt: 1,
    })
    await message(alice, '<script>').nth(1).waitFor()
    const list = alice.getByTestId('messages')
    expect(await list.locator('img, script, iframe').count()).toBe(0)
    const links = await list.locator('a').evaluateAll((all) => all.map((link) => (link as unknown as { href: string }).href))
    expect(links.filter((href) => !href.startsWith('https://example.com/'))).toEqual([])
  })
})

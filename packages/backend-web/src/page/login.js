// @ts-check
import { useEffect, useRef, useState } from 'preact/hooks'
import { hue, initials } from './format.js'
import { html } from './html.js'
import { fetchSettings, login, rememberedLogins } from './session.js'

/** @typedef {import('./session.js').Login} LoginData */

/** @param {{ onLogin: (login: LoginData, remember: boolean) => void }} props */
export function Login({ onLogin }) {
  const [settings, setSettings] = useState(/** @type {Awaited<ReturnType<typeof fetchSettings>> | undefined} */ (undefined))
  const [problem, setProblem] = useState('')
  const [busy, setBusy] = useState(false)
  const form = useRef(/** @type {HTMLFormElement | null} */ (null))
  useEffect(() => {
    fetchSettings().then(
      (found) => {
        setSettings(found)
        document.title = found.title
      },
      (error) => setProblem(`The bot does not answer: ${error.message}`),
    )
  }, [])
  useEffect(() => form.current?.querySelector('input')?.focus(), [settings])
  if (settings === undefined) return html`<main class="login"><p role="status">${problem === '' ? 'Loading…' : problem}</p></main>`

  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault()
    const data = new FormData(/** @type {HTMLFormElement} */ (form.current))
    /** @type {Record<string, string>} */
    const given = {}
    for (const [key, value] of data) given[key] = String(value)
    setBusy(true)
    setProblem('')
    try {
      const same = rememberedLogins().find((known) => known.name.toLowerCase() === given['name']?.trim().toLowerCase())
      // The name is still held by this browser: going on under it needs no new login.
      if (same !== undefined && settings.auth === 'none') onLogin(same, true)
      else onLogin(await login(given), settings.auth !== 'tokens')
    } catch (error) {
      setProblem(/** @type {Error} */ (error).message)
      setBusy(false)
    }
  }
  const known = settings.auth === 'tokens' ? [] : rememberedLogins()
  return html`<main class="login">
    <form class="login-card" ref=${form} onSubmit=${submit} aria-labelledby="login-title">
      <h1 id="login-title">${settings.title}</h1>
      ${
        known.length > 0 &&
        html`<div class="remembered" role="group" aria-label="Go on as">
          ${known.map(
            (one) =>
              html`<button key=${one.id} type="button" class="remembered-person" onClick=${() => onLogin(one, true)}>
                <span class=${`avatar hue-${hue(one.id)}`} aria-hidden="true">${initials(one.name)}</span>
                <span>Go on as <strong>${one.name}</strong></span>
              </button>`,
          )}
          <p class="or">or as somebody else</p>
        </div>`
      }
      ${
        settings.auth !== 'tokens' &&
        html`<label
          >Your name
          <input name="name" data-testid="login-name" autocomplete="username" maxlength="32" required spellcheck=${false} />
        </label>`
      }
      ${
        settings.auth === 'password' &&
        html`<label
          >Password
          <input name="password" data-testid="login-password" type="password" autocomplete="current-password" required />
        </label>`
      }
      ${
        settings.auth === 'tokens' &&
        html`<label
          >Access token
          <input name="token" data-testid="login-token" type="password" autocomplete="off" required />
        </label>`
      }
      ${problem !== '' && html`<p class="problem" role="alert" data-testid="login-problem">${problem}</p>`}
      <button type="submit" class="button primary" data-testid="login-submit" disabled=${busy}>${busy ? 'One moment…' : 'Enter'}</button>
      ${settings.auth === 'none' && html`<p class="hint">Only people on this computer can open this page. Open a second window to be a second person.</p>`}
    </form>
  </main>`
}

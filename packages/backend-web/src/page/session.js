// @ts-check
import { address } from './format.js'

/*
 * Who this tab is. The session stands in the tab's own storage, so two windows are two people. What was used before is remembered for this browser, so
 * that a closed tab does not cost the name; with access tokens nothing is remembered.
 */

/** @typedef {{ session: string, id: string, name: string }} Login */

const TAB = 'bot-session'
const REMEMBERED = 'bot-remembered'

/** @returns {Login | undefined} */
export function currentLogin() {
  return /** @type {Login | undefined} */ (read(sessionStorage, TAB))
}

/** @returns {Login[]} */
export function rememberedLogins() {
  const list = read(localStorage, REMEMBERED)
  return Array.isArray(list) ? list.filter((login) => typeof login?.session === 'string' && typeof login?.name === 'string') : []
}

/** @param {Login} login @param {boolean} remember */
export function keepLogin(login, remember) {
  sessionStorage.setItem(TAB, JSON.stringify(login))
  if (remember) localStorage.setItem(REMEMBERED, JSON.stringify([login, ...others(login)].slice(0, 6)))
}

/** @param {Login} login */
export function dropLogin(login) {
  sessionStorage.removeItem(TAB)
  localStorage.setItem(REMEMBERED, JSON.stringify(others(login)))
}

/** @param {Login} login */
const others = (login) => rememberedLogins().filter((other) => other.id !== login.id)

/** How the server wants people to log in. @returns {Promise<{ title: string, auth: 'none' | 'password' | 'tokens' }>} */
export async function fetchSettings() {
  const response = await fetch(address('settings'))
  if (!response.ok) throw new Error((await response.json()).message)
  return response.json()
}

/** @param {{ name?: string, password?: string, token?: string }} given @returns {Promise<Login>} */
export async function login(given) {
  const response = await fetch(address('session'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(given),
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.message)
  return answer
}

/** @param {Login} login */
export async function logout(login) {
  dropLogin(login)
  await fetch(address('session'), { method: 'DELETE', headers: { authorization: `Bearer ${login.session}` } })
}

/** @param {Storage} storage @param {string} key */
function read(storage, key) {
  try {
    return JSON.parse(storage.getItem(key) ?? 'null') ?? undefined
  } catch {
    return undefined
  }
}

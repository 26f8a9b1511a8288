// @ts-check
import { h, render } from 'preact'
import { App } from './app.js'
import { applyTheme } from './theme.js'

applyTheme()
render(h(App, null), /** @type {HTMLElement} */ (document.getElementById('app')))

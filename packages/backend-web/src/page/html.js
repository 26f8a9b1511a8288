// @ts-check
import { h } from 'preact'
import htm from 'htm'

/** Elements as tagged templates. What is interpolated becomes text or an attribute, never markup. */
export const html = htm.bind(h)

// @ts-check
import { useEffect, useRef, useState } from 'preact/hooks'
import { address, size } from './format.js'
import { html } from './html.js'
import { Icon } from './icons.js'

/** @typedef {import('../protocol.ts').WireFile} WireFile */

/** Pictures fetched so far, as addresses of this page. @type {Map<string, Promise<string>>} */
const fetched = new Map()

/** @param {File} file @param {string} session @returns {Promise<WireFile>} */
export async function upload(file, session) {
  const response = await fetch(address('files'), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${session}`,
      'x-file-name': encodeURIComponent(file.name),
      'content-type': file.type || 'application/octet-stream',
    },
    body: file,
  })
  const answer = await response.json().catch(() => ({ message: 'The file is larger than this page takes.' }))
  if (!response.ok) throw new Error(answer.message ?? answer.title ?? 'The file was not taken.')
  return answer
}

/** The session goes into a header, so a picture cannot be named to an img element directly. @param {WireFile} file @param {string} session */
function blobAddress(file, session) {
  const known = fetched.get(file.id)
  if (known !== undefined) return known
  const made = download(file, session)
  fetched.set(file.id, made)
  made.catch(() => fetched.delete(file.id))
  return made
}

/** @param {WireFile} file @param {string} session */
async function download(file, session) {
  const response = await fetch(address(`files/${file.id}/${encodeURIComponent(file.name)}`), {
    headers: { authorization: `Bearer ${session}` },
  })
  if (!response.ok) throw new Error('The file could not be fetched.')
  return URL.createObjectURL(await response.blob())
}

/** @param {{ files: readonly WireFile[], session: string, onNotice: (text: string) => void }} props */
export function Files({ files, session, onNotice }) {
  return html`<ul class="files" aria-label="Files">
    ${files.map(
      (file) =>
        html`<li key=${file.id}>
          ${file.image ? html`<${Picture} file=${file} session=${session} />` : html`<${FileChip} file=${file} session=${session} onNotice=${onNotice} />`}
        </li>`,
    )}
  </ul>`
}

/** @param {{ file: WireFile, session: string, onNotice: (text: string) => void }} props */
function FileChip({ file, session, onNotice }) {
  const save = async () => {
    try {
      const link = document.createElement('a')
      link.href = await blobAddress(file, session)
      link.download = file.name
      link.click()
    } catch (error) {
      onNotice(/** @type {Error} */ (error).message)
    }
  }
  return html`<button
    type="button"
    class="file-chip"
    data-testid="file-chip"
    onClick=${save}
    aria-label=${`Download ${file.name}, ${size(file.sizeBytes)}`}
  >
    <${Icon} name="file" /><span class="file-name">${file.name}</span><span class="file-size">${size(file.sizeBytes)}</span>
  </button>`
}

/** @param {{ file: WireFile, session: string }} props */
function Picture({ file, session }) {
  const [source, setSource] = useState('')
  const [failed, setFailed] = useState(false)
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null))
  useEffect(() => {
    blobAddress(file, session).then(setSource, () => setFailed(true))
  }, [file.id])
  const alt = file.alt ?? file.name
  if (failed) return html`<p class="file-chip">${file.name} could not be fetched.</p>`
  if (source === '') return html`<div class="picture-frame loading" role="img" aria-label=${`${alt}, loading`}></div>`
  return html`<button type="button" class="picture" onClick=${() => dialog.current?.showModal()} aria-label=${`Enlarge ${alt}`}>
      <img src=${source} alt=${alt} data-testid="image" />
    </button>
    <dialog ref=${dialog} class="lightbox" aria-label=${alt} onClick=${() => dialog.current?.close()}>
      <img src=${source} alt=${alt} />
      <p class="lightbox-bar">
        <span>${file.name} · ${size(file.sizeBytes)}</span>
        <a href=${source} target="_blank" rel="noopener">Open in a tab</a>
        <a href=${source} download=${file.name}>Download</a>
        <button type="button" onClick=${() => dialog.current?.close()}>Close</button>
      </p>
    </dialog>`
}

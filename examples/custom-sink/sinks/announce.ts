import { AsyncRequestHandler } from '@bot/sink-kit'

/**
 * A complete sink: POST /<conversation> with {"echo": "text", "image": {"base64encoded": "…", "filename": "…"}}. To take another payload, override
 * `processRequest`; the README shows how.
 */
export default class Announce extends AsyncRequestHandler {}

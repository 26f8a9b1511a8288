import type { Identifier, IdentifierData } from './identifier.ts'

/*
 * What is said, as a tree. Outgoing text is markdown everywhere: a string is parsed once in the core, and each backend encodes the tree in its
 * network's own notation. Text nodes are inert on every backend: they cannot ping, link, format or inject. Everything here is plain JSON.
 */

export type Inline =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'strong' | 'emphasis' | 'strike'; readonly children: readonly Inline[] }
  | { readonly type: 'code'; readonly text: string }
  | { readonly type: 'link'; readonly url: string; readonly children: readonly Inline[] }
  | { readonly type: 'break' }
  /** The only way to ping. `label` is what stands there where the network cannot mention. */
  | { readonly type: 'mention'; readonly who: IdentifierData; readonly label: string }

export type Block =
  | { readonly type: 'paragraph'; readonly children: readonly Inline[] }
  | { readonly type: 'heading'; readonly level: 1 | 2 | 3 | 4 | 5 | 6; readonly children: readonly Inline[] }
  | { readonly type: 'code'; readonly language?: string; readonly text: string }
  | { readonly type: 'quote'; readonly children: readonly Block[] }
  | { readonly type: 'list'; readonly ordered: boolean; readonly start: number; readonly items: readonly (readonly Block[])[] }
  | { readonly type: 'table'; readonly header: readonly TableCell[]; readonly rows: readonly (readonly TableCell[])[] }
  | { readonly type: 'rule' }

export type TableCell = readonly Inline[]

/** A rich attachment. Every field is optional; text fields are plain text except `body`. */
export interface Card {
  /** One line for notifications and networks without cards. */
  readonly summary?: string
  readonly title?: string
  /** Where the title leads; http or https. */
  readonly link?: string
  readonly body?: readonly Block[]
  /** Addresses of pictures, http or https. */
  readonly image?: string
  readonly thumbnail?: string
  /** A name (`green`, `red`, `yellow`, `blue`, `grey`…) or `#rrggbb`. */
  readonly color?: string
  readonly fields?: readonly CardField[]
}

export interface CardField {
  readonly name: string
  readonly value: string
  /** Short fields may stand side by side. */
  readonly short?: boolean
}

/** Something to press or choose below a message. Where a network has neither, the core offers numbered replies instead. */
export type Action =
  | {
      readonly type: 'button'
      /** What the handler is found by; the same for all presses of this kind. */
      readonly action: string
      readonly label: string
      /** Handed to the handler as it is. At most 1,000 characters. */
      readonly value?: string
      readonly style?: 'primary' | 'danger'
    }
  | { readonly type: 'link'; readonly label: string; readonly url: string }
  | {
      readonly type: 'select'
      readonly action: string
      readonly label: string
      readonly options: readonly { readonly label: string; readonly value: string }[]
    }

/** A file that the core holds for sending. Its bytes come from `BackendHost.readFile`. */
export interface FileRef {
  /** The id under which the bytes lie in the store. */
  readonly blob: string
  readonly name: string
  /** The media type, such as `image/png`. */
  readonly type: string
  readonly sizeBytes: number
  /** A description for people who cannot see it. */
  readonly alt?: string
}

/** One message to send: at least one of its parts is not empty. */
export interface Content {
  readonly blocks: readonly Block[]
  readonly card?: Card
  readonly files?: readonly FileRef[]
  readonly actions?: readonly Action[]
}

/** A file as a plugin or sink gives it. */
export interface FileInput {
  readonly name: string
  /** The media type; guessed from the first bytes where left out. */
  readonly type?: string
  readonly data: Uint8Array
  readonly alt?: string
}

/** The parts of a message as a plugin gives them; `text` is markdown, or what the `md` template made. */
export interface ContentInput {
  readonly text?: string | MarkdownText
  readonly card?: Omit<Card, 'body'> & { readonly body?: string | MarkdownText }
  readonly files?: readonly FileInput[]
  readonly actions?: readonly Action[]
}

/** What the `md` template makes: a finished tree. */
export interface MarkdownText {
  readonly type: 'markdown'
  readonly blocks: readonly Block[]
}

/** Everything that can be said: markdown as a string, an `md` template, or parts. */
export type Sendable = string | MarkdownText | ContentInput

/** A mention to interpolate into an `md` template; `mention(person)` makes it. */
export interface Mention {
  readonly type: 'mention'
  readonly who: Identifier
}

import type { Block, Inline } from '../contract/content.ts'

/** How the places of a template are filled while its markup is turned into a tree. Plain markdown has no places. */
export interface Filling {
  /** Fills the texts and codes; links are already done. */
  inlines(inlines: readonly Inline[]): readonly Inline[]
  text(source: string): string
  /** Fills an address, encoding what is put in. */
  address(source: string): string
  /** The blocks that stand for a paragraph of this source, where a place makes up all of it. */
  blocks(source: string): readonly Block[] | undefined
}

export const NO_FILLING: Filling = {
  inlines: (inlines) => inlines,
  text: (source) => source,
  address: (source) => source,
  blocks: () => undefined,
}

interface Node {
  readonly next: Map<number, Node>
  /** Where to go on when no letter fits. */
  fallback: Node | undefined
  /** The nearest node on the way of fall-backs where words end. */
  outlet: Node | undefined
  readonly values: Set<number>
}

/** Finds which of many words occur in a text, in one pass over it (Aho and Corasick 1975). */
export class Automaton {
  readonly #root: Node = makeNode()

  /** Every word with the number that stands for it; several may share a number, and a number may have several words. */
  constructor(words: Iterable<readonly [word: string, value: number]>) {
    for (const [word, value] of words) {
      let node = this.#root
      for (let at = 0; at < word.length; at++) {
        const code = word.charCodeAt(at)
        let next = node.next.get(code)
        if (next === undefined) {
          next = makeNode()
          node.next.set(code, next)
        }
        node = next
      }
      node.values.add(value)
    }
    this.#link()
  }

  /** The numbers of the words that occur; the empty word always does. */
  find(text: string): ReadonlySet<number> {
    const found = new Set<number>(this.#root.values)
    const seen = new Set<Node>()
    let node = this.#root
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      let next = node.next.get(code)
      while (next === undefined && node.fallback !== undefined) {
        node = node.fallback
        next = node.next.get(code)
      }
      node = next ?? this.#root
      // What ends here once has been noted with all that ends inside it.
      for (let outlet: Node | undefined = node; outlet !== undefined && !seen.has(outlet); outlet = outlet.outlet) {
        seen.add(outlet)
        for (const value of outlet.values) found.add(value)
      }
    }
    return found
  }

  #link(): void {
    const queue: Node[] = [...this.#root.next.values()]
    for (const node of queue) node.fallback = this.#root
    for (const node of queue) {
      for (const [code, child] of node.next) {
        let fallback = node.fallback
        while (fallback !== undefined && !fallback.next.has(code)) fallback = fallback.fallback
        child.fallback = fallback?.next.get(code) ?? this.#root
        child.outlet = child.fallback.values.size > 0 ? child.fallback : child.fallback.outlet
        queue.push(child)
      }
    }
  }
}

function makeNode(): Node {
  return { next: new Map(), fallback: undefined, outlet: undefined, values: new Set() }
}

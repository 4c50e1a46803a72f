/** A priority queue: the least item first; equal items in the order they came. */
export class Heap<Item> {
  readonly #less: (a: Item, b: Item) => boolean;
  readonly #items: { readonly item: Item; readonly order: number }[] = [];
  #order = 0;

  constructor(less: (a: Item, b: Item) => boolean) {
    this.#less = less;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): Item | undefined {
    return this.#items[0]?.item;
  }

  push(item: Item): void {
    const items = this.#items;
    items.push({ item, order: this.#order++ });
    for (let i = items.length - 1; i > 0;) {
      const parent = (i - 1) >> 1;
      if (!this.#before(i, parent)) break;
      this.#swap(i, parent);
      i = parent;
    }
  }

  pop(): Item | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (!top || !last) return undefined;
    if (top !== last) {
      items[0] = last;
      for (let i = 0; ;) {
        let least = i;
        for (const child of [2 * i + 1, 2 * i + 2])
          if (child < items.length && this.#before(child, least)) least = child;
        if (least === i) break;
        this.#swap(i, least);
        i = least;
      }
    }
    return top.item;
  }

  #before(i: number, j: number): boolean {
    const [a, b] = [this.#items[i], this.#items[j]];
    if (!a || !b) return false;
    return this.#less(a.item, b.item) || (!this.#less(b.item, a.item) && a.order < b.order);
  }

  #swap(i: number, j: number): void {
    const [a, b] = [this.#items[i], this.#items[j]];
    if (a && b) [this.#items[i], this.#items[j]] = [b, a];
  }
}

/** A set that can be indexed: adding, removing and picking the n-th cost the same at any size. Order means nothing. */
export class SwapList<Item> {
  readonly #items: Item[] = [];
  readonly #indexes = new Map<Item, number>();

  get size(): number {
    return this.#items.length;
  }

  at(index: number): Item | undefined {
    return this.#items[index];
  }

  has(item: Item): boolean {
    return this.#indexes.has(item);
  }

  add(item: Item): void {
    if (this.has(item)) return;
    this.#indexes.set(item, this.#items.length);
    this.#items.push(item);
  }

  /** The last item takes the place of the removed one. */
  delete(item: Item): void {
    const index = this.#indexes.get(item);
    if (index === undefined) return;
    this.#indexes.delete(item);
    const last = this.#items.pop();
    if (last === undefined || last === item) return;
    this.#items[index] = last;
    this.#indexes.set(last, index);
  }
}

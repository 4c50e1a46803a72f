/** Whoever wants to be told of one thing. Told later than it happens, so that no listener is in anybody's way. */
export class Listeners<Told> {
  readonly #listeners = new Set<(told: Told) => void>();

  get size(): number {
    return this.#listeners.size;
  }

  /** Returns how to stop. */
  add(listener: (told: Told) => void): () => void {
    const own = (told: Told): void => {
      listener(told);
    };
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  /** What a listener throws is the page's to hear of, and nobody else's. */
  tell(told: Told): void {
    for (const listener of this.#listeners)
      queueMicrotask(() => {
        if (this.#listeners.has(listener)) listener(told);
      });
  }
}

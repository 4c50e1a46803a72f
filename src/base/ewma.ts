/** An exponentially weighted mean and mean deviation, as TCP keeps of its round trip (RFC 6298 section 2). */
export class Ewma {
  readonly #weight: number;
  #mean: number;
  #deviation = 0;
  #samples = 0;

  /** `initial` stands until the first sample, which replaces it outright; `weight` is that of each later sample. */
  constructor(initial: number, weight: number) {
    this.#mean = initial;
    this.#weight = weight;
  }

  add(sample: number): void {
    if (this.#samples++ === 0) {
      this.#mean = sample;
      this.#deviation = sample / 2;
      return;
    }
    const error = sample - this.#mean;
    this.#mean += this.#weight * error;
    this.#deviation += this.#weight * (Math.abs(error) - this.#deviation);
  }

  get mean(): number {
    return this.#mean;
  }
  get deviation(): number {
    return this.#deviation;
  }
  get hasSamples(): boolean {
    return this.#samples > 0;
  }
}

/** A rate to be spent. A message may be sent as soon as earlier ones are paid for, however long it is. */
export class TokenBucket {
  readonly #bytesPerMs: number;
  readonly #burstBytes: number;
  #tokens: number;
  #countedAt: number;

  constructor(bitsPerSecond: number, burstBytes: number, now: number) {
    this.#bytesPerMs = bitsPerSecond / 8000;
    this.#burstBytes = burstBytes;
    this.#tokens = burstBytes;
    this.#countedAt = now;
  }

  /** How long until a message may be sent; 0 for now. */
  waitMs(now: number): number {
    this.#tokens = Math.min(this.#burstBytes, this.#tokens + (now - this.#countedAt) * this.#bytesPerMs);
    this.#countedAt = now;
    return this.#tokens >= 0 ? 0 : -this.#tokens / this.#bytesPerMs;
  }

  spend(bytes: number): void {
    this.#tokens -= bytes;
  }
}

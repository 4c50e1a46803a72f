/** Tells the site what this session uploads, and the swarm what the month has come to. */
import type { Bytes } from "../base/time.ts";
import type { MonthCount } from "./sharing-options.ts";

export class MonthMeter {
  readonly #month: MonthCount;
  #toldBytes: Bytes = 0;

  constructor(month: MonthCount) {
    this.#month = month;
  }

  /** All of the session so far. Returns all of the month, other tabs included; more than any cap when that cannot be told. */
  count(uploadedBytes: Bytes): Bytes {
    try {
      if (uploadedBytes > this.#toldBytes) this.#month.add(uploadedBytes - this.#toldBytes);
      this.#toldBytes = uploadedBytes;
      const bytes = this.#month.read();
      if (bytes >= 0) return bytes;
    } catch {
      // A full or forbidden storage is the site's matter; what is not counted must not be uploaded.
    }
    return Number.MAX_VALUE;
  }
}

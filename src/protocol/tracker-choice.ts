import type { Rng } from "../base/random.ts";
import type { Millis } from "../base/time.ts";

/**
 * Which of its trackers a viewer turns to, and when (TR19, TR30 to TR33): one that is lost is called again at a random
 * moment, one that does not let us in makes way for the next. Knows no socket and no message.
 */
export class TrackerChoice {
  /** Those of the page's own configuration: they stay on every list. */
  readonly #configured: readonly string[];
  readonly #rng: Rng;
  /** The present one first. */
  #urls: readonly string[];
  /** Since one let us in. */
  #failures = 0;
  #redirects = 0;
  /** How far those who lose the present one spread. */
  #withinMs: Millis = 0;

  constructor(configured: readonly string[], rng: Rng) {
    this.#urls = this.#configured = configured;
    this.#rng = rng;
  }

  /** The one to call now. */
  get url(): string {
    return this.#urls[0] ?? "";
  }

  /** It has let us in, and may know others. */
  joined(others: readonly string[] = []): void {
    this.#failures = this.#redirects = 0;
    this.#list([this.url, ...others]);
  }

  /** It has told how far to spread when it is lost. */
  spread(withinMs: Millis = 0): void {
    this.#withinMs = withinMs;
  }

  /** It had let us in, and is gone. It alone knows us, and the fault may be our own network's: it is called again first. */
  lost(now: Millis): Millis {
    return this.#within(now, this.#withinMs);
  }

  /** It did not let us in: the next is called at once; after a round of all, later, and after `waitMs` in any case. */
  failed(now: Millis, waitMs: Millis = 0): Millis {
    this.#urls = [...this.#urls.slice(1), this.url];
    const rounds = ++this.#failures / this.#urls.length;
    if (rounds % 1 > 0) return this.#within(now, 0);
    return this.#within(now + waitMs, Math.max(this.#withinMs, RETRY_MS_MIN << Math.min(rounds - 1, 10)));
  }

  /** It sends us away for `waitMs`, to others if it names any; when we are being sent in circles, it is as if it had failed. */
  sentAway(now: Millis, waitMs: Millis, others: readonly string[] = []): Millis {
    if (others.length > 0) this.#list(others);
    return this.#redirects++ < REDIRECTS_MAX ? now + waitMs : this.failed(now);
  }

  #list(urls: readonly string[]): void {
    this.#urls = [...new Set([...urls, ...this.#configured])];
  }

  /** Full jitter: a restarted tracker must not meet everyone at once. */
  #within(now: Millis, spanMs: Millis): Millis {
    return now + this.#rng.next() * Math.max(RETRY_MS_MIN, Math.min(RETRY_MS_MAX, spanMs));
  }
}

const RETRY_MS_MIN: Millis = 500;
const RETRY_MS_MAX: Millis = 30_000;
/** From a list to a tracker, to another, and to one that has filled up meanwhile; more is a circle. */
const REDIRECTS_MAX = 4;

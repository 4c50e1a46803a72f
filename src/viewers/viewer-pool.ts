/** Viewers that come one after the other, and stay or leave and are replaced; and what all of them together have seen. */
import type { Seconds } from "../base/time.ts";
import { figuresOf, type SwarmFigures, type ViewerCounts } from "./figures.ts";
import type { HeadlessViewer } from "./headless-viewer.ts";

export interface ViewerPoolOptions {
  readonly viewers: number;
  /** They come evenly over this time. */
  readonly rampSeconds: Seconds;
  /** Share of them that leaves in a minute; for each another one comes. */
  readonly leaveRate: number;
  /** `turn` counts those who came before. */
  open(turn: number): HeadlessViewer;
}

export class ViewerPool {
  readonly #options: ViewerPoolOptions;
  readonly #viewers: HeadlessViewer[] = [];
  readonly #gone: ViewerCounts[] = [];
  readonly #startedAt = performance.now();
  readonly #timers: ReturnType<typeof setInterval>[] = [];
  #came = 0;

  /** The first one comes at once. */
  constructor(options: ViewerPoolOptions) {
    this.#options = options;
    const { viewers, rampSeconds, leaveRate } = options;
    this.#come();
    const coming = setInterval(
      () => {
        if (this.#viewers.length < viewers) this.#come();
        else clearInterval(coming);
      },
      (rampSeconds * 1000) / viewers,
    );
    this.#timers.push(coming);
    if (leaveRate === 0) return;
    const leaving = setInterval(
      () => {
        this.#replaceOne();
      },
      60_000 / (viewers * leaveRate),
    );
    this.#timers.push(leaving);
  }

  get viewers(): readonly HeadlessViewer[] {
    return this.#viewers;
  }

  figures(): SwarmFigures {
    return figuresOf((performance.now() - this.#startedAt) / 1000, this.#viewers.map(countsOf), this.#gone);
  }

  /** Everybody leaves. Idempotent. */
  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const viewer of this.#viewers) viewer.close();
  }

  #come(): void {
    this.#viewers.push(this.#options.open(this.#came++));
  }

  /** Anybody but who came last: churn hits those who give. */
  #replaceOne(): void {
    const [leaver] = this.#viewers.splice(Math.floor(Math.random() * (this.#viewers.length - 1)), 1);
    if (!leaver) return;
    this.#gone.push(countsOf(leaver));
    leaver.close();
    this.#come();
  }
}

const countsOf = (viewer: HeadlessViewer): ViewerCounts => ({ player: viewer.player(), swarm: viewer.swarm() });

/** A viewer and everything seen of it so far. Survives the crash of its page. */
import type { BrowserViewer } from "./browser.ts";
import type { ViewerRecord } from "./figures.ts";
import type { PageReport, PageSetup } from "./pages/page-api.ts";

export class WatchedViewer {
  readonly #viewer: BrowserViewer;
  /** Whether the fault of this run will kill it. */
  readonly isDoomed: boolean;
  #phase: "waiting" | "playing" | "killed" = "waiting";
  #polls = 0;
  #last: PageReport | undefined;
  readonly #latencies: { readonly at: number; readonly seconds: number }[] = [];
  #cpuFrom: { readonly at: number; readonly taskSeconds: number } | undefined;
  #mainThreadShare: number | undefined;
  #heapBytes: number | undefined;

  constructor(viewer: BrowserViewer, isDoomed: boolean) {
    this.#viewer = viewer;
    this.isDoomed = isDoomed;
  }

  get isPlaying(): boolean {
    return this.#last?.startedAt !== undefined;
  }

  get connectionsMade(): number {
    return this.#last?.connectionsMade ?? 0;
  }

  get errors(): readonly string[] {
    return this.#last?.errors ?? [];
  }

  hasPlayedFor(ms: number): boolean {
    return this.#last?.startedAt !== undefined && this.#last.now - this.#last.startedAt >= ms;
  }

  async start(setup: PageSetup): Promise<void> {
    await this.#viewer.start(setup);
    this.#phase = "playing";
  }

  /** `newestEndAt`: where the newest media that the origin lists at an instant ends. */
  async poll(newestEndAt: (now: number) => number): Promise<void> {
    if (this.#phase !== "playing") return;
    // Statistics of many connections cost time of the main thread that is being measured.
    const readChannels = this.#polls++ % POLLS_PER_CHANNEL_READING === 0;
    const report = await this.#unlessKilled(() => this.#viewer.report(readChannels));
    if (!report) return;
    this.#last = report;
    const { now, playingAt } = report;
    if (playingAt !== undefined) this.#latencies.push({ at: now, seconds: (newestEndAt(now) - playingAt) / 1000 });
  }

  /** From here on the main thread is measured. */
  async beginCpu(): Promise<void> {
    if (this.#phase !== "playing") return;
    this.#cpuFrom = { at: performance.now(), taskSeconds: await this.#viewer.taskSeconds() };
  }

  /** The renderer is gone at once. */
  async kill(): Promise<void> {
    this.#phase = "killed";
    await this.#viewer.crash();
  }

  /** The last readings. */
  async finish(): Promise<void> {
    if (this.#phase !== "playing") return;
    this.#last = await this.#viewer.report(true);
    if (this.#cpuFrom) {
      const taskSeconds = (await this.#viewer.taskSeconds()) - this.#cpuFrom.taskSeconds;
      this.#mainThreadShare = (1000 * taskSeconds) / (performance.now() - this.#cpuFrom.at);
    }
    this.#heapBytes = await this.#viewer.heapBytes();
  }

  record(): ViewerRecord {
    return {
      label: this.#viewer.label,
      killed: this.#phase === "killed",
      startupMs: this.#last?.startupMs,
      startedAt: this.#last?.startedAt,
      stalls: this.#last?.stalls ?? [],
      deliveries: this.#last?.deliveries ?? [],
      latencies: this.#latencies,
      peerReceivedBytes: this.#last?.peerReceivedBytes ?? 0,
      channelReceivedBytes: this.#last?.channelReceivedBytes ?? 0,
      channelSentBytes: this.#last?.channelSentBytes ?? 0,
      mainThreadShare: this.#mainThreadShare,
      heapBytes: this.#heapBytes,
    };
  }

  /** A page that crashed during a call rejects it. */
  async #unlessKilled<T>(call: () => Promise<T>): Promise<T | undefined> {
    try {
      return await call();
    } catch (error) {
      if (this.#phase === "killed") return undefined;
      throw error;
    }
  }
}

const POLLS_PER_CHANNEL_READING = 5;

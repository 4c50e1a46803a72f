/** MediaSource for Node as far as hls.js uses it: keeps no media, only which time has been appended. */
import { Fmp4Timing } from "./fmp4-timing.ts";
import { Ranges } from "./time-ranges.ts";

export class FakeSourceBuffer extends EventTarget {
  readonly #timing = new Fmp4Timing();
  updating = false;
  mode = "segments";
  timestampOffset = 0;
  appendWindowStart = 0;
  appendWindowEnd = Infinity;
  buffered = new Ranges();

  appendBuffer(data: ArrayBuffer | Uint8Array): void {
    const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
    this.#update(() => {
      for (const { startSeconds, endSeconds } of this.#timing.read(bytes))
        this.buffered = this.buffered.with(startSeconds + this.timestampOffset, endSeconds + this.timestampOffset);
    });
  }

  remove(start: number, end: number): void {
    this.#update(() => {
      this.buffered = this.buffered.without(start, end);
    });
  }

  abort(): void {}

  changeType(): void {}

  /** Done in a later task, as in a browser. */
  #update(change: () => void): void {
    if (this.updating) throw new DOMException("an update is running", "InvalidStateError");
    this.updating = true;
    setImmediate(() => {
      change();
      this.updating = false;
      this.dispatchEvent(new Event("update"));
      this.dispatchEvent(new Event("updateend"));
    });
  }
}

export class FakeMediaSource extends EventTarget {
  readyState: "closed" | "open" | "ended" = "closed";
  sourceBuffers: FakeSourceBuffer[] = [];
  duration = NaN;
  liveSeekable: Ranges | undefined;

  static isTypeSupported(): boolean {
    return true;
  }

  /** The media source that an object URL was made of. */
  static at(url: string): FakeMediaSource | undefined {
    return opened.get(url);
  }

  open(): void {
    this.readyState = "open";
    this.dispatchEvent(new Event("sourceopen"));
  }

  get buffered(): Ranges {
    const [first, ...others] = this.sourceBuffers.map(({ buffered }) => buffered);
    return others.reduce((all, one) => all.and(one), first ?? new Ranges());
  }

  addSourceBuffer(): FakeSourceBuffer {
    const buffer = new FakeSourceBuffer();
    this.sourceBuffers.push(buffer);
    return buffer;
  }

  removeSourceBuffer(gone: FakeSourceBuffer): void {
    this.sourceBuffers = this.sourceBuffers.filter((one) => one !== gone);
  }

  endOfStream(): void {
    this.readyState = "ended";
    this.dispatchEvent(new Event("sourceended"));
  }

  setLiveSeekableRange(start: number, end: number): void {
    this.liveSeekable = new Ranges([[start, end]]);
  }

  clearLiveSeekableRange(): void {
    this.liveSeekable = undefined;
  }
}

const opened = new Map<string, FakeMediaSource>();

/** What `URL.createObjectURL` and `revokeObjectURL` are for a page that plays. */
export const objectUrls = {
  createObjectURL(source: FakeMediaSource): string {
    const url = `blob:viewer/${opened.size}`;
    opened.set(url, source);
    return url;
  },
  revokeObjectURL(url: string): void {
    opened.delete(url);
  },
};

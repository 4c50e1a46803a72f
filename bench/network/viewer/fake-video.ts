/**
 * A video element for Node as far as hls.js and the swarm look at it: shows nothing, but plays what its media source
 * has, by the wall clock, and stands still where that ends. Times are as exact as a browser's.
 */
import { FakeMediaSource } from "./fake-media-source.ts";
import { Ranges } from "./time-ranges.ts";

export class FakeVideo extends EventTarget {
  #src = "";
  #source: FakeMediaSource | undefined;
  #position = 0;
  #tickedAt = performance.now();
  /** Standing still for want of data, or not begun. */
  #isWaiting = true;
  paused = true;
  ended = false;
  seeking = false;
  playbackRate = 1;
  readyState = HAVE_NOTHING;
  readonly defaultPlaybackRate = 1;
  readonly volume = 1;
  readonly muted = true;
  readonly autoplay = false;
  readonly error = null;
  readonly textTracks = Object.assign(new EventTarget(), { length: 0, onchange: null });

  constructor() {
    super();
    setInterval(() => {
      this.#tick();
    }, TICK_MS);
  }

  get src(): string {
    return this.#src;
  }

  set src(url: string) {
    this.#src = url;
    this.#source = FakeMediaSource.at(url);
    setTimeout(() => this.#source?.open());
  }

  get currentSrc(): string {
    return this.#src;
  }

  get duration(): number {
    return this.#source?.duration ?? NaN;
  }

  get buffered(): Ranges {
    return this.#source?.buffered ?? new Ranges();
  }

  get seekable(): Ranges {
    return this.#source?.liveSeekable ?? new Ranges(this.duration > 0 ? [[0, this.duration]] : []);
  }

  get played(): Ranges {
    return new Ranges([[0, this.#position]]);
  }

  get currentTime(): number {
    return this.#position;
  }

  set currentTime(position: number) {
    this.#position = position;
    this.seeking = true;
    this.#say("seeking");
    setTimeout(() => {
      this.seeking = false;
      this.#say("seeked");
    });
  }

  play(): Promise<void> {
    this.paused = false;
    this.#say("play");
    return Promise.resolve();
  }

  pause(): void {
    this.paused = true;
    this.#say("pause");
  }

  load(): void {}

  canPlayType(): string {
    return "probably";
  }

  removeAttribute(): void {
    this.#src = "";
  }

  querySelectorAll(): readonly never[] {
    return [];
  }

  #tick(): void {
    const now = performance.now();
    const elapsedSeconds = (now - this.#tickedAt) / 1000;
    this.#tickedAt = now;
    const end = this.buffered.endOf(this.#position) ?? this.#position;
    if (this.readyState === HAVE_NOTHING && end > this.#position) {
      this.readyState = HAVE_ENOUGH_DATA;
      this.#say("loadedmetadata");
      this.#say("loadeddata");
      this.#say("canplay");
    }
    if (this.paused || this.ended || this.seeking) return;
    if (this.#isWaiting) {
      if (end - this.#position < RESUME_SECONDS) return;
      this.#isWaiting = false;
      this.readyState = HAVE_ENOUGH_DATA;
      this.#say("playing");
      return;
    }
    this.#position = Math.min(this.#position + elapsedSeconds * this.playbackRate, end);
    this.#say("timeupdate");
    if (this.#position < end) return;
    this.#isWaiting = true;
    this.readyState = HAVE_CURRENT_DATA;
    this.#say("waiting");
  }

  #say(event: string): void {
    this.dispatchEvent(new Event(event));
  }
}

const HAVE_NOTHING = 0;
const HAVE_CURRENT_DATA = 2;
const HAVE_ENOUGH_DATA = 4;
/** Chromium says `timeupdate` four times a second at least; this is fine enough for what is sampled at 100 ms. */
const TICK_MS = 50;
/** As much as a browser wants before it goes on. */
const RESUME_SECONDS = 0.2;

/**
 * Keeps the playlist of one rendition fresh: when to load it again (RFC 8216 section 6.3.4), or how to wait for its news at
 * the server (8216bis section 6.2.5.2). Knows nothing of what is in it but where it ends.
 */
import type { Logger } from "../base/logger.ts";
import type { Millis } from "../base/time.ts";
import type { MediaPlaylist } from "../playlist/media-playlist.ts";
import type { Loaded } from "./playlist-source.ts";

export interface ReloaderOptions {
  /** For the log. */
  readonly name: string;
  /** Waits for news at the server where it lets us. */
  readonly lowLatency: boolean;
  /** Asks as soon as there may be news, and often then: for one that others wait for. */
  readonly eager: boolean;
  readonly logger: Logger;
  load(directives: string, heldMs: Millis): Promise<Loaded<MediaPlaylist>>;
  /** A text that has something new. */
  told(loaded: Loaded<MediaPlaylist>): void;
  /** The upstream has had nothing new for long, or older news than another. */
  stale(loaded: Loaded<MediaPlaylist>): void;
}

export class PlaylistReloader {
  readonly #options: ReloaderOptions;
  #newest: Loaded<MediaPlaylist> | undefined;
  #newsAt: Millis = 0;
  /** Loads since the last news that brought none. */
  #vainLoads = 0;
  /** The last news were asked for when they were not there yet: so they were new when they came. */
  #wereFresh = false;
  #beganAt: Millis = -Infinity;
  #isLoading = false;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(options: ReloaderOptions) {
    this.#options = options;
  }

  get newest(): Loaded<MediaPlaylist> | undefined {
    return this.#newest;
  }

  /** `first` is a playlist that was loaded already. Nothing is told before this returns. */
  start(first?: Loaded<MediaPlaylist>): void {
    this.#beganAt = performance.now();
    if (!first) this.#waitUntil(this.#beganAt);
    else
      queueMicrotask(() => {
        if (this.#isClosed) return;
        this.#accept(first);
        this.#waitUntil(this.#nextAt(first.playlist, true));
      });
  }

  /** There may be news. As often as anybody says so, but for those who ask the same within a moment. */
  refresh(): void {
    if (this.#isLoading || this.#newest?.playlist.isEnded === true) return;
    this.#waitUntil(this.#beganAt + REFRESH_MS_MIN);
  }

  /**
   * A text that came another way than by our own request. One that we have just found ourselves counts, too: else two who
   * load at the same times would both fetch what is new, for good.
   */
  take(loaded: Loaded<MediaPlaylist>): void {
    if (this.#isClosed) return;
    const known = this.#newest?.text === loaded.text;
    if ((!known && !this.#accept(loaded)) || this.#isLoading) return;
    this.#waitUntil(performance.now() + loaded.playlist.targetDuration * PASSED_ON_TARGETS * 1000);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #waitUntil(at: Millis): void {
    clearTimeout(this.#timer);
    if (this.#isClosed || this.#newest?.playlist.isEnded === true) return;
    this.#timer = setTimeout(() => void this.#reload(), Math.max(0, at - performance.now()));
  }

  async #reload(): Promise<void> {
    const { logger, name, load } = this.#options;
    this.#isLoading = true;
    this.#beganAt = performance.now();
    const before = this.#newest?.playlist;
    const directives = before && this.#options.lowLatency ? nextDirectives(before) : "";
    const heldMs = directives && before ? before.targetDuration * HELD_TARGETS_MAX * 1000 : 0;
    let nextAt: Millis;
    try {
      const loaded = await load(directives, heldMs);
      if (this.#isClosed) return;
      if (this.#failures > 0) logger.info("headless", () => `the playlist of ${name} is loaded again`);
      this.#failures = 0;
      const changed = this.#accept(loaded);
      nextAt = this.#nextAt(loaded.playlist, changed);
    } catch (error) {
      if (this.#isClosed) return;
      if (this.#failures === 0)
        logger.warn("headless", () => `the playlist of ${name} cannot be loaded: ${String(error)}`);
      const pauseMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * (1 << Math.min(this.#failures++, RETRY_DOUBLINGS)));
      nextAt = performance.now() + pauseMs;
    } finally {
      this.#isLoading = false;
    }
    this.#waitUntil(nextAt);
  }

  /** When the next load begins; all is counted from when the last one began. */
  #nextAt(playlist: MediaPlaylist, changed: boolean): Millis {
    const { serverControl, targetDuration, partTarget = targetDuration, segments } = playlist;
    // A server that holds requests back says by itself when there is news: half a part, in case it only says so.
    const holds = this.#options.lowLatency && serverControl.canBlockReload;
    if (changed && holds) return this.#beganAt + partTarget * 500;
    const isOverdue = performance.now() - this.#newsAt > targetDuration * EAGER_TARGETS_MAX * 1000;
    if (!this.#options.eager || isOverdue) return this.#beganAt + waitMs(playlist, changed);
    const soonest = this.#beganAt + Math.max(EAGER_MS_MIN, targetDuration * EAGER_SHARE * 1000);
    if (!this.#wereFresh) return soonest;
    const duration = segments.at(-1)?.duration ?? targetDuration;
    return Math.max(soonest, this.#newsAt + duration * (1 - EAGER_SHARE) * 1000);
  }

  /** Whether it brought something new. */
  #accept(loaded: Loaded<MediaPlaylist>): boolean {
    const before = this.#newest;
    const now = performance.now();
    const isOlder = before !== undefined && isBehind(loaded.playlist, before.playlist);
    if (isOlder || before?.text === loaded.text) {
      // What stays behind for long does not lag: the packager counts anew, within what it listed before.
      const isStuck = now - this.#newsAt > loaded.playlist.targetDuration * STALE_TARGETS * 1000;
      if (!isOlder || !isStuck) {
        if (isOlder || (isStuck && !loaded.playlist.isEnded)) this.#options.stale(loaded);
        this.#vainLoads++;
        return false;
      }
    }
    this.#newest = loaded;
    this.#newsAt = now;
    this.#wereFresh = this.#vainLoads > 0;
    this.#vainLoads = 0;
    this.#options.told(loaded);
    return true;
  }
}

const waitMs = ({ targetDuration }: MediaPlaylist, changed: boolean): Millis =>
  targetDuration * 1000 * (changed ? 1 : 0.5);

/**
 * Another upstream may lag behind. One that lags by more than it lists counts anew: its packager was started again.
 */
function isBehind(playlist: MediaPlaylist, before: MediaPlaylist): boolean {
  const end = endOf(playlist);
  const endBefore = endOf(before);
  if (end.sequence === endBefore.sequence) return end.parts < endBefore.parts && !playlist.isEnded;
  return end.sequence < endBefore.sequence && end.sequence > before.mediaSequence;
}

const endOf = ({ open }: MediaPlaylist) => ({ sequence: open.sequence, parts: open.parts.length });

/** Asks for the text that has the next segment, or the next part; "" where the server holds nothing back. */
function nextDirectives({ serverControl, open, partTarget }: MediaPlaylist): string {
  if (!serverControl.canBlockReload) return "";
  return `_HLS_msn=${open.sequence}${partTarget === undefined ? "" : `&_HLS_part=${open.parts.length}`}`;
}

/** A server answers 503 after so long (RFC 8216bis section 6.2.5.2). */
const HELD_TARGETS_MAX = 3;
/** A live playlist has a new segment each target duration; twice that is a hiccup of the packager. */
const STALE_TARGETS = 3;

/** Of a target duration: how much later than possible news are heard of, at one or two requests for each. */
const EAGER_SHARE = 1 / 8;
const EAGER_MS_MIN: Millis = 100;
/** A packager that is later than this has stopped. */
const EAGER_TARGETS_MAX = 2;

/** Whoever passed on a playlist may pass on the next: it is waited for a little longer than it takes. */
const PASSED_ON_TARGETS = 1.5;

/** Peers that say that there is news say it nearly at once. */
const REFRESH_MS_MIN: Millis = 250;

const RETRY_MS_MIN: Millis = 1000;
const RETRY_DOUBLINGS = 4;
const RETRY_MS_MAX: Millis = 15_000;

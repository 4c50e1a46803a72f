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
    if (!first) this.#wait(0);
    else
      queueMicrotask(() => {
        if (this.#isClosed) return;
        this.#accept(first);
        this.#wait(this.#pauseMs(first.playlist, true));
      });
  }

  /** There may be news. As often as anybody says so, but for those who ask the same within a moment. */
  refresh(): void {
    if (this.#isLoading || this.#newest?.playlist.isEnded === true) return;
    this.#wait(Math.max(0, this.#beganAt + REFRESH_MS_MIN - performance.now()));
  }

  /** A text that came another way than by our own request. */
  take(loaded: Loaded<MediaPlaylist>): void {
    if (this.#isClosed) return;
    const changed = this.#accept(loaded);
    if (!this.#isLoading && changed) this.#wait(waitMs(loaded.playlist, true)); // whoever passed it on may do so again
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #wait(ms: Millis): void {
    clearTimeout(this.#timer);
    if (this.#isClosed || this.#newest?.playlist.isEnded === true) return;
    this.#timer = setTimeout(() => void this.#reload(), ms);
  }

  async #reload(): Promise<void> {
    const { logger, name, load } = this.#options;
    this.#isLoading = true;
    this.#beganAt = performance.now();
    const before = this.#newest?.playlist;
    const directives = before && this.#options.lowLatency ? nextDirectives(before) : "";
    const heldMs = directives && before ? before.targetDuration * HELD_TARGETS_MAX * 1000 : 0;
    let nextMs: Millis;
    try {
      const loaded = await load(directives, heldMs);
      if (this.#isClosed) return;
      this.#failures = 0;
      const changed = this.#accept(loaded);
      nextMs = this.#pauseMs(loaded.playlist, changed) - (performance.now() - this.#beganAt);
    } catch (error) {
      if (this.#isClosed) return;
      logger.warn("headless", () => `the playlist of ${name} could not be loaded: ${String(error)}`);
      nextMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * (1 << Math.min(this.#failures++, RETRY_DOUBLINGS)));
    } finally {
      this.#isLoading = false;
    }
    this.#wait(Math.max(0, nextMs));
  }

  /**
   * From the beginning of one load to that of the next. A server that holds requests back says by itself when there is
   * news: half a part, in case it only says so.
   */
  #pauseMs(playlist: MediaPlaylist, changed: boolean): Millis {
    const { serverControl, targetDuration, partTarget = targetDuration } = playlist;
    const holds = this.#options.lowLatency && serverControl.canBlockReload;
    return changed && holds ? partTarget * 500 : waitMs(playlist, changed);
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
        return false;
      }
    }
    this.#newest = loaded;
    this.#newsAt = now;
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

/** Peers that say that there is news say it nearly at once. */
const REFRESH_MS_MIN: Millis = 250;

const RETRY_MS_MIN: Millis = 1000;
const RETRY_DOUBLINGS = 4;
const RETRY_MS_MAX: Millis = 15_000;

/**
 * Tells the swarm where the player is, how far it has buffered and how far it would. Driven by events alone: the media
 * element speaks at least four times a second while it plays, and the swarm reckons on from there by itself.
 */
import type Hls from "hls.js";
import type { Millis, Seconds } from "../base/time.ts";
import type { SwarmPort } from "../swarm/io/driver-api.ts";
import {
  FRAG_BUFFERED,
  LEVEL_SWITCHING,
  LEVEL_UPDATED,
  listen,
  MEDIA_ATTACHED,
  MEDIA_DETACHING,
} from "./hls-events.ts";
import type { MonitorOptions } from "./playlist-monitor.ts";

export class PlaybackMonitor {
  readonly #hls: Hls;
  readonly #port: SwarmPort;
  #stops: readonly (() => void)[] = [];
  readonly #report: () => void;
  #media: HTMLMediaElement | null = null;
  /** Whether the element has had something to show since it was attached. */
  #hasShown = false;
  readonly #played = { stalls: 0, stalledMs: 0, playedMs: 0, startUpMs: 0 };
  /** When the element was last looked at, and what the time counts as from then on. */
  #countedAt: Millis = 0;
  #countsAs: "startUpMs" | "stalledMs" | "playedMs" | undefined;

  constructor({ hls, port, guard }: MonitorOptions) {
    this.#hls = hls;
    this.#port = port;
    this.#report = (): void => {
      guard(() => {
        this.#tell();
      });
    };
  }

  /** May come late: reads the state that the player is in. */
  start(): void {
    const hls = this.#hls;
    this.#stops = [
      listen(hls, MEDIA_ATTACHED, () => {
        this.#watch(hls.media);
      }),
      listen(hls, MEDIA_DETACHING, () => {
        this.#watch(null);
      }),
      listen(hls, FRAG_BUFFERED, this.#report),
      listen(hls, LEVEL_UPDATED, this.#report),
      listen(hls, LEVEL_SWITCHING, this.#report),
    ];
    this.#watch(hls.media);
  }

  close(): void {
    for (const stop of this.#stops) stop();
    for (const name of MEDIA_EVENTS) this.#media?.removeEventListener(name, this.#report);
    this.#media = null;
  }

  #watch(media: HTMLMediaElement | null): void {
    for (const name of MEDIA_EVENTS) this.#media?.removeEventListener(name, this.#report);
    if (media !== this.#media) this.#hasShown = false;
    this.#media = media;
    for (const name of MEDIA_EVENTS) media?.addEventListener(name, this.#report);
    this.#report();
  }

  #tell(): void {
    const media = this.#media;
    const bufferAheadMax = this.#bufferAheadMax();
    if (!media) {
      this.#port.playback({ bufferedEnd: 0, rate: 0, bufferAheadMax });
      return;
    }
    const { currentTime } = media;
    const bufferedEnd = this.#bufferedEnd(media, currentTime);
    const rate = media.paused || media.ended ? 0 : media.playbackRate;
    // A live player starts at 0 and jumps to the edge once it has data there: until then its position means nothing.
    this.#hasShown ||= media.readyState >= HAVE_CURRENT_DATA && bufferedEnd > currentTime;
    this.#count(media, rate);
    const position = this.#hasShown ? { position: currentTime } : {};
    const played = { ...this.#played };
    this.#port.playback({ ...position, bufferedEnd, rate: Math.max(0, rate), bufferAheadMax, played });
  }

  /** Where the time has gone: the element speaks whenever it comes to a halt or goes on. */
  #count({ readyState, seeking }: HTMLMediaElement, rate: number): void {
    const played = this.#played;
    const now = Math.round(performance.now());
    const before = this.#countsAs;
    if (before) played[before] += now - this.#countedAt;
    this.#countedAt = now;
    const goes = rate > 0 && !seeking;
    const waits = !this.#hasShown || (goes && readyState < HAVE_FUTURE_DATA);
    const waitsAs = played.playedMs > 0 ? "stalledMs" : "startUpMs";
    this.#countsAs = waits ? waitsAs : goes ? "playedMs" : undefined;
    if (this.#countsAs === "stalledMs" && before !== "stalledMs") played.stalls++;
  }

  /** End of what can be played on from `position`, over holes that hls.js would jump. */
  #bufferedEnd({ buffered }: HTMLMediaElement, position: Seconds): Seconds {
    const hole = this.#hls.config.maxBufferHole;
    let end = position;
    for (let index = 0; index < buffered.length; index++)
      if (buffered.start(index) <= end + hole) end = Math.max(end, buffered.end(index));
    return end;
  }

  /** As hls.js reckons for the level it loads. */
  #bufferAheadMax(): Seconds {
    const hls = this.#hls;
    // Absent before 1.6. False after `pauseBuffering` and `stopLoad`.
    if (PAUSES.some((name) => name in hls && !hls[name])) return 0;
    const { maxBufferLength, maxBufferSize, maxMaxBufferLength } = hls.config;
    const bitrate = hls.levels[hls.loadLevel]?.maxBitrate;
    const bySize = bitrate ? (8 * maxBufferSize) / bitrate : 0;
    return Math.min(Math.max(bySize, maxBufferLength), maxMaxBufferLength);
  }
}

const MEDIA_EVENTS = [
  "timeupdate",
  "seeking",
  "seeked",
  "waiting",
  "playing",
  "play",
  "pause",
  "ratechange",
  "loadeddata",
  "ended",
];

const PAUSES = ["bufferingEnabled", "loadingEnabled"] as const;

/** HTMLMediaElement.HAVE_CURRENT_DATA and the one above it, which a server does not have. */
const HAVE_CURRENT_DATA = 2;
const HAVE_FUTURE_DATA = 3;

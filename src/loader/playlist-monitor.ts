/**
 * Tells the swarm which segments the player's playlists list and which renditions it plays. Fetches no playlist: what
 * hls.js has not loaded is not known.
 */
import type Hls from "hls.js";
import type { Fragment, LevelDetails } from "hls.js";
import type { Seconds } from "../base/time.ts";
import type { TrackId } from "../protocol/ids.ts";
import type { SwarmPort } from "../swarm/io/driver-api.ts";
import { partTrackOf, trackIdFor, type Rendition } from "../playlist/stream-names.ts";
import {
  AUDIO_TRACK_LOADED,
  AUDIO_TRACK_SWITCHING,
  AUDIO_TRACK_UPDATED,
  LEVEL_PTS_UPDATED,
  LEVEL_SWITCHING,
  LEVEL_UPDATED,
  listen,
} from "./hls-events.ts";
import type { SegmentCatalogue } from "./segment-catalogue.ts";

export interface MonitorOptions {
  readonly hls: Hls;
  readonly port: SwarmPort;
  /** Runs a listener so that nothing it throws reaches the player. */
  guard(listener: () => void): void;
}

type Kind = Rendition["kind"];

export class PlaylistMonitor {
  readonly #hls: Hls;
  readonly #port: SwarmPort;
  readonly #catalogue: SegmentCatalogue;
  readonly #guard: MonitorOptions["guard"];
  #stops: readonly (() => void)[] = [];
  /** The newest playlist of each track, and where its last segment began when it was told. */
  readonly #told = new Map<TrackId, { readonly details: LevelDetails; readonly lastStart: Seconds }>();
  /** What hls.js loaded whole segments of last, although the playlist lists their parts. */
  readonly #whole = new Set<Kind>();
  #followed = "";

  constructor({ hls, port, guard }: MonitorOptions, catalogue: SegmentCatalogue) {
    this.#hls = hls;
    this.#port = port;
    this.#guard = guard;
    this.#catalogue = catalogue;
  }

  /** May come late: reads what hls.js has loaded already. */
  start(): void {
    const hls = this.#hls;
    const guard = this.#guard;
    const follow = (): void => {
      guard(() => {
        this.#follow();
      });
    };
    const tell = (kind: Kind, index: number, details: LevelDetails): void => {
      guard(() => {
        this.#tell(kind, index, details);
      });
    };
    const tellAudio = (_: unknown, { id, details }: { id: number; details: LevelDetails }): void => {
      tell("audio", id, details);
    };
    this.#stops = [
      listen(hls, LEVEL_UPDATED, (_, { level, details }) => {
        tell("main", level, details);
      }),
      // Since 1.6 hls.js says when it has merged an audio playlist into what it knows.
      "bufferingEnabled" in hls
        ? listen(hls, AUDIO_TRACK_UPDATED, tellAudio)
        : listen(hls, AUDIO_TRACK_LOADED, tellAudio),
      listen(hls, LEVEL_PTS_UPDATED, (_, { frag, details }) => {
        guard(() => {
          this.#retell(frag, details);
        });
      }),
      listen(hls, LEVEL_SWITCHING, follow),
      listen(hls, AUDIO_TRACK_SWITCHING, follow),
    ];
    hls.levels.forEach(({ details }, index) => {
      if (details) tell("main", index, details);
    });
    hls.audioTracks.forEach(({ details }, index) => {
      if (details) tell("audio", index, details);
    });
    follow();
  }

  /** Reads the playlist of a fragment that hls.js loads before it has told of the playlist, as 1.5 does for audio. */
  reread({ type, level }: Fragment): void {
    const kind = type === "audio" ? "audio" : "main";
    const details = kind === "audio" ? this.#hls.audioTracks[level]?.details : this.#hls.levels[level]?.details;
    const track = this.trackOf(kind, level);
    if (!details || track === undefined || this.#told.get(track)?.details === details) return;
    this.#tell(kind, level, details);
  }

  /** hls.js loads a whole fragment, or a part of one, and will go on so until it does otherwise. */
  loads({ type }: Fragment, isPart: boolean): void {
    const kind = type === "audio" ? "audio" : "main";
    if (this.#whole.has(kind) !== isPart) return;
    if (isPart) this.#whole.delete(kind);
    else this.#whole.add(kind);
    this.#follow();
  }

  close(): void {
    for (const stop of this.#stops) stop();
  }

  #tell(kind: Kind, index: number, details: LevelDetails): void {
    const track = this.trackOf(kind, index);
    if (track === undefined) return;
    const segments = this.#catalogue.update(track, details);
    const { live, targetduration: targetDuration } = details;
    this.#told.set(track, { details, lastStart: details.fragments.at(-1)?.start ?? 0 });
    const parts = partTrackOf(track);
    const listed = this.#listsParts(track) ? this.#catalogue.updateParts(parts, details) : undefined;
    const signed = [...segments, ...(listed ?? [])].some(({ root }) => root !== undefined);
    this.#port.playlist({ track, live, targetDuration, segments, signed });
    if (listed) {
      this.#port.playlist({ track: parts, live, targetDuration: details.partTarget, segments: listed, signed });
    }
    this.#follow();
  }

  /** The timeline moves a little with every fragment parsed; a long playlist is told again when it moved enough. */
  #retell({ type, level }: Fragment, details: LevelDetails): void {
    if (type === "subtitle") return;
    const kind = type === "audio" ? "audio" : "main";
    const track = this.trackOf(kind, level);
    const before = track === undefined ? undefined : this.#told.get(track)?.lastStart;
    const now = details.fragments.at(-1)?.start;
    if (before === undefined || now === undefined || Math.abs(now - before) < START_DRIFT_MAX) return;
    this.#tell(kind, level, details);
  }

  #follow(): void {
    const { loadLevel, audioTrack } = this.#hls;
    // Audio without a playlist of its own comes with the level.
    const tracks = [this.#takenOf("main", loadLevel), this.#takenOf("audio", audioTrack)].filter(
      (id) => id !== undefined,
    );
    if (tracks.join() === this.#followed) return;
    this.#followed = tracks.join();
    this.#port.followTracks(tracks);
  }

  /** What is fetched ahead: its segments, or their parts. Never both, which would be the same video twice. */
  #takenOf(kind: Kind, index: number): TrackId | undefined {
    const track = this.trackOf(kind, index);
    return track !== undefined && !this.#whole.has(kind) && this.#listsParts(track) ? partTrackOf(track) : track;
  }

  #listsParts(track: TrackId): boolean {
    const { live, partList } = this.#told.get(track)?.details ?? {};
    return this.#hls.config.lowLatencyMode && live === true && (partList?.length ?? 0) > 0;
  }

  /** A rendition by its index in the lists of hls.js. */
  trackOf(kind: Kind, index: number): TrackId | undefined {
    const sourceUrl = this.#hls.url;
    const level = this.#hls.levels[index];
    const audio = this.#hls.audioTracks[index];
    const playlistUrl = kind === "main" ? level?.uri : audio?.url;
    const attributes = kind === "main" ? level?.attrs : audio?.attrs;
    if (!sourceUrl || !playlistUrl || !attributes) return undefined;
    return trackIdFor({ kind, attributes, playlistUrl, sourceUrl });
  }
}

/** Far less than a segment, and more than what rounding to frames does. */
const START_DRIFT_MAX: Seconds = 0.25;

/**
 * Which bytes a segment's name stands for now, as far as playlists tell: what is kept for longer than a packager runs must not
 * come back under a name that was given anew.
 */
import { createHash, randomBytes } from "node:crypto";
import type { Seconds } from "../base/time.ts";
import type { PlaylistUpdate } from "../headless/stream-follower.ts";
import type { SegmentId, TrackId } from "../protocol/ids.ts";
import { CHUNK_BYTES } from "../protocol/limits.ts";
import { chunkInput, HASH_BYTES, rootInput, type SegmentRoot } from "../protocol/segment-root.ts";

export class SegmentVersion {
  /** Lowercase letters and digits, for the name of a file. */
  readonly text: string;
  readonly #root: SegmentRoot | undefined;

  /** By its root; of a live stream without roots by its date; without dates it is this process's alone. */
  constructor(root: SegmentRoot | undefined, live: boolean, startedAt: Seconds | undefined) {
    this.#root = root;
    if (root) this.text = `r${root.hash}`;
    else if (!live) this.text = "vod";
    else this.text = startedAt === undefined ? THIS_PROCESS : `d${startedAt}`;
  }

  matches(text: string): boolean {
    if (!this.text.startsWith("d") || !text.startsWith("d")) return text === this.text;
    return Math.abs(Number(text.slice(1)) - Number(this.text.slice(1))) <= DATE_DRIFT_MAX;
  }

  /** Whether these are the bytes; true where nothing says. */
  fits(bytes: Uint8Array): boolean {
    if (!this.#root) return true;
    const { label, hash, byteLength } = this.#root;
    const hashes: Buffer[] = [];
    for (let at = 0; at < bytes.byteLength; at += CHUNK_BYTES)
      hashes.push(sha256(chunkInput(bytes.subarray(at, at + CHUNK_BYTES))));
    return byteLength === bytes.byteLength && sha256(rootInput(label, Buffer.concat(hashes))).toString("hex") === hash;
  }
}

/** Of what the playlists list now. */
export class SegmentVersions {
  readonly #versions = new Map<SegmentId, SegmentVersion>();
  readonly #listed = new Map<TrackId, readonly SegmentId[]>();
  readonly #suspects = new Set<SegmentId>();

  read({ track, segments, live }: PlaylistUpdate): void {
    const now = segments.map(({ id }) => id);
    const left = new Set(this.#listed.get(track));
    for (const { id, root, startedAtSeconds } of segments) {
      this.#versions.set(id, new SegmentVersion(root, live, startedAtSeconds));
      left.delete(id);
    }
    this.#listed.set(track, now);
    for (const id of left) {
      this.#versions.delete(id);
      this.#suspects.delete(id);
    }
  }

  /** Undefined for what must not be kept, or cannot be told. */
  of(segment: SegmentId): SegmentVersion | undefined {
    return this.#suspects.has(segment) ? undefined : this.#versions.get(segment);
  }

  /** An answer for it came that may be something else. */
  suspect(segment: SegmentId): void {
    this.#suspects.add(segment);
  }
}

const sha256 = (input: Uint8Array): Buffer => createHash("sha256").update(input).digest().subarray(0, HASH_BYTES);

/** Dates are carried on by durations, which are rounded; a packager that starts again is away for longer. */
const DATE_DRIFT_MAX: Seconds = 4;

const THIS_PROCESS = `s${randomBytes(8).toString("hex")}`;

/**
 * Cuts fragmented MP4, as it comes, into its init segment and its fragments, each a `moof` and the `mdat` behind it, and
 * reads of each when it begins, how long it lasts, and whether with a key frame. Holds at most one fragment.
 */
import type { Seconds } from "../../base/time.ts";
import { tracksOf, type InitSegment, type Track } from "./init-segment.ts";
import { boxesIn, boxHeader, findBox, MediaError, part, u32, u64, versionOf, viewOf } from "./iso-boxes.ts";

export interface Fragment {
  readonly bytes: Uint8Array;
  /** On the timeline of its run, of the video where there is any. */
  readonly start: Seconds;
  readonly duration: Seconds;
  readonly isIndependent: boolean;
  /** Frames of video. */
  readonly frames: number;
}

export type Cut =
  { readonly type: "init"; readonly init: InitSegment } | { readonly type: "fragment"; readonly fragment: Fragment };

export class FragmentSplitter {
  #pending = new Uint8Array(0);
  #filled = 0;
  #scanned = 0;
  #tracks: readonly Track[] | undefined;
  #moof: DataView | undefined;

  /** What has become whole with these bytes. Throws a {@link MediaError} for anything that is not fragmented MP4. */
  push(bytes: Uint8Array): readonly Cut[] {
    this.#append(bytes);
    const cuts: Cut[] = [];
    for (;;) {
      const view = viewOf(this.#pending.subarray(0, this.#filled));
      const header = boxHeader(view, this.#scanned);
      if (!header) return cuts;
      const end = this.#scanned + header.byteLength;
      if (end > FRAGMENT_BYTES_MAX) throw new MediaError(`a box "${header.type}" ends after ${end} bytes`);
      if (end > this.#filled) return cuts;
      const body = part(view, this.#scanned + header.headerBytes, header.byteLength - header.headerBytes);
      this.#scanned = end;
      if (header.type === "moof") this.#moof = body;
      else if (header.type === "moov") {
        this.#tracks = tracksOf(body);
        cuts.push({ type: "init", init: { bytes: this.#take(), tracks: this.#tracks } });
      } else if (header.type === "mdat" && this.#moof) {
        const facts = this.#factsOf(this.#moof);
        cuts.push({ type: "fragment", fragment: { bytes: this.#take(), ...facts } });
      } else if (header.type === "mfra") this.#take(); // an index of a file that nobody has
    }
  }

  #append(bytes: Uint8Array): void {
    const length = this.#filled + bytes.length;
    if (length > this.#pending.length) {
      const larger = new Uint8Array(Math.max(length, this.#pending.length * 2, BYTES_AT_FIRST));
      larger.set(this.#pending.subarray(0, this.#filled));
      this.#pending = larger;
      // The view of a fragment's head would otherwise be of bytes that are no longer written.
      if (this.#moof) this.#moof = new DataView(larger.buffer, this.#moof.byteOffset, this.#moof.byteLength);
    }
    this.#pending.set(bytes, this.#filled);
    this.#filled = length;
  }

  /** Everything up to where it has been read, which is then gone from here. */
  #take(): Uint8Array {
    const taken = this.#pending.slice(0, this.#scanned);
    this.#pending.copyWithin(0, this.#scanned, this.#filled);
    this.#filled -= this.#scanned;
    this.#scanned = 0;
    this.#moof = undefined;
    return taken;
  }

  #factsOf(moof: DataView): Omit<Fragment, "bytes"> {
    const runs = boxesIn(moof).filter(({ type }) => type === "traf");
    let main: { track: Track; traf: DataView } | undefined;
    for (const { body: traf } of runs) {
      const tfhd = findBox(traf, "tfhd");
      const id = tfhd && u32(tfhd, 4);
      const track = this.#tracks?.find((known) => known.id === id);
      if (track && (!main || track.kind === "video")) main = { track, traf };
    }
    if (!main) throw new MediaError("a fragment of no track");
    const times = timesOf(main.track, main.traf);
    // What is left of the sound when the picture has ended shows nothing.
    const lacksVideo = main.track.kind === "audio" && this.#tracks?.some(({ kind }) => kind === "video");
    return lacksVideo ? { ...times, isIndependent: false } : times;
  }
}

/** Sections 8.8.7, 8.8.8 and 8.8.12. */
function timesOf(track: Track, traf: DataView): Omit<Fragment, "bytes"> {
  const boxes = boxesIn(traf);
  const bodyOf = (type: string): DataView => {
    const found = boxes.find((box) => box.type === type);
    if (!found) throw new MediaError(`a fragment without ${type}`);
    return found.body;
  };
  const tfhd = bodyOf("tfhd");
  const tfhdFlags = u32(tfhd, 0);
  let at = 8 + (tfhdFlags & 0x1 ? 8 : 0) + (tfhdFlags & 0x2 ? 4 : 0);
  const defaultDuration = tfhdFlags & 0x8 ? u32(tfhd, at) : track.sampleDuration;
  at += (tfhdFlags & 0x8 ? 4 : 0) + (tfhdFlags & 0x10 ? 4 : 0);
  const defaultFlags = tfhdFlags & 0x20 ? u32(tfhd, at) : track.sampleFlags;
  const tfdt = bodyOf("tfdt");
  const start = versionOf(tfdt) === 1 ? u64(tfdt, 4) : u32(tfdt, 4);

  let [ticks, frames] = [0, 0];
  let firstFlags: number | undefined;
  for (const { type, body: trun } of boxes) {
    if (type !== "trun") continue;
    const flags = u32(trun, 0);
    const count = u32(trun, 4);
    let next = 8 + (flags & 0x1 ? 4 : 0);
    if (flags & 0x4) {
      firstFlags ??= u32(trun, next);
      next += 4;
    }
    const entryBytes = [0x100, 0x200, 0x400, 0x800].filter((flag) => flags & flag).length * 4;
    const flagsAt = (flags & 0x100 ? 4 : 0) + (flags & 0x200 ? 4 : 0);
    if (next + count * entryBytes > trun.byteLength) throw new MediaError("a run is cut short");
    if (count > 0) firstFlags ??= flags & 0x400 ? u32(trun, next + flagsAt) : defaultFlags;
    frames += count;
    if (flags & 0x100) for (let i = 0; i < count; i++) ticks += u32(trun, next + i * entryBytes);
    else ticks += count * defaultDuration;
  }
  return {
    start: start / track.timescale,
    duration: ticks / track.timescale,
    isIndependent: track.kind === "audio" || ((firstFlags ?? 0) & IS_NOT_SYNC) === 0,
    frames: track.kind === "video" ? frames : 0,
  };
}

/** sample_is_non_sync_sample (section 8.8.3.1). */
const IS_NOT_SYNC = 0x10000;

/** Ten seconds at 50 Mbit/s. */
const FRAGMENT_BYTES_MAX = 64 * 1024 * 1024;

const BYTES_AT_FIRST = 256 * 1024;

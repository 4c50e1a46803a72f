/** Reads out of fragmented MP4 which time its samples cover (ISO/IEC 14496-12). Looks at nothing else. */

export interface Covered {
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** One track's timing, learnt from an init segment and asked with each media segment after it. */
export class Fmp4Timing {
  readonly #timescales = new Map<number, number>();
  readonly #sampleDurations = new Map<number, number>();

  /** What the fragments in some bytes cover; an init segment covers nothing. */
  read(bytes: Uint8Array): readonly Covered[] {
    const covered: Covered[] = [];
    for (const box of boxesIn(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength))) {
      if (box.type === "moov") this.#readMovie(box.body);
      if (box.type !== "moof") continue;
      for (const child of boxesIn(box.body)) if (child.type === "traf") covered.push(this.#readFragment(child.body));
    }
    return covered;
  }

  #readMovie(movie: DataView): void {
    for (const { type, body } of boxesIn(movie)) {
      if (type === "trak") this.#readTrack(body);
      if (type !== "mvex") continue;
      for (const defaults of boxesIn(body))
        if (defaults.type === "trex")
          this.#sampleDurations.set(defaults.body.getUint32(4), defaults.body.getUint32(12));
    }
  }

  #readTrack(track: DataView): void {
    let id = 0;
    for (const { type, body } of boxesIn(track)) {
      if (type === "tkhd") id = body.getUint32(afterDates(body));
      if (type !== "mdia") continue;
      for (const header of boxesIn(body))
        if (header.type === "mdhd") this.#timescales.set(id, header.body.getUint32(afterDates(header.body)));
    }
  }

  #readFragment(fragment: DataView): Covered {
    let track = 0;
    let start = 0;
    let duration = 0;
    let sampleDuration = 0;
    for (const { type, body } of boxesIn(fragment)) {
      const flags = body.getUint32(0) & 0xffffff;
      if (type === "tfhd") {
        track = body.getUint32(4);
        const at = 8 + (flags & HAS_BASE_OFFSET ? 8 : 0) + (flags & HAS_DESCRIPTION ? 4 : 0);
        sampleDuration = flags & HAS_DURATION ? body.getUint32(at) : (this.#sampleDurations.get(track) ?? 0);
      }
      if (type === "tfdt") start = body.getUint8(0) === 1 ? Number(body.getBigUint64(4)) : body.getUint32(4);
      if (type === "trun") duration += runDuration(body, flags, sampleDuration);
    }
    const timescale = this.#timescales.get(track) ?? 1;
    return { startSeconds: start / timescale, endSeconds: (start + duration) / timescale };
  }
}

function runDuration(run: DataView, flags: number, sampleDuration: number): number {
  const count = run.getUint32(4);
  if (!(flags & RUN_HAS_DURATIONS)) return count * sampleDuration;
  const first = 8 + (flags & RUN_HAS_OFFSET ? 4 : 0) + (flags & RUN_HAS_FIRST_FLAGS ? 4 : 0);
  const fields = [RUN_HAS_DURATIONS, RUN_HAS_SIZES, RUN_HAS_FLAGS, RUN_HAS_COMPOSITION];
  const stride = 4 * fields.filter((field) => flags & field).length;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += run.getUint32(first + i * stride);
  return sum;
}

interface Box {
  readonly type: string;
  readonly body: DataView;
}

function* boxesIn(view: DataView): Generator<Box> {
  for (let at = 0; at + BOX_HEADER_BYTES <= view.byteLength;) {
    const length = view.getUint32(at);
    if (length < BOX_HEADER_BYTES || at + length > view.byteLength) return; // 64-bit boxes carry media only
    const type = String.fromCharCode(...[4, 5, 6, 7].map((i) => view.getUint8(at + i)));
    yield { type, body: new DataView(view.buffer, view.byteOffset + at + BOX_HEADER_BYTES, length - BOX_HEADER_BYTES) };
    at += length;
  }
}

/** Version 1 has dates of 64 bits. */
const afterDates = (header: DataView): number => (header.getUint8(0) === 1 ? 20 : 12);

const BOX_HEADER_BYTES = 8;
const HAS_BASE_OFFSET = 0x1;
const HAS_DESCRIPTION = 0x2;
const HAS_DURATION = 0x8;
const RUN_HAS_OFFSET = 0x1;
const RUN_HAS_FIRST_FLAGS = 0x4;
const RUN_HAS_DURATIONS = 0x100;
const RUN_HAS_SIZES = 0x200;
const RUN_HAS_FLAGS = 0x400;
const RUN_HAS_COMPOSITION = 0x800;

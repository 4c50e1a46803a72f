/** The boxes of a file in the ISO base media format (ISO/IEC 14496-12): where they are. Knows no box by name. */

export interface Box {
  readonly type: string;
  /** What follows its header. */
  readonly body: DataView;
}

/** The boxes that lie side by side in `view`. Throws a {@link MediaError} where they do not fill it. */
export function boxesIn(view: DataView): readonly Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at < view.byteLength;) {
    const header = boxHeader(view, at);
    if (!header || header.byteLength > view.byteLength - at) throw new MediaError("a box reaches out of its own");
    const { type, headerBytes, byteLength } = header;
    boxes.push({ type, body: part(view, at + headerBytes, byteLength - headerBytes) });
    at += byteLength;
  }
  return boxes;
}

/** The first box at this path of types; undefined when there is none. */
export function findBox(view: DataView, ...path: readonly string[]): DataView | undefined {
  let found: DataView | undefined = view;
  for (const type of path) found = found && boxesIn(found).find((box) => box.type === type)?.body;
  return found;
}

export interface BoxHeader {
  readonly type: string;
  readonly headerBytes: number;
  /** With its header. */
  readonly byteLength: number;
}

/** Undefined while there are too few bytes. */
export function boxHeader(view: DataView, at: number): BoxHeader | undefined {
  if (view.byteLength - at < SHORT_HEADER) return undefined;
  const size = view.getUint32(at);
  const type = String.fromCharCode(...[4, 5, 6, 7].map((offset) => view.getUint8(at + offset)));
  if (size !== SIZE_FOLLOWS && size < SHORT_HEADER) throw new MediaError(`a box "${type}" without an end`);
  if (size !== SIZE_FOLLOWS) return { type, headerBytes: SHORT_HEADER, byteLength: size };
  if (view.byteLength - at < LONG_HEADER) return undefined;
  const byteLength = Number(view.getBigUint64(at + SHORT_HEADER));
  if (byteLength < LONG_HEADER) throw new MediaError(`a box "${type}" shorter than its header`);
  return { type, headerBytes: LONG_HEADER, byteLength };
}

/** A number at `at`; throws a {@link MediaError} behind the end. */
export function u32(view: DataView, at: number): number {
  if (at + 4 > view.byteLength) throw new MediaError("a box is cut short");
  return view.getUint32(at);
}

export function u64(view: DataView, at: number): number {
  return u32(view, at) * WORD + u32(view, at + 4);
}

/** Of a full box (section 4.2). */
export const versionOf = (view: DataView): number => u32(view, 0) >>> 24;

export const part = (view: DataView, from: number, byteLength = view.byteLength - from): DataView =>
  new DataView(view.buffer, view.byteOffset + from, byteLength);

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** What is no media of the kind we read. */
export class MediaError extends Error {
  override readonly name = "MediaError";
}

/** Size and type (section 4.2), and where the size is 1 another of 64 bits. */
const SHORT_HEADER = 8;
const LONG_HEADER = 16;
const SIZE_FOLLOWS = 1;
/** What a unit of the upper half of 64 bits counts. */
const WORD = 0x1_0000_0000;

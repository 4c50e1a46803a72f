/** The `Range` header of a request for one range of bytes (RFC 9110 section 14). Knows nothing of what they are bytes of. */

/** From `start` up to and without `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * What is to be sent of `byteLength` bytes: undefined is all of them, also where the header is none that we know, or asks for
 * several ranges, which a server may ignore (section 14.2). `unsatisfiable` is a range of which there is not a byte.
 */
export function parseByteRange(
  header: string | undefined,
  byteLength: number,
): ByteRange | "unsatisfiable" | undefined {
  const [, first, last] = RANGE.exec(header ?? "") ?? [];
  if (first === undefined || last === undefined || first + last === "") return undefined;
  if (first === "") {
    const start = Math.max(0, byteLength - Number(last));
    return start < byteLength ? { start, end: byteLength } : "unsatisfiable";
  }
  const start = Number(first);
  const end = last === "" ? Infinity : Number(last) + 1;
  if (end <= start) return undefined; // not a range at all, so not one that cannot be had (section 14.1.1)
  return start < byteLength ? { start, end: Math.min(end, byteLength) } : "unsatisfiable";
}

/** The unit is told in any case, and lists may have blanks around what they hold (RFC 9110 section 5.6.1). */
const RANGE = /^\s*bytes=\s*(\d*)-(\d*)\s*$/i;

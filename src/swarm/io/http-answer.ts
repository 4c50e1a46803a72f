/**
 * What the head of an HTTP answer means for the part of a segment that was asked for: where the body starts, how long
 * it must be, how long the segment is, and whether to believe it (RFC 9110 section 14). Pure; reads no body.
 */
import type { Bytes } from "../../base/time.ts";

/** What was learnt of one host, once: "untried" is never returned to. */
export interface HostTraits {
  /** Whether it answers byte ranges with exactly those bytes, readable from here. */
  ranges: "untried" | "work" | "broken";
  /**
   * Whether Content-Length is the length of what we read. A page cannot see Content-Encoding in an answer of another
   * origin, so there the first whole body tells: a coded one comes out longer.
   */
  lengths: "untried" | "true" | "coded";
}

/** A run of bytes within the segment; `to`, the first byte not wanted, is absent for "to the end". */
export interface Part {
  readonly from: Bytes;
  readonly to?: Bytes | undefined;
}

/** Where the segment is within its resource, when the playlist gives it a byte range. */
export interface ByteRange {
  readonly start: Bytes;
  readonly end: Bytes;
}

export interface HttpBody {
  readonly kind: "body";
  readonly ranged: boolean;
  /** Something of the head says that these may not be the bytes of the segment: see {@link isSuspect}. */
  readonly suspect: boolean;
  /** Where the bytes start within the segment, once `skip` of them are left out. */
  readonly firstByte: Bytes;
  /** Size of the whole segment, when the head alone tells it. */
  readonly byteLength?: Bytes | undefined;
  readonly skip: Bytes;
  /** How many bytes to take then; absent for all. */
  readonly take?: Bytes | undefined;
  /** Length of the body. A shorter one was broken off. */
  readonly bodyBytes?: Bytes | undefined;
  /** The same from a Content-Length that may count coded bytes: a longer body proves that it does. */
  readonly doubtfulBytes?: Bytes | undefined;
}

export type HttpAnswer =
  | HttpBody
  | { readonly kind: "refused"; readonly status: number }
  /** The part begins after the end. */
  | { readonly kind: "void"; readonly byteLength?: Bytes | undefined }
  /** Not the bytes that were asked for. */
  | { readonly kind: "unusable" };

export type AnswerHead = Pick<Response, "status" | "type" | "headers">;

/** `asked` is undefined when the request carried no Range header. */
export function readAnswer(
  head: AnswerHead,
  asked: Part | undefined,
  byteRange: ByteRange | undefined,
  host: Readonly<HostTraits>,
): HttpAnswer {
  const { status, headers } = head;
  if (status === 416 && asked && asked.from > 0 && !byteRange)
    return { kind: "void", byteLength: parseContentRange(headers)?.total };
  if (status < 200 || status > 299 || BODILESS.includes(status)) return { kind: "refused", status };
  const suspect = isSuspect(head, asked !== undefined);
  if (status === 206) return readPart(head, asked ?? WHOLE, byteRange, host, suspect);

  // Everything, asked for or not.
  const length = contentLength(head, host);
  const whole = { kind: "body", ranged: false, suspect, firstByte: 0 } as const;
  if (!byteRange) return { ...whole, skip: 0, byteLength: length.bodyBytes, ...length };
  const byteLength = byteRange.end - byteRange.start;
  return { ...whole, skip: byteRange.start, take: byteLength, byteLength, ...length };
}

function readPart(
  head: AnswerHead,
  asked: Part,
  byteRange: ByteRange | undefined,
  host: Readonly<HostTraits>,
  suspect: boolean,
): HttpAnswer {
  if (isCoded(head.headers)) return { kind: "unusable" };
  const offset = byteRange?.start ?? 0;
  const segmentBytes = byteRange && byteRange.end - byteRange.start;
  const to = asked.to ?? segmentBytes;
  const askedBytes = to === undefined ? undefined : to - asked.from;
  const range = parseContentRange(head.headers);
  const length = range ? { bodyBytes: range.last + 1 - range.first } : contentLength(head, host);
  const bodyBytes = length.bodyBytes ?? length.doubtfulBytes;
  const isExact = askedBytes !== undefined && bodyBytes === askedBytes;
  if (range && range.first !== offset + asked.from) return { kind: "unusable" };
  if (askedBytes !== undefined && bodyBytes !== undefined && bodyBytes > askedBytes) return { kind: "unusable" };
  // Less than was asked for is right only at the end of the resource, where a segment given by byte range never is.
  if (!isExact && range?.total !== undefined && range.last + 1 !== range.total) return { kind: "unusable" };
  if (!isExact && byteRange && bodyBytes !== undefined) return { kind: "unusable" };
  const end = isExact || length.bodyBytes === undefined ? undefined : asked.from + length.bodyBytes;
  return {
    kind: "body",
    ranged: true,
    suspect,
    firstByte: asked.from,
    skip: 0,
    ...length,
    take: askedBytes,
    byteLength: segmentBytes ?? range?.total ?? end,
  };
}

/** Where a part is within the resource; `end` is the first byte not wanted, absent for the end of the resource. */
export interface ResourceRange {
  readonly start: Bytes;
  readonly end?: Bytes | undefined;
}

export function resourceRange(part: Part, byteRange: ByteRange | undefined): ResourceRange {
  const offset = byteRange?.start ?? 0;
  const end = part.to === undefined ? byteRange?.end : offset + part.to;
  return { start: offset + part.from, end };
}

/** The Range header: one range, so that another origin needs no CORS preflight for it. */
export const rangeHeader = ({ start, end }: ResourceRange): string =>
  `bytes=${String(start)}-${end === undefined ? "" : String(end - 1)}`;

/**
 * Whether a body is no media: a page that says what went wrong, sent as a success, or a playlist. Servers that give media
 * a wrong Content-Type exist, but no container of media begins with `<` or `{`: both together are proof enough. An
 * encrypted segment may begin with anything, if hardly with the seven characters of a playlist.
 */
export function isNoMedia(headers: Headers, begin: Uint8Array): boolean {
  const text = String.fromCharCode(...begin.subarray(0, 16)).replace(/^\u00ef\u00bb\u00bf/, ""); // a byte order mark
  return text.startsWith("#EXTM3U") || (isOtherType(headers) && /^\s*[<{]/.test(text));
}

/**
 * The player is given it, as plain hls.js would be; others are not, unless a root proves it: what says to be something
 * else than media, has a status that is no plain success, is coded so that a browser may not have decoded it, or is a
 * part that nobody asked for and that does not show to be everything.
 */
const isSuspect = ({ status, headers }: AnswerHead, isRanged: boolean): boolean =>
  isOtherType(headers) ||
  !DECODED.includes(headers.get("content-encoding")) ||
  (status === 206 ? !isRanged && !headers.has("content-range") : status !== 200);

const isOtherType = (headers: Headers): boolean =>
  /\b(html|xml|json|mpegurl|javascript|css)\b/i.test(headers.get("content-type") ?? "");

export const WHOLE: Part = { from: 0 };

function contentLength(
  { type, headers }: AnswerHead,
  host: Readonly<HostTraits>,
): Pick<HttpBody, "bodyBytes" | "doubtfulBytes"> {
  const text = headers.get("content-length");
  if (isCoded(headers) || text === null || !/^\d{1,15}$/.test(text)) return {};
  if (type !== "cors" || host.lengths === "true") return { bodyBytes: Number(text) };
  return host.lengths === "untried" ? { doubtfulBytes: Number(text) } : {};
}

const isCoded = (headers: Headers): boolean => !["identity", null].includes(headers.get("content-encoding"));

interface ContentRange {
  readonly first: Bytes;
  readonly last: Bytes;
  readonly total: Bytes | undefined;
}

/** Not readable from another origin unless the server exposes it. Of the form that a 416 carries only `total` counts. */
function parseContentRange(headers: Headers): ContentRange | undefined {
  const match = /^bytes (?:(\d{1,15})-(\d{1,15})|\*)\/(\d{1,15}|\*)$/.exec(headers.get("content-range") ?? "");
  if (!match) return undefined;
  const [, first, last, total] = match;
  return { first: Number(first ?? 0), last: Number(last ?? -1), total: total === "*" ? undefined : Number(total) };
}

/** Codings that every browser takes off (RFC 9110 section 8.4.1, RFC 7932); of others a page gets what was sent. */
const DECODED: readonly (string | null)[] = [null, "identity", "gzip", "deflate", "br"];

/** Successes without a body: No Content, Reset Content. */
const BODILESS: readonly number[] = [204, 205];

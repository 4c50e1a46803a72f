import type { Bytes } from "../../base/time.ts";
import { segmentIdOf, type SegmentId, type TrackId } from "../../protocol/ids.ts";
import type { CoreMessage, PeerMessage } from "../../protocol/peer-message.ts";
import { ProtocolError } from "../../protocol/protocol-error.ts";

/** A chunk that has come whole. `bytes` is undefined when nobody asked for it: to be acknowledged, not kept. */
export interface ArrivedChunk {
  readonly segment: SegmentId;
  readonly chunk: number;
  readonly byteLength: Bytes;
  readonly bytes: Uint8Array | undefined;
}

/** Puts the parts of one peer's chunks together, and knows what it was asked for. Memory is spent on that only. */
export class ChunkInbox {
  readonly #expected = new Map<string, { readonly bytes: Uint8Array; filled: Bytes } | undefined>();
  #unasked: Bytes = 0;
  /** Segments whose hashes it was asked for. */
  readonly #hashes = new Set<SegmentId>();
  /** Tracks of which it sends unasked what is new. */
  readonly #subscribed = new Set<TrackId>();

  /** Something was said to the peer: it may be a question. */
  asked(message: CoreMessage, track: TrackId): void {
    if (message.type === "subscribe") {
      if (message.on) this.#subscribed.add(track);
      else this.#subscribed.delete(track);
    }
    if (message.type !== "request" && message.type !== "ask-hashes") return;
    const segment = segmentIdOf(track, message.segment);
    if (message.type === "request") for (const chunk of message.chunks) this.expect(segment, chunk);
    else this.#hashes.add(segment);
    if (this.#hashes.size > EXPECTED_MAX) for (const oldest of this.#hashes) return void this.#hashes.delete(oldest);
  }

  /** Throws ProtocolError for hashes that were never asked for. */
  acceptHashes({ segment }: Extract<PeerMessage, { type: "hashes" }>, track: TrackId): void {
    if (!this.#hashes.has(segmentIdOf(track, segment)) && !this.#subscribed.has(track))
      throw new ProtocolError("bad-field", "hashes must be asked for first", "segment");
  }

  isSubscribed(track: TrackId): boolean {
    return this.#subscribed.has(track);
  }

  /** We asked for it: also after a cancel it may still be on its way. */
  expect(segment: SegmentId, chunk: number): void {
    const key = keyOf(segment, chunk);
    const begun = this.#expected.get(key);
    this.#expected.delete(key); // to the end of the line, or a request repeated late would be forgotten first
    this.#expected.set(key, begun);
    if (this.#expected.size > EXPECTED_MAX)
      for (const oldest of this.#expected.keys()) return void this.#expected.delete(oldest);
  }

  /** Something came that is of no use. Throws ProtocolError when that is too much. */
  ignore(byteLength: Bytes): void {
    this.#unasked += byteLength;
    if (this.#unasked > UNASKED_BYTES_MAX)
      throw new ProtocolError("bad-field", "what nobody asked for must be little", "chunk");
  }

  /** Takes one part in. Throws ProtocolError when parts do not fit together, or too much comes that we never asked for. */
  accept(message: Extract<PeerMessage, { type: "chunk" }>, track: TrackId): ArrivedChunk | undefined {
    const { chunk, offset, chunkBytes, payload } = message;
    const segment = segmentIdOf(track, message.segment);
    const key = keyOf(segment, chunk);
    const last = offset + payload.byteLength === chunkBytes;
    if (!this.#expected.has(key)) {
      this.ignore(payload.byteLength);
      return last ? { segment, chunk, byteLength: chunkBytes, bytes: undefined } : undefined;
    }
    const begun = offset === 0 ? { bytes: new Uint8Array(chunkBytes), filled: 0 } : this.#expected.get(key);
    if (!begun || begun.filled !== offset || begun.bytes.byteLength !== chunkBytes)
      throw new ProtocolError("bad-field", "parts of a chunk must come in order and agree on its size", "offset");
    begun.bytes.set(payload, offset);
    begun.filled += payload.byteLength;
    this.#expected.set(key, begun);
    if (!last) return undefined;
    this.#expected.delete(key);
    this.#unasked = Math.max(0, this.#unasked - chunkBytes);
    return { segment, chunk, byteLength: chunkBytes, bytes: begun.bytes };
  }
}

const keyOf = (segment: SegmentId, chunk: number): string => `${segment}/${String(chunk)}`;

/** More than any pipeline, cancelled requests included. */
const EXPECTED_MAX = 512;

/** Late answers to requests long forgotten are honest, also over hours, as long as what was asked for comes, too; a stream of them is not. */
const UNASKED_BYTES_MAX = 4 * 1024 * 1024;

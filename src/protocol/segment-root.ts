/**
 * What a segment's chunks are checked against: one hash a chunk, and one over all of them, the root, which the playlist
 * gives (`docs/protocol.md`, IN1 to IN4). Both the signer and the viewer build their inputs here; hashing itself is
 * asynchronous in browsers and so not done here.
 */
import { CHUNK_BYTES } from "./limits.ts";

/** A root and what it stands for. */
export interface SegmentRoot {
  /** 32 lowercase hex digits. */
  readonly hash: string;
  readonly byteLength: number;
  /** What the root binds the bytes to: see {@link rootLabel}. */
  readonly label: string;
}

/** Where the bytes are, as the media playlist says. */
export interface SegmentAddress {
  /** Media sequence number. */
  readonly sequence: number;
  /** The URI line as written. */
  readonly uri: string;
  /** EXT-X-BYTERANGE within the resource; `end` is the first byte that is not part of it. */
  readonly byteRange?: { readonly start: number; readonly end: number } | undefined;
}

/** Without the `#`. */
export const ROOT_TAG = "EXT-X-HLS-SWARM-ROOT";

export const printRoot = ({ hash, byteLength }: Omit<SegmentRoot, "label">): string =>
  `#${ROOT_TAG}:${hash},${String(byteLength)}`;

/** The value of the tag; undefined for what is not one of ours. */
export function parseRoot(value: string, address: SegmentAddress): SegmentRoot | undefined {
  const [, hash, digits] = ROOT_PATTERN.exec(value) ?? [];
  const byteLength = Number(digits);
  if (hash === undefined || !(byteLength <= HASHED_CHUNKS_MAX * CHUNK_BYTES)) return undefined;
  return { hash, byteLength, label: rootLabel(address, byteLength) };
}

/**
 * The place of a segment in its stream, as far as everybody knows it alike: a CDN may move the playlist, write absolute
 * addresses and add tokens, so of the URI only the file name counts. ASCII, and no line holds a line break.
 */
export function rootLabel({ sequence, uri, byteRange }: SegmentAddress, byteLength: number): string {
  const file = uri.replace(/[?#].*/, "").replace(/.*\//, "");
  const range = byteRange ? `${String(byteRange.start)}-${String(byteRange.end)}` : "";
  return [sequence, encodeURI(file), range, byteLength, ""].join("\n");
}

/** What is hashed of a chunk. */
export const chunkInput = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => joinInput(CHUNK_DOMAIN, bytes);

/** What is hashed of a segment: `hashes` are those of its chunks, back to back. */
export const rootInput = (label: string, hashes: Uint8Array): Uint8Array<ArrayBuffer> =>
  joinInput(ROOT_DOMAIN, asciiBytes(label), hashes);

/** The address of the file that holds the hashes of a segment's chunks, from that of the segment. */
export function hashesAddress(uri: string, byteRange: SegmentAddress["byteRange"]): string {
  const [, path = "", query = ""] = /^([^?#]*)(.*)$/.exec(uri) ?? [];
  const range = byteRange ? `.${String(byteRange.start)}-${String(byteRange.end)}` : "";
  return `${path}${range}.hashes${query}`;
}

/** The bytes of text that has nothing but ASCII. */
export const asciiBytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** What is hashed or signed begins with its domain: no input of one kind is ever one of another. */
export function joinInput(domain: number, ...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 1));
  joined[0] = domain;
  let at = 1;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Of SHA-256. Whoever forges needs a second preimage, 2^128 tries; a collision would serve only the publisher. */
export const HASH_BYTES = 16;

/** 32 MiB, 16 KiB of hashes. Larger segments get no root. */
export const HASHED_CHUNKS_MAX = 1024;

const ROOT_PATTERN = /^([0-9a-f]{32}),([1-9]\d{0,8})$/;

/** No chunk's input is ever that of a root. */
const CHUNK_DOMAIN = 0;
const ROOT_DOMAIN = 1;

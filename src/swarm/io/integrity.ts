/**
 * Checks chunks against the roots that playlists give: those of peers before anybody keeps them, those of the origin
 * before they are offered to others (`docs/protocol.md`, IN5 to IN9). Holds hashes, and no chunk; decides nothing.
 */
import { randomHex, type SegmentId } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import { chunkInput, HASH_BYTES, rootInput, type SegmentRoot } from "../../protocol/segment-root.ts";
import type { SwarmEvent } from "../core/event.ts";
import type { ArrivedChunk } from "./chunk-inbox.ts";
import type { SegmentStore } from "./segment-store.ts";

type Hashes = Promise<Uint8Array | undefined>;

interface Checked {
  /** Of all its chunks, proven by the root; undefined while nobody needs them. */
  hashes?: Hashes;
  /** Chunks of the origin's in the store that were not checked yet. */
  readonly unchecked: Set<number>;
}

/** Whether a chunk is what the root says, where there is one; `unknown` where the hashes cannot be had. */
export type Verdict = "fits" | "forged" | "unknown";

export interface IntegrityOptions {
  readonly store: SegmentStore;
  rootOf(segment: SegmentId): SegmentRoot | undefined;
  fetchHashes(segment: SegmentId): Hashes;
  feed(event: SwarmEvent): void;
  /** A bug of ours. */
  retire(bug: unknown): void;
}

export class Integrity {
  readonly #at: IntegrityOptions;
  readonly #segments = new Map<SegmentId, Checked>();
  /** Files of hashes in a row that were not there. */
  #failures = 0;

  constructor(options: IntegrityOptions) {
    this.#at = options;
  }

  /** Chunks of the segment will come from peers, or go to them: gets the hashes. */
  want(segment: SegmentId): void {
    const root = this.#at.rootOf(segment);
    if (root) this.#hashes(segment, root).catch(this.#at.retire);
  }

  /** A peer brought a chunk. `judge` is called at once where there is nothing to check. */
  peerChunk({ segment, chunk, bytes }: ArrivedChunk, judge: (verdict: Verdict) => void): void {
    const root = bytes && this.#at.rootOf(segment);
    if (!root) judge("fits");
    else
      this.#hashes(segment, root)
        .then((hashes) => (hashes ? verdictOf(hashes, chunk, bytes) : "unknown"))
        .then(judge)
        .catch(this.#at.retire);
  }

  /** The origin brought a chunk. It is told of once it is proven, be it by others of its segment. */
  originChunk(segment: SegmentId, chunk: number): void {
    const root = this.#at.rootOf(segment);
    if (!root) return;
    const checked = this.#of(segment);
    checked.unchecked.add(chunk);
    // All there is: no file of hashes is needed.
    if (checked.unchecked.size === countOf(root)) checked.hashes = this.#read(segment, root);
    this.#proveHeld(segment, checked).catch(this.#at.retire);
  }

  /** The origin may have brought chunks before the root was known. */
  catchUp(segment: SegmentId, isShared: boolean): void {
    const root = this.#at.rootOf(segment);
    if (!root || this.#segments.has(segment)) return;
    if (isShared) this.want(segment);
    for (let chunk = 0; chunk < countOf(root); chunk++)
      if (this.#at.store.get(segment, chunk)) this.originChunk(segment, chunk);
  }

  async #proveHeld(segment: SegmentId, { hashes: coming, unchecked }: Checked): Promise<void> {
    const hashes = await coming;
    if (!hashes) return;
    for (const chunk of [...unchecked]) {
      const bytes = unchecked.delete(chunk) && this.#at.store.get(segment, chunk);
      if (!bytes) continue; // checked or evicted meanwhile
      const fits = (await verdictOf(hashes, chunk, bytes)) === "fits";
      this.#at.feed(fits ? { type: "chunk-proven", segment, chunk } : { type: "segment-unprovable", segment });
    }
  }

  #hashes(segment: SegmentId, root: SegmentRoot): Hashes {
    const checked = this.#of(segment);
    checked.hashes ??= this.#fetch(segment, root);
    return checked.hashes;
  }

  async #fetch(segment: SegmentId, root: SegmentRoot): Hashes {
    const hashes = this.#failures < FAILURES_MAX ? await this.#at.fetchHashes(segment) : undefined;
    const proven = hashes?.length === countOf(root) * HASH_BYTES ? await prove(hashes, root) : undefined;
    this.#failures = proven ? 0 : this.#failures + 1;
    if (!proven) this.#at.feed({ type: "segment-unprovable", segment });
    return proven;
  }

  /** Hashes of the chunks that we hold. */
  async #read(segment: SegmentId, root: SegmentRoot): Hashes {
    const hashes = new Uint8Array(countOf(root) * HASH_BYTES);
    for (let chunk = 0; chunk < countOf(root); chunk++) {
      const hash = await hashOf(chunkInput(this.#at.store.get(segment, chunk) ?? NOTHING));
      if (!hash) return undefined;
      hashes.set(hash, chunk * HASH_BYTES);
    }
    const proven = await prove(hashes, root);
    if (!proven) this.#at.feed({ type: "segment-unprovable", segment });
    return proven;
  }

  #of(segment: SegmentId): Checked {
    let checked = this.#segments.get(segment);
    if (checked) return checked;
    this.#segments.set(segment, (checked = { unchecked: new Set() }));
    if (this.#segments.size > SEGMENTS_MAX)
      for (const oldest of this.#segments.keys()) {
        this.#segments.delete(oldest);
        break;
      }
    return checked;
  }
}

async function verdictOf(hashes: Uint8Array, chunk: number, bytes: Uint8Array): Promise<Verdict> {
  const hash = await hashOf(chunkInput(bytes));
  if (!hash) return "unknown";
  const expected = hashes.subarray(chunk * HASH_BYTES, (chunk + 1) * HASH_BYTES);
  return expected.length > 0 && randomHex(hash) === randomHex(expected) ? "fits" : "forged";
}

async function prove(hashes: Uint8Array, { label, hash }: SegmentRoot): Hashes {
  const root = await hashOf(rootInput(label, hashes));
  return root && randomHex(root) === hash ? hashes : undefined;
}

/** Undefined where there is no SubtleCrypto: on pages that did not come over HTTPS. */
async function hashOf(input: Uint8Array<ArrayBuffer>): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await crypto.subtle.digest("SHA-256", input), 0, HASH_BYTES);
  } catch {
    return undefined;
  }
}

const countOf = ({ byteLength }: SegmentRoot): number => Math.ceil(byteLength / CHUNK_BYTES);

const NOTHING = new Uint8Array(0);

/** Whoever signs without writing files of hashes would be asked for them with each segment. */
const FAILURES_MAX = 3;

/** Of recorded video, half an hour of 4 s segments; 2 KiB each at 5 Mbit/s. */
const SEGMENTS_MAX = 512;

/**
 * Checks chunks against hashes, and hashes against the roots that playlists give or the signatures of trackers: what
 * peers bring before anybody keeps it, what the origin brings before it is offered to others (`docs/protocol.md`, IN5
 * to IN15). Holds hashes, and no chunk but those that wait for them; decides nothing.
 */
import { attestationInput } from "../../protocol/attestation.ts";
import { bytesOfHex, hexOf, segmentIdOf } from "../../protocol/ids.ts";
import type { PeerId, SegmentId, SegmentName, SwarmId, TrackId } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import { encodePeerMessage } from "../../protocol/peer-codec.ts";
import type { PeerMessage } from "../../protocol/peer-message.ts";
import { chunkInput, HASH_BYTES, rootInput, type SegmentRoot } from "../../protocol/segment-root.ts";
import type { TrackerToViewer, ViewerToTracker } from "../../protocol/tracker-message.ts";
import type { SwarmAction } from "../core/action.ts";
import type { SwarmEvent } from "../core/event.ts";
import { AttestationKeys } from "./attestation-keys.ts";
import type { ArrivedChunk } from "./chunk-inbox.ts";
import type { SegmentStore } from "./segment-store.ts";

/** Hashes of neighbouring chunks of one segment, as they are handed on. */
type HashList = Pick<Extract<PeerMessage, { type: "hashes" }>, "byteLength" | "from" | "hashes" | "signature">;

interface Checked {
  /** What is known, proven by the root or by a signature. */
  readonly lists: HashList[];
  /** Chunks of the origin's in the store that were not checked yet. */
  readonly unchecked: Set<number>;
  /** Called when something changed: chunks of peers that wait for their hashes. */
  readonly waiting: (() => void)[];
  /** Nothing more is believed of it. */
  unprovable: boolean;
}

/** Whether a chunk is what its hash says, where there must be one; `unknown` where it cannot be had. */
export type Verdict = "fits" | "forged" | "unknown";

export interface IntegrityOptions {
  readonly swarm: SwarmId;
  readonly store: SegmentStore;
  /** Undefined where nothing is checked. */
  proofOf(segment: SegmentId): SegmentRoot | "attested" | undefined;
  fetchHashes(segment: SegmentId): Promise<Uint8Array | undefined>;
  /** Whether a root counts: where the page names a publisher, only one that it signed. */
  counts(root: SegmentRoot): Promise<boolean>;
  feed(event: SwarmEvent): void;
  tell(message: ViewerToTracker): void;
  /** A bug of ours. */
  retire(bug: unknown): void;
}

export class Integrity {
  readonly #at: IntegrityOptions;
  readonly #segments = new Map<SegmentId, Checked>();
  readonly #keys = new AttestationKeys();
  /** Files of hashes in a row that were not there. */
  #failures = 0;

  constructor(options: IntegrityOptions) {
    this.#at = options;
  }

  /** A peer brought a chunk. `judge` is called at once where there is nothing to check. */
  peerChunk({ segment, chunk, bytes }: ArrivedChunk, judge: (verdict: Verdict) => void): void {
    if (!bytes || !this.#at.proofOf(segment)) {
      judge("fits");
      return;
    }
    const checked = this.#of(segment);
    const look = (): void => {
      const list = listOf(checked, chunk);
      if (list) this.#run(verdictOf(list, chunk, bytes).then(judge));
      else if (checked.unprovable) judge("unknown");
      else if (checked.lists.some(({ byteLength }) => chunk >= countOf(byteLength))) judge("forged");
      else checked.waiting.push(look);
    };
    look();
  }

  /** A peer says what chunks are checked against. */
  peerHashes(peer: PeerId, track: TrackId, message: Extract<PeerMessage, { type: "hashes" }>): void {
    const { byteLength, from, hashes, signature } = message;
    this.#take(track, message.segment, { byteLength, from, hashes, signature }, (segment) => {
      this.#at.feed({ type: "chunk-forged", peer, segment, byteLength: hashes.length });
    });
  }

  /** The tracker signed what several have found at the origin. */
  attested(message: Extract<TrackerToViewer, { type: "attested" }>): void {
    const { track, byteLength, from, hashes, signature } = message;
    const list = { byteLength, from, hashes: bytesOfHex(hashes), signature: bytesOfHex(signature) };
    this.#take(track, message, list, () => undefined);
  }

  /** A tracker has told the key that it signs with. */
  trust(key: string): void {
    this.#run(
      this.#keys.add(key).then((isUsable) => {
        if (!isUsable) this.#at.feed({ type: "attestation-unusable" });
      }),
    );
  }

  /** The lists that cover chunks, as frames for a peer. */
  *frames({ segment: id, name, slot, chunks }: Extract<SwarmAction, { type: "send-hashes" }>): Iterable<Uint8Array> {
    for (const list of this.#segments.get(id)?.lists ?? [])
      if (chunks.some((chunk) => covers(list, chunk)))
        yield encodePeerMessage({ type: "hashes", slot, segment: name, ...list });
  }

  /** No peer has brought the hashes. */
  fetch(segment: SegmentId): void {
    const root = this.#at.proofOf(segment);
    const checked = this.#of(segment);
    this.#run(
      (root && root !== "attested" ? this.#fetch(segment, root) : NOTHING_COMES).then((list) => {
        if (list) this.#learn(segment, checked, list);
        else this.#giveUp(segment, checked);
      }),
    );
  }

  /** The origin brought a chunk. It is told of once it is proven, be it by others of its segment. */
  originChunk(segment: SegmentId, chunk: number): void {
    const proof = this.#at.proofOf(segment);
    if (!proof) return;
    const checked = this.#of(segment);
    checked.unchecked.add(chunk);
    // All there is: no hashes need be asked for.
    if (proof !== "attested" && checked.unchecked.size === countOf(proof.byteLength) && checked.lists.length === 0)
      this.#run(
        this.#read(segment, 0, countOf(proof.byteLength)).then(async (hashes) => {
          const list = { byteLength: proof.byteLength, from: 0, hashes };
          if (await this.#isRooted(proof, list)) this.#learn(segment, checked, list);
          else this.#giveUp(segment, checked);
        }),
      );
    else this.#run(this.#proveHeld(segment, checked));
  }

  /** The origin may have brought chunks before the root was known. */
  catchUp(segment: SegmentId): void {
    const root = this.#at.proofOf(segment);
    if (!root || root === "attested" || this.#segments.has(segment)) return;
    for (let chunk = 0; chunk < countOf(root.byteLength); chunk++)
      if (this.#at.store.get(segment, chunk)) this.originChunk(segment, chunk);
  }

  /** Tells the tracker what the origin brought. */
  report({ segment, track, name, byteLength, from, to }: Extract<SwarmAction, { type: "report-hashes" }>): void {
    this.#run(
      this.#read(segment, from, to).then((hashes) => {
        if (hashes.length === (to - from) * HASH_BYTES)
          this.#at.tell({ type: "hashes", track, ...name, byteLength, from, hashes: hexOf(hashes) });
      }),
    );
  }

  /** Its chunks are no longer held. */
  forget(segment: SegmentId): void {
    this.#segments.delete(segment);
  }

  #run(work: Promise<unknown>): void {
    work.catch(this.#at.retire);
  }

  #learn(segment: SegmentId, checked: Checked, list: HashList): void {
    checked.lists.push(list);
    this.#tell(segment, list);
    wake(checked);
    this.#run(this.#proveHeld(segment, checked));
  }

  #tell(segment: SegmentId, list: HashList): void {
    const { byteLength, from } = list;
    this.#at.feed({ type: "hashes-known", segment, byteLength, from, to: endOf(list) });
  }

  #giveUp(segment: SegmentId, checked: Checked): void {
    checked.unprovable = true;
    this.#at.feed({ type: "segment-unprovable", segment });
    wake(checked);
  }

  async #proveHeld(segment: SegmentId, checked: Checked): Promise<void> {
    for (const chunk of [...checked.unchecked]) {
      const list = listOf(checked, chunk);
      const bytes = list && checked.unchecked.delete(chunk) && this.#at.store.get(segment, chunk);
      if (!bytes) continue; // nothing known yet, or checked or evicted meanwhile
      if ((await verdictOf(list, chunk, bytes)) === "fits") this.#at.feed({ type: "chunk-proven", segment, chunk });
      else this.#giveUp(segment, checked);
    }
  }

  async #fetch(segment: SegmentId, root: SegmentRoot): Promise<HashList | undefined> {
    const hashes = this.#failures < FAILURES_MAX ? await this.#at.fetchHashes(segment) : undefined;
    const list = hashes && { byteLength: root.byteLength, from: 0, hashes };
    const isProven = list && (await this.#isRooted(root, list));
    this.#failures = isProven ? 0 : this.#failures + 1;
    return isProven ? list : undefined;
  }

  /** Believes a list if it is proven. What others have brought before is not looked at twice. */
  #take(track: TrackId, name: SegmentName, list: HashList, forged: (segment: SegmentId) => void): void {
    const segment = segmentIdOf(track, name);
    const proof = this.#at.proofOf(segment);
    const checked = this.#of(segment);
    if (!proof || checked.unprovable) return;
    if (isCovered(checked, list)) {
      this.#tell(segment, list);
      return;
    }
    const isProven = proof === "attested" ? this.#isSigned(track, name, list) : this.#isRooted(proof, list);
    this.#run(
      isProven.then((verdict) => {
        if (verdict === false) forged(segment);
        else if (verdict && !isCovered(checked, list)) this.#learn(segment, checked, list);
      }),
    );
  }

  async #isSigned(track: TrackId, { sequence, tag }: SegmentName, list: HashList): Promise<boolean> {
    const { byteLength, from, hashes, signature } = list;
    if (!signature) return false;
    const attested = { track, sequence, tag, byteLength, from, hashes: hexOf(hashes) };
    return this.#keys.verify(attestationInput(this.#at.swarm, attested), new Uint8Array(signature));
  }

  /** Undefined where nothing can be hashed, or the root does not count: then no peer is to blame. */
  async #isRooted(root: SegmentRoot, { byteLength, from, hashes }: HashList): Promise<boolean | undefined> {
    if (from !== 0 || byteLength !== root.byteLength || hashes.length !== countOf(byteLength) * HASH_BYTES)
      return false;
    const hash = await hashOf(rootInput(root.label, hashes));
    if (!hash) return undefined;
    return hexOf(hash) === root.hash && ((await this.#at.counts(root)) || undefined);
  }

  /** Hashes of chunks that we hold, as far as we do. */
  async #read(segment: SegmentId, from: number, to: number): Promise<Uint8Array> {
    const hashes = new Uint8Array((to - from) * HASH_BYTES);
    for (let chunk = from; chunk < to; chunk++) {
      const bytes = this.#at.store.get(segment, chunk);
      const hash = bytes && (await hashOf(chunkInput(bytes)));
      if (!hash) return hashes.subarray(0, (chunk - from) * HASH_BYTES);
      hashes.set(hash, (chunk - from) * HASH_BYTES);
    }
    return hashes;
  }

  #of(segment: SegmentId): Checked {
    let checked = this.#segments.get(segment);
    if (checked) return checked;
    this.#segments.set(segment, (checked = { lists: [], unchecked: new Set(), waiting: [], unprovable: false }));
    if (this.#segments.size > SEGMENTS_MAX)
      for (const oldest of this.#segments.keys()) {
        this.#segments.delete(oldest);
        break;
      }
    return checked;
  }
}

/** Each looks anew, and may wait again. */
function wake({ waiting }: Checked): void {
  for (const look of waiting.splice(0)) look();
}

async function verdictOf(list: HashList, chunk: number, bytes: Uint8Array): Promise<Verdict> {
  const hash = await hashOf(chunkInput(bytes));
  if (!hash) return "unknown";
  const at = (chunk - list.from) * HASH_BYTES;
  return hexOf(hash) === hexOf(list.hashes.subarray(at, at + HASH_BYTES)) ? "fits" : "forged";
}

/** Undefined where there is no SubtleCrypto: on pages that did not come over HTTPS. */
async function hashOf(input: Uint8Array<ArrayBuffer>): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await crypto.subtle.digest("SHA-256", input), 0, HASH_BYTES);
  } catch {
    return undefined;
  }
}

const listOf = ({ lists }: Checked, chunk: number): HashList | undefined => lists.find((list) => covers(list, chunk));

const covers = (list: HashList, chunk: number): boolean => chunk >= list.from && chunk < endOf(list);

const endOf = ({ from, hashes }: HashList): number => from + hashes.length / HASH_BYTES;

/** Whether a list tells nothing new. */
function isCovered(checked: Checked, list: HashList): boolean {
  for (let chunk = list.from; chunk < endOf(list); chunk++) if (!listOf(checked, chunk)) return false;
  return true;
}

const countOf = (byteLength: number): number => Math.ceil(byteLength / CHUNK_BYTES);

const NOTHING_COMES = Promise.resolve(undefined);

/** Whoever signs without writing files of hashes would be asked for them with each segment. */
const FAILURES_MAX = 3;

/** As many as there are chunks in memory: what is not held any more is forgotten before. */
const SEGMENTS_MAX = 4096;

import type { Bytes, Millis } from "../../src/base/time.ts";
import type { SegmentId } from "../../src/protocol/ids.ts";
import { CHUNK_BYTES } from "../../src/protocol/limits.ts";
import { HASH_BYTES } from "../../src/protocol/segment-root.ts";
import type { ViewerToTracker } from "../../src/protocol/tracker-message.ts";
import type { SwarmAction } from "../../src/swarm/core/action.ts";
import type { StreamSegment } from "./stream.ts";
import type { Viewer } from "./viewer.ts";

/** Hashes that came together: all of a segment, or as many as the tracker signed at once. */
export interface HashList {
  readonly from: number;
  readonly to: number;
}

interface Known {
  readonly lists: HashList[];
  /** The origin's chunks that wait to be proven, and what waits with a peer's. */
  readonly unproven: Set<number>;
  readonly waiting: { readonly chunk: number; readonly judge: (isKnown: boolean) => void }[];
  isUnprovable: boolean;
}

type Of<Type extends SwarmAction["type"]> = Extract<SwarmAction, { type: Type }>;

/**
 * What one viewer can check chunks against, and what the driver does with it. The hashes themselves are not modelled: a
 * chunk knows whether it was altered. Checking takes no time; getting hashes does.
 */
export class Proofs {
  readonly #viewer: Viewer;
  readonly #segments = new Map<SegmentId, Known>();

  constructor(viewer: Viewer) {
    this.#viewer = viewer;
  }

  /** A peer's chunk came: judged as soon as its hash is known, or can be known no more. */
  judge({ id }: StreamSegment, chunk: number, judge: (isKnown: boolean) => void): void {
    const known = this.#of(id);
    if (known.isUnprovable || listOf(known, chunk)) judge(!known.isUnprovable);
    else known.waiting.push({ chunk, judge });
  }

  originBrought({ id }: StreamSegment, chunk: number): void {
    const known = this.#of(id);
    if (listOf(known, chunk)) this.#viewer.feed({ type: "chunk-proven", segment: id, chunk });
    else known.unproven.add(chunk);
    const { byteLength } = this.#viewer.world.stream.get(id);
    // All there is: no hashes need be asked for.
    const count = chunksOf(byteLength);
    if (this.#viewer.world.plan.proof === "roots" && known.unproven.size === count)
      this.learn(id, { from: 0, to: count });
  }

  learn(segment: SegmentId, list: HashList): void {
    const known = this.#of(segment);
    const { byteLength } = this.#viewer.world.stream.get(segment);
    known.lists.push(list);
    this.#viewer.feed({ type: "hashes-known", segment, byteLength, ...list });
    this.#wake(known);
    for (const chunk of known.unproven)
      if (listOf(known, chunk) && known.unproven.delete(chunk))
        this.#viewer.feed({ type: "chunk-proven", segment, chunk });
  }

  /** What is known of chunks, to be sent to a peer. */
  send({ peer, slot, segment, name, chunks }: Of<"send-hashes">): void {
    const { stream, plan } = this.#viewer.world;
    const { byteLength } = stream.get(segment);
    for (const list of this.#of(segment).lists)
      if (chunks.some((chunk) => covers(list, chunk))) {
        const hashes = new Uint8Array(HASH_BYTES * (list.to - list.from));
        const message = { type: "hashes", slot, segment: name, byteLength, from: list.from, hashes } as const;
        const signed = plan.proof === "attested" ? { ...message, signature: SIGNATURE } : message;
        this.#viewer.connections.sendHashes(peer, segment, list, signed);
      }
  }

  /** From the origin: a file beside the segment, where there are roots. */
  fetch({ segment }: Of<"fetch-hashes">): void {
    const { world, rng, firstByteMs, counts } = this.#viewer;
    const { meter, clock, plan, stream } = world;
    const to = chunksOf(stream.get(segment).byteLength);
    if (plan.proof !== "roots") {
      const known = this.#of(segment);
      known.isUnprovable = true;
      this.#viewer.feed({ type: "segment-unprovable", segment });
      this.#wake(known);
      return;
    }
    if (meter.on && counts) {
      meter.originRequests++;
      meter.hashFiles++;
      meter.originBytes += HASH_BYTES * to;
    }
    const slowMs: Millis = rng.next() < plan.origin.slowShare ? plan.origin.slowMs : 0;
    clock.after(firstByteMs * (0.8 + 0.7 * rng.next()) + slowMs, () => {
      this.learn(segment, { from: 0, to });
    });
  }

  /** A chunk from the origin again: it is always the same, since nobody here has a tracker sign what is not so. */
  audit({ segment, chunk }: Of<"audit-chunk">): void {
    const { world, firstByteMs, counts } = this.#viewer;
    const { meter, clock, stream } = world;
    const receivedBytes = Math.min(CHUNK_BYTES, stream.get(segment).byteLength - chunk * CHUNK_BYTES);
    if (meter.on && counts) {
      meter.originRequests++;
      meter.originBytes += receivedBytes;
      meter.duplicateBytes += receivedBytes;
    }
    clock.after(firstByteMs, () => {
      this.#viewer.feed({ type: "audited", segment, receivedBytes, fits: true });
    });
  }

  /** All honest viewers find the same. */
  reportOf({ track, name, byteLength, from, to }: Of<"report-hashes">): ViewerToTracker {
    return { type: "hashes", track, ...name, byteLength, from, hashes: "0".repeat(2 * HASH_BYTES * (to - from)) };
  }

  forget(segment: SegmentId): void {
    this.#segments.delete(segment);
  }

  #wake(known: Known): void {
    for (const { chunk, judge } of known.waiting.splice(0)) {
      if (known.isUnprovable || listOf(known, chunk)) judge(!known.isUnprovable);
      else known.waiting.push({ chunk, judge });
    }
  }

  #of(segment: SegmentId): Known {
    let known = this.#segments.get(segment);
    if (!known) {
      known = { lists: [], unproven: new Set(), waiting: [], isUnprovable: false };
      this.#segments.set(segment, known);
    }
    return known;
  }
}

const listOf = ({ lists }: Known, chunk: number): HashList | undefined => lists.find((list) => covers(list, chunk));

const covers = ({ from, to }: HashList, chunk: number): boolean => chunk >= from && chunk < to;

const chunksOf = (byteLength: Bytes): number => Math.ceil(byteLength / CHUNK_BYTES);

/** Nobody checks it here. */
const SIGNATURE = new Uint8Array(64);

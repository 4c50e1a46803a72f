import type { Bytes } from "../../src/base/time.ts";
import type { SegmentId } from "../../src/protocol/ids.ts";
import type { CoreMessage } from "../../src/protocol/peer-message.ts";
import { HASH_BYTES } from "../../src/protocol/segment-root.ts";
import type { Task } from "./clock.ts";
import type { End } from "./connection.ts";
import { isHashForger, type Sent } from "./mischief.ts";
import type { HashList } from "./proofs.ts";
import type { StreamSegment } from "./stream.ts";
import type { Viewer } from "./viewer.ts";
import type { World } from "./world.ts";

/** A message on its way. */
export class MessageDelivery implements Task {
  readonly #to: End<Viewer>;
  readonly #message: CoreMessage;
  readonly #byteLength: Bytes;

  constructor(to: End<Viewer>, message: CoreMessage, byteLength: Bytes) {
    this.#to = to;
    this.#message = message;
    this.#byteLength = byteLength;
  }

  run(): void {
    if (!this.#to.isOpen) return;
    const { owner, peer } = this.#to;
    owner.world.meter.trace(owner.world.clock.now, owner.index, this.#byteLength, 0);
    owner.feed({ type: "peer-message", peer, message: this.#message, byteLength: this.#byteLength });
  }
}

/** Hashes on their way. */
export class HashesDelivery implements Task {
  readonly #to: End<Viewer>;
  readonly #segment: SegmentId;
  readonly #list: HashList;

  constructor(to: End<Viewer>, segment: SegmentId, list: HashList) {
    this.#to = to;
    this.#segment = segment;
    this.#list = list;
  }

  run(): void {
    if (!this.#to.isOpen) return;
    const { owner, peer, other } = this.#to;
    const { from, to } = this.#list;
    owner.world.meter.trace(owner.world.clock.now, owner.index, from, to);
    if (other && isHashForger(other.owner.traits.mischief)) {
      owner.wronged(other.owner);
      owner.feed({ type: "chunk-forged", peer, segment: this.#segment, byteLength: HASH_BYTES * (to - from) });
    } else owner.proofs?.learn(this.#segment, this.#list);
  }
}

/** A chunk on its way. */
export class ChunkDelivery implements Task {
  readonly #to: End<Viewer>;
  readonly #segment: StreamSegment;
  readonly #chunk: number;
  readonly #sent: Sent;
  readonly #world: World;

  constructor(to: End<Viewer>, segment: StreamSegment, chunk: number, sent: Sent, world: World) {
    this.#to = to;
    this.#segment = segment;
    this.#chunk = chunk;
    this.#sent = sent;
    this.#world = world;
  }

  run(): void {
    if (!this.#to.isOpen) return;
    const { proofs } = this.#to.owner;
    if (!proofs) this.#judged(true);
    else
      proofs.judge(this.#segment, this.#chunk, (isKnown) => {
        this.#judged(isKnown);
      });
  }

  #judged(isKnown: boolean): void {
    const { owner, peer, other } = this.#to;
    const { meter, clock } = this.#world;
    const { id, name } = this.#segment;
    const { byteLength, isAltered } = this.#sent;
    meter.trace(clock.now, owner.index, name.sequence, this.#chunk);
    if (isKnown && isAltered && owner.proofs && other) {
      owner.wronged(other.owner);
      owner.feed({ type: "chunk-forged", peer, segment: id, byteLength });
      return;
    }
    const isKept = isKnown && owner.core.accepts(id, this.#chunk, byteLength);
    const stored = isKept && owner.put(this.#segment, this.#chunk, isAltered);
    if (meter.on && owner.counts) {
      if (stored) meter.fromPeer(byteLength, other?.owner.traits.region === owner.traits.region);
      else meter.duplicateBytes += byteLength;
    }
    owner.feed({ type: "peer-chunk", peer, segment: id, chunk: this.#chunk, byteLength, stored });
  }
}

import type { Bytes } from "../../src/base/time.ts";
import type { CoreMessage } from "../../src/protocol/peer-message.ts";
import type { Task } from "./clock.ts";
import type { End } from "./connection.ts";
import type { Sent } from "./mischief.ts";
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
    const { owner, peer, other } = this.#to;
    const { meter, clock } = this.#world;
    const { id, name } = this.#segment;
    const { byteLength, isAltered } = this.#sent;
    const judgedAt = owner.proofs?.knownAt(this.#segment) ?? clock.now;
    if (judgedAt > clock.now) {
      clock.at(judgedAt, this);
      return;
    }
    meter.trace(clock.now, owner.index, name.sequence, this.#chunk);
    if (isAltered && owner.proofs && other) {
      owner.wronged(other.owner);
      owner.feed({ type: "chunk-forged", peer, segment: id, byteLength });
      return;
    }
    const stored = owner.core.accepts(id, this.#chunk, byteLength) && owner.put(this.#segment, this.#chunk, isAltered);
    if (meter.on && owner.counts) {
      if (stored) meter.fromPeer(byteLength, other?.owner.traits.region === owner.traits.region);
      else meter.duplicateBytes += byteLength;
    }
    owner.feed({ type: "peer-chunk", peer, segment: id, chunk: this.#chunk, byteLength, stored });
  }
}

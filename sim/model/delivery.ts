import type { Bytes } from "../../src/base/time.ts";
import type { PeerMessage } from "../../src/protocol/peer-message.ts";
import type { Task } from "./clock.ts";
import type { End } from "./connection.ts";
import type { StreamSegment } from "./stream.ts";
import type { Viewer } from "./viewer.ts";
import type { World } from "./world.ts";

/** A message on its way. */
export class MessageDelivery implements Task {
  readonly #to: End<Viewer>;
  readonly #message: Exclude<PeerMessage, { type: "chunk" }>;
  readonly #byteLength: Bytes;

  constructor(to: End<Viewer>, message: Exclude<PeerMessage, { type: "chunk" }>, byteLength: Bytes) {
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
  readonly #byteLength: Bytes;
  readonly #world: World;

  constructor(to: End<Viewer>, segment: StreamSegment, chunk: number, byteLength: Bytes, world: World) {
    this.#to = to;
    this.#segment = segment;
    this.#chunk = chunk;
    this.#byteLength = byteLength;
    this.#world = world;
  }

  run(): void {
    if (!this.#to.isOpen) return;
    const { owner, peer } = this.#to;
    const { meter, clock } = this.#world;
    const { id, name } = this.#segment;
    meter.trace(clock.now, owner.index, name.sequence, this.#chunk);
    const stored = owner.core.accepts(id, this.#chunk, this.#byteLength) && owner.put(this.#segment, this.#chunk);
    if (meter.on) {
      if (stored) meter.fromPeer(this.#byteLength, this.#to.other?.owner.traits.region === owner.traits.region);
      else meter.duplicateBytes += this.#byteLength;
    }
    owner.feed({ type: "peer-chunk", peer, segment: id, chunk: this.#chunk, byteLength: this.#byteLength, stored });
  }
}

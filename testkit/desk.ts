import type { PeerId, ViewerId } from "../src/protocol/ids.ts";
import type { CoreMessage } from "../src/protocol/peer-message.ts";
import type { SwarmAction } from "../src/swarm/core/action.ts";
import { ChainPush } from "../src/seeder/core/chain-push.ts";
import { Announcer } from "../src/swarm/core/announcer.ts";
import { Liveness } from "../src/swarm/core/liveness.ts";
import { Peer } from "../src/swarm/core/peer.ts";
import { learnSizes, receive, type PeerDesk, type Received } from "../src/swarm/core/peer-desk.ts";
import { RequestTable } from "../src/swarm/core/request-table.ts";
import { SegmentTable, type Track } from "../src/swarm/core/segment-table.ts";
import type { Segment } from "../src/swarm/core/segment.ts";
import { DEFAULT_TUNING } from "../src/swarm/core/tuning.ts";
import { UploadQueue } from "../src/swarm/core/upload-queue.ts";
import { aPeer, trackOf } from "./swarm-parts.ts";

export type Message = CoreMessage;

export const SELF = "8000000000000000" as ViewerId;
export const LOWER = "1000000000000000" as ViewerId;
export const HIGHER = "f000000000000000" as ViewerId;
export const HELLO = { type: "hello", version: 1, versionMin: 1, viewer: HIGHER, uplink: 1, seeder: false } as const;

/** A viewer with a live track of segments 10 to 13 and some links; messages are told to it one by one. */
export class Desk {
  readonly track: Track;
  readonly peers = new Map<PeerId, Peer>();
  readonly table = new SegmentTable(this.peers);
  readonly requests = new RequestTable(this.peers, DEFAULT_TUNING);
  readonly uploads: UploadQueue;
  readonly #desk: PeerDesk;
  now = 1000;

  constructor(shares = true) {
    this.track = trackOf(this.table, 10, 14);
    this.uploads = new UploadQueue(DEFAULT_TUNING, shares);
    this.#desk = {
      self: SELF,
      table: this.table,
      peers: this.peers,
      requests: this.requests,
      uploads: this.uploads,
      announcer: new Announcer(this.table),
      push: new ChainPush({ peers: this.peers, uploads: this.uploads }),
      liveness: new Liveness(DEFAULT_TUNING),
    };
  }

  segment(sequence: number): Segment {
    const segment = this.track.bySequence.get(sequence);
    if (!segment) throw new Error(`no segment ${String(sequence)}`);
    return segment;
  }

  /** A link that has said nothing yet. */
  link(name: string): Peer {
    const peer = new Peer(name as PeerId, this.now, DEFAULT_TUNING);
    this.peers.set(peer.id, peer);
    return peer;
  }

  /** A link to a viewer that follows the track, in its slot 0. */
  peer(name: string): Peer {
    const peer = aPeer(name);
    this.peers.set(peer.id, peer);
    return peer;
  }

  tell(peer: Peer, message: Message): Received {
    return receive(this.now, this.#desk, peer, message);
  }

  learnSizes(): void {
    learnSizes(this.#desk, this.track.listed);
  }
}

export const messages = ({ actions }: Received): Message[] =>
  actions.flatMap((action: SwarmAction) => (action.type === "send" ? [action.message] : []));

import type { SwarmId, TrackId } from "../../protocol/ids.ts";
import { NO_BYTES, type ByteCounts } from "./byte-counts.ts";
import type { Member } from "./member.ts";
import type { Seats } from "./seats.ts";
import { SwapList } from "./swap-list.ts";

/** Viewers apart by whether they can give: those who cannot are of no use to each other. */
export interface Lane {
  readonly givers: SwapList<Member>;
  /** Uplink class 0. */
  readonly takers: SwapList<Member>;
}

const createLane = (): Lane => ({ givers: new SwapList(), takers: new SwapList() });

/** The viewers of one swarm, in the order that peer selection wants them. Knows no ids and no sockets. */
export class Swarm {
  readonly id: SwarmId;
  /** Viewers with a socket; those held for a resume are in no lane. */
  readonly everybody = createLane();
  readonly #tracks = new Map<TrackId, Lane>();
  /** Of every track that somebody watches who can give. Kept by the seating. */
  readonly seats = new Map<TrackId, Seats>();
  /** Viewers whose socket dropped and who may resume. */
  held = 0;
  /** Sums over everybody who ever reported here, those who left included. */
  reported: ByteCounts = NO_BYTES;

  constructor(id: SwarmId) {
    this.id = id;
  }

  get viewers(): number {
    return this.everybody.givers.size + this.everybody.takers.size;
  }

  get tracks(): number {
    return this.#tracks.size;
  }

  /** Those who watch `track`; undefined when nobody does. */
  laneOf(track: TrackId | undefined): Lane | undefined {
    return track === undefined ? undefined : this.#tracks.get(track);
  }

  /** Puts a viewer where its uplink and track belong. To change either: take out, change, put in. */
  putIn(member: Member): void {
    sideOf(this.everybody, member).add(member);
    if (member.track === undefined) return;
    let lane = this.#tracks.get(member.track);
    if (!lane) this.#tracks.set(member.track, (lane = createLane()));
    sideOf(lane, member).add(member);
  }

  takeOut(member: Member): void {
    sideOf(this.everybody, member).delete(member);
    const lane = this.laneOf(member.track);
    if (!lane || member.track === undefined) return;
    sideOf(lane, member).delete(member);
    if (lane.givers.size + lane.takers.size === 0) this.#tracks.delete(member.track);
  }
}

const sideOf = (lane: Lane, member: Member): SwapList<Member> => (member.uplink > 0 ? lane.givers : lane.takers);

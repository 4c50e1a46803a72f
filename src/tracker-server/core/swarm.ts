import type { SwarmId, TrackId } from "../../protocol/ids.ts";
import { Lane } from "./lane.ts";
import type { Member } from "./member.ts";
import type { Seats } from "./seats.ts";
import { StreamSavings } from "./stream-savings.ts";
import { SwapList } from "./swap-list.ts";

/** The peers of one swarm, in the order that peer selection wants them. Knows no ids and no sockets. */
export class Swarm {
  readonly id: SwarmId;
  /** Peers with a socket; those held for a resume are in no lane. */
  readonly everybody = new Lane();
  /** Those that came to serve. They are in the lane of everybody, and in none of a track. */
  readonly seeders = new SwapList<Member>();
  readonly #tracks = new Map<TrackId, Lane>();
  /** Of every track that somebody watches who can give. Kept by the seating. */
  readonly seats = new Map<TrackId, Seats>();
  /** ... and of every track that a seeder gives: the same seats once more, held by seeders before all viewers. */
  readonly seederSeats = new Map<TrackId, Seats>();
  /** Viewers whose socket dropped and who may resume. */
  held = 0;
  /** Viewers with a socket that stay with the CDN: in no lane, since nobody is to meet them. */
  heldOut = 0;
  /** Sums over everybody who ever reported here, those who left included. */
  readonly savings: StreamSavings;

  constructor(id: SwarmId, savings = new StreamSavings()) {
    this.id = id;
    this.savings = savings;
  }

  /** Those that share, or may: viewers and seeders. */
  get peers(): number {
    return this.everybody.givers.size + this.everybody.takers.size;
  }

  /** Those of them that watch. */
  get viewers(): number {
    return this.peers - this.seeders.size;
  }

  /** Whether it is of nobody, not even of somebody who may come back. */
  get isEmpty(): boolean {
    return this.peers + this.heldOut + this.held === 0;
  }

  get tracks(): number {
    return this.#tracks.size;
  }

  /** Those who watch `track`; undefined when nobody does. */
  laneOf(track: TrackId | undefined): Lane | undefined {
    return track === undefined ? undefined : this.#tracks.get(track);
  }

  /** Puts a viewer where its uplink, track and network belong. To change one of them: take out, change, put in. */
  putIn(member: Member): void {
    if (member.holdOut) {
      this.heldOut++;
      return;
    }
    this.everybody.putIn(member);
    if (member.isSeeder) this.seeders.add(member);
    if (member.isSeeder || member.track === undefined) return;
    let lane = this.#tracks.get(member.track);
    if (!lane) this.#tracks.set(member.track, (lane = new Lane()));
    lane.putIn(member);
  }

  takeOut(member: Member): void {
    if (member.holdOut) {
      this.heldOut--;
      return;
    }
    this.everybody.takeOut(member);
    this.seeders.delete(member);
    if (member.isSeeder) return;
    const lane = this.laneOf(member.track);
    if (!lane || member.track === undefined) return;
    lane.takeOut(member);
    if (lane.isEmpty) this.#tracks.delete(member.track);
  }
}

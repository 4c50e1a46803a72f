import type { Millis } from "../../base/time.ts";
import type { PeerId, SwarmId, TrackId } from "../../protocol/ids.ts";
import type { UplinkClass } from "../../protocol/peer-message.ts";
import type { ConnectionId } from "./event.ts";
import type { Introductions } from "./introductions.ts";
import type { Network } from "./network.ts";
import type { ToldPlace } from "./place.ts";
import type { TokenBucket } from "./rate-limit.ts";
import type { Ration } from "./ration.ts";
import type { Seats } from "./seats.ts";
import type { SessionCounts } from "./session-counts.ts";
import type { Swarm } from "./swarm.ts";
import type { Pass } from "./ticket.ts";

/** One viewer (or seeder) of one swarm, from its join until it leaves or its resume token expires. */
export interface Member {
  readonly peer: PeerId;
  readonly swarm: Swarm;
  /** By which it found that one: of viewers of a class another than the swarm's own (TI8). */
  readonly joinedAs: SwarmId;
  /** The socket it is reached by; undefined while it is held for a resume. */
  connection: ConnectionId | undefined;
  /** Where its socket comes from. */
  network: Network;
  uplink: UplinkClass;
  /** What its ticket has left it with; undefined where no ticket is asked for. */
  readonly pass: Pass | undefined;
  /** Of the operator's own, by its ticket: what it reports of the origin needs no second opinion (TK72). */
  readonly trusted: boolean;
  /** As it says of itself: proved only where it is {@link trusted}. */
  readonly isSeeder: boolean;
  track: TrackId | undefined;
  /** Of a seeder, instead: all that it gives. */
  tracks: readonly TrackId[];
  /** Links that a seeder holds at most, as it last said; Infinity of a viewer, who does not say. */
  linksMax: number;
  /** Absent in live video, and until it is told. */
  place: ToldPlace | undefined;
  /** The election seats that it takes part in, as newcomer, holder or in reserve. Of a viewer: a seeder is in those of all its tracks. */
  seats: Seats | undefined;
  /** Links it has or is about to have: what it last told, and the introductions since. */
  links: number;
  readonly introductions: Introductions;
  /** How many peers it may yet be told of. */
  readonly introductionQuota: TokenBucket;
  /** What it draws on with others of its network and of its ticket, while it has a socket. */
  rations: readonly Ration[];
  nextNeedAt: Millis;
  /** Bytes of chunks whose hashes it may yet report; from its first report on. */
  hashQuota: TokenBucket | undefined;
  /** By witness key, who has accused it, and when last; from the first accusation on. */
  accusers: Map<string, Millis> | undefined;
  /** Stays with the CDN, to be compared with the others: gives nothing, and nobody hears of it. */
  readonly holdOut: boolean;
  /** Its last report, and what of it is not counted: all of the first one where another tracker has counted before. */
  reported: SessionCounts;
  leftOut: SessionCounts | undefined;
  /** Until when all that was counted took at the least. */
  reportedUntil: Millis;
}

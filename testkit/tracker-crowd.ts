import type { PeerId, SwarmId, TrackId } from "../src/protocol/ids.ts";
import type { UplinkClass } from "../src/protocol/peer-message.ts";
import type { Place } from "../src/protocol/tracker-message.ts";
import { Introductions } from "../src/tracker-server/core/introductions.ts";
import type { Member } from "../src/tracker-server/core/member.ts";
import type { Network } from "../src/tracker-server/core/network.ts";
import { TokenBucket } from "../src/tracker-server/core/rate-limit.ts";
import { NO_COUNTS } from "../src/tracker-server/core/session-counts.ts";
import { Swarm } from "../src/tracker-server/core/swarm.ts";

/** A swarm to put members into, without a tracker. Names are ids. */
export function createCrowd() {
  const swarm = new Swarm("a-swarm-for-selection" as SwarmId);
  let count = 0;
  return {
    /** Everybody has a network of its own, unless told otherwise. */
    add(uplink: UplinkClass, track?: TrackId, links = 0, place?: Place, network: Partial<Network> = {}): Member {
      const member: Member = {
        peer: `peer-${String(count++).padStart(5, "0")}` as PeerId,
        swarm,
        joinedAs: swarm.id,
        connection: count,
        network: { prefixKey: `prefix-${String(count)}`, ...network },
        uplink,
        pass: undefined,
        isSeeder: false,
        trusted: false,
        track,
        tracks: [],
        linksMax: Infinity,
        place: place && { place, toldAt: 0 },
        seats: undefined,
        links,
        introductions: new Introductions(),
        introductionQuota: new TokenBucket(0, { burst: 1, perSecond: 1 }),
        rations: [],
        nextNeedAt: 0,
        hashQuota: undefined,
        accusers: undefined,
        holdOut: false,
        reported: NO_COUNTS,
        leftOut: NO_COUNTS,
        reportedUntil: 0,
      };
      swarm.putIn(member);
      return member;
    },
    addMany(n: number, uplink: UplinkClass, track?: TrackId, links = 0): Member[] {
      return Array.from({ length: n }, () => this.add(uplink, track, links));
    },
  };
}

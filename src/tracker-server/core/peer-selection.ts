import type { Millis } from "../../base/time.ts";
import type { Rng } from "../../base/random.ts";
import type { Member } from "./member.ts";
import type { SwapList } from "./swap-list.ts";

/**
 * Whom `asker` is introduced to, best first, at most `wanted`. Reads the swarm, changes nothing. In this order:
 *
 * 1. givers of the same track, those with few links first: chunks are shared only within a track;
 * 2. a quarter, and whatever is missing to three givers, at random from the whole swarm, so that the mesh never
 *    falls apart into tracks or into cliques of those who came together;
 * 3. takers of the same track, other givers, other takers. A taker is never introduced to a taker.
 *
 * Peers it was never introduced to come before those it knows from long ago, whose link may be alive; those it
 * was just introduced to are left out.
 */
export function pickPeers(now: Millis, asker: Member, wanted: number, rng: Rng): readonly Member[] {
  const { everybody } = asker.swarm;
  const near = asker.swarm.laneOf(asker.track) ?? everybody;
  const known = asker.introductions;
  const far = wanted < 2 ? 0 : Math.max(1, Math.floor(wanted * FAR_SHARE));
  const picked = new Set<Member>();

  const isStranger = (member: Member): boolean => !known.has(member.peer);
  const isNotFresh = (member: Member): boolean => !known.isFresh(now, member.peer);
  for (const isWelcome of [isStranger, isNotFresh]) {
    const isEligible: Test = (member) => member !== asker && !picked.has(member) && isWelcome(member);
    const fill = (upTo: number, from: SwapList<Member>, pickOne: typeof pickAny): void => {
      while (picked.size < Math.min(upTo, wanted)) {
        const member = pickOne(from, isEligible, rng);
        if (!member) return;
        picked.add(member);
      }
    };
    fill(wanted - far, near.givers, pickIdle);
    fill(Math.max(picked.size + far, GIVERS_MIN), everybody.givers, pickAny);
    if (asker.uplink > 0) fill(wanted, near.takers, pickIdle);
    fill(wanted, everybody.givers, pickIdle);
    if (asker.uplink > 0) fill(wanted, everybody.takers, pickIdle);
  }
  return [...picked];
}

type Test = (member: Member) => boolean;

/**
 * One at random. Walking on from a random place finds somebody eligible whenever there is one, and ends soon:
 * only those picked already or introduced before, a few dozen at most, are ever passed over.
 */
function pickAny(from: SwapList<Member>, isEligible: Test, rng: Rng): Member | undefined {
  const start = Math.floor(rng.next() * from.size);
  for (let step = 0; step < from.size; step++) {
    const member = from.at((start + step) % from.size);
    if (member && isEligible(member)) return member;
  }
  return undefined;
}

/** The one of two with fewer links: nearly as even as asking everybody, for the price of two. */
function pickIdle(from: SwapList<Member>, isEligible: Test, rng: Rng): Member | undefined {
  const one = pickAny(from, isEligible, rng);
  const other = pickAny(from, isEligible, rng);
  return one && other && other.links < one.links ? other : one;
}

/** Share of the introductions that looks neither at track nor at links. */
const FAR_SHARE = 0.25;
/** With fewer a single departure leaves a viewer to the origin. */
const GIVERS_MIN = 3;

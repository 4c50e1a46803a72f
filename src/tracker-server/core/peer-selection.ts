import type { Millis } from "../../base/time.ts";
import type { Rng } from "../../base/random.ts";
import type { Member } from "./member.ts";
import { coverageOf, type ToldPlace } from "./place.ts";
import { SwapList } from "./swap-list.ts";

/**
 * Whom `asker` is introduced to, best first, at most `wanted`. Reads the swarm, changes nothing. In this order (TK3 to
 * TK6):
 *
 * 1. in recorded video, givers of the same track that hold all of what the asker plays next, then such that hold some;
 * 2. givers of the same track, those with few links first: chunks are shared only within a track;
 * 3. a quarter, and whatever is missing to three givers, at random from the whole swarm, so that the mesh never
 *    falls apart into tracks or into cliques of those who came together;
 * 4. takers of the same track, other givers, other takers. A taker is never introduced to a taker.
 *
 * Peers it was never introduced to come before those it knows from long ago, whose link may be alive; those it
 * was just introduced to are left out. Costs a few dozen looks at members, up to {@link PLACES_LOOKED_AT} more in
 * recorded video, however large the swarm is.
 */
export function pickPeers(now: Millis, asker: Member, wanted: number, rng: Rng): readonly Member[] {
  const { everybody } = asker.swarm;
  const near = asker.swarm.laneOf(asker.track) ?? everybody;
  const known = asker.introductions;
  const far = wanted < 2 ? 0 : Math.max(1, Math.floor(wanted * FAR_SHARE));
  const picked = new Set<Member>();
  const providers = asker.place && findProviders(now, asker, asker.place, near.givers, rng);

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
    if (providers) {
      fill(wanted - far, providers.all, pickIdle);
      fill(wanted - far, providers.part, pickIdle);
    }
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

/** The one of two with fewer links for its uplink: nearly as even as asking everybody, for the price of two. */
function pickIdle(from: SwapList<Member>, isEligible: Test, rng: Rng): Member | undefined {
  const one = pickAny(from, isEligible, rng);
  const other = pickAny(from, isEligible, rng);
  return one && other && loadOf(other) < loadOf(one) ? other : one;
}

/** Whoever can give more than the stream's own rate serves twice as many before it counts as just as busy. */
const loadOf = ({ links, uplink }: Member): number => (uplink === 2 ? links / 2 : links);

/**
 * Those among `givers` that hold what `asker` plays next, in no order. Of many a sample, drawn one by one because those
 * who came together, and so are at the same place, stand together.
 */
function findProviders(
  now: Millis,
  asker: Member,
  place: ToldPlace,
  givers: SwapList<Member>,
  rng: Rng,
): { readonly all: SwapList<Member>; readonly part: SwapList<Member> } {
  const found = { all: new SwapList<Member>(), part: new SwapList<Member>() };
  const looks = Math.min(PLACES_LOOKED_AT, givers.size);
  for (let look = 0; look < looks; look++) {
    const index = givers.size <= PLACES_LOOKED_AT ? look : Math.floor(rng.next() * givers.size);
    const giver = givers.at(index);
    if (!giver?.place || giver === asker) continue;
    const coverage = coverageOf(now, place, giver.place);
    if (coverage !== "none") found[coverage].add(giver);
  }
  return found;
}

/** Share of the introductions that looks neither at track nor at links. */
const FAR_SHARE = 0.25;
/**
 * In a film of two hours of which everybody keeps three minutes one viewer in forty holds what another plays next: so
 * many looks find six. They cost about as much as reading the message that asks.
 */
const PLACES_LOOKED_AT = 256;
/** With fewer a single departure leaves a viewer to the origin. */
const GIVERS_MIN = 3;

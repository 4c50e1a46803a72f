import type { Millis } from "../../base/time.ts";
import { hash32, type Rng } from "../../base/random.ts";
import { AGAIN_MS, INTRODUCTION_MS, type Introductions } from "./introductions.ts";
import type { Member } from "./member.ts";
import { areaOf, isElsewhere } from "./network.ts";
import { coverageOf, type ToldPlace } from "./place.ts";
import { isOpenToOthers } from "./ration.ts";
import { SwapList } from "./swap-list.ts";

/**
 * Whom `asker` is introduced to, best first, at most `wanted`. Reads the swarm, changes nothing. In this order (TK2 to
 * TK6, TK20 to TK23):
 *
 * 1. seeders, where the swarm is small; elsewhere one of them comes before 4;
 * 2. in recorded video, givers of the same track that hold all of what the asker plays next, then such that hold some,
 *    those nearby before the others;
 * 3. givers of the same track: a few of the same network, those nearby, all others; chunks are shared only within a track;
 * 4. a quarter, or an eighth where it is known who is nearby, and whatever is missing to three givers, at random from
 *    the whole swarm, so that the mesh never falls apart into tracks, into regions, or into cliques of those who came
 *    together;
 * 5. takers of the same track, other givers, other takers. A taker is never introduced to a taker.
 *
 * Of one network other than its own it knows {@link PREFIX_PEERS_MAX} at most, and such a network as many of the asker's
 * (TK88); of other networks than its own it gets `elsewhereMax`. Peers it was never introduced to come before those it knows from long ago, whose link may be alive; those it
 * was just introduced to are left out. Costs a few dozen looks at members, up to {@link PLACES_LOOKED_AT} more in
 * recorded video, however large the swarm is.
 */
export function pickPeers(
  now: Millis,
  asker: Asker,
  wanted: number,
  rng: Rng,
  elsewhereMax = Infinity,
): readonly Member[] {
  const { everybody, peers } = asker.swarm;
  const near = asker.swarm.laneOf(asker.track) ?? everybody;
  const neighbours = near.neighboursOf(asker);
  const nearby = near.nearbyOf(asker);
  const seeders = peers < SMALL_SWARM && asker.swarm.seeders.size > 0 ? asker.swarm.seeders : undefined;
  const known = asker.introductions;
  const { share, from } = nearby ? FAR_AWAY : FAR;
  const far = wanted < from ? 0 : Math.max(1, Math.floor(wanted * share));
  const picked = new Set<Member>();
  const { prefixKey } = asker.network;
  const ours = hash32(prefixKey);
  let elsewhereLeft = elsewhereMax;
  const providers = asker.place && findProviders(now, asker, asker.place, near.givers, nearby, rng);

  const isStranger = (member: Member): boolean => !known.has(member.peer);
  // To be told of somebody costs a ration, also of one whose link lives: only where there may be nobody else.
  const againMs = peers < SMALL_SWARM ? AGAIN_MS : INTRODUCTION_MS;
  const isNotFresh = (member: Member): boolean => !known.isFresh(now, member.peer, againMs);
  const isAllowed = (member: Member): boolean => {
    const theirs = member.network.prefixKey;
    if (!isElsewhere(prefixKey, theirs)) return true;
    if (elsewhereLeft <= 0 || !isOpenToOthers(now, member)) return false;
    let known = asker.introductions.countOf(hash32(theirs));
    for (const other of picked) if (other.network.prefixKey === theirs) known++;
    return known < PREFIX_PEERS_MAX && member.introductions.countOf(ours) < PREFIX_PEERS_MAX;
  };
  for (const isWelcome of [isStranger, isNotFresh]) {
    const isEligible: Test = (member) =>
      member !== asker && !picked.has(member) && isWelcome(member) && (!member.isSeeder || hasRoomFor(member, asker));
    const isEligibleAndAllowed: Test = (member) => isEligible(member) && isAllowed(member);
    const fill = (upTo: number, list: SwapList<Member> | undefined, pickOne: typeof pickIdle): void => {
      while (list && picked.size < Math.min(upTo, wanted)) {
        if (elsewhereLeft <= 0 && list !== neighbours) return; // nobody else to find, however long the list
        let member = pickOne(list, isEligible, rng, asker);
        // Looked at last, and mostly once: what is asked here lies far apart in memory.
        if (member && !isAllowed(member)) member = pickOne(list, isEligibleAndAllowed, rng, asker);
        if (!member) return;
        picked.add(member);
        if (isElsewhere(prefixKey, member.network.prefixKey)) elsewhereLeft--;
      }
    };
    fill(wanted, seeders, pickIdle);
    if (providers) for (const list of providers) fill(wanted - far, list, pickIdle);
    fill(Math.floor(wanted * NEIGHBOURS_SHARE), neighbours, pickIdle);
    fill(wanted - far, nearby, pickIdle);
    fill(wanted - far, near.givers, pickIdle);
    if (asker.swarm.seeders.size > 0) fill(picked.size + 1, asker.swarm.seeders, pickIdle);
    fill(Math.max(picked.size + far, GIVERS_MIN), everybody.givers, pickAny);
    if (asker.uplink > 0) fill(wanted, near.takers, pickIdle);
    fill(wanted, everybody.givers, pickIdle);
    if (asker.uplink > 0) fill(wanted, everybody.takers, pickIdle);
    fill(wanted, neighbours, pickIdle);
  }
  return [...picked];
}

/** Whoever asks, here or at another process. */
export type Asker = Pick<Member, "peer" | "swarm" | "network" | "uplink" | "track" | "place"> & {
  readonly introductions: Pick<Introductions, "has" | "isFresh" | "countOf">;
};

type Test = (member: Member) => boolean;

/** Whether a seeder is of use: it gives what the asker watches, and can hold another link. */
const hasRoomFor = ({ links, linksMax, tracks }: Member, { track }: Asker): boolean =>
  links < linksMax && (track === undefined || tracks.length === 0 || tracks.includes(track));

/**
 * One at random. Walking on from a random place finds somebody eligible in a short list whenever there is one. In a long
 * one it starts anew every few steps: those who came together stand together, and may be a fleet of which nobody is.
 */
function pickAny(from: SwapList<Member>, isEligible: Test, rng: Rng): Member | undefined {
  const isLong = from.size > LOOKS_MAX;
  let start = Math.floor(rng.next() * from.size);
  for (let look = 0; look < Math.min(from.size, LOOKS_MAX); look++) {
    if (isLong && look > 0 && look % LOOKS_IN_A_ROW === 0) start = Math.floor(rng.next() * from.size);
    const member = from.at((start + look) % from.size);
    if (member && isEligible(member)) return member;
  }
  return undefined;
}

/**
 * The one of two with fewer links for its uplink: nearly as even as asking everybody, for the price of two. Where that
 * decides nothing, one whose bytes do not leave the asker's autonomous system.
 */
function pickIdle(from: SwapList<Member>, isEligible: Test, rng: Rng, asker: Asker): Member | undefined {
  const one = pickAny(from, isEligible, rng);
  const other = one && pickAny(from, isEligible, rng);
  if (!other) return one;
  const { asn } = asker.network;
  const isAsGood = loadOf(other) === loadOf(one);
  if (isAsGood) return asn !== undefined && other.network.asn === asn ? other : one;
  return loadOf(other) < loadOf(one) ? other : one;
}

/** Whoever can give more than the stream's own rate serves twice as many before it counts as just as busy. */
const loadOf = ({ links, uplink }: Member): number => (uplink === 2 ? links / 2 : links);

/**
 * Those among `givers` that hold what `asker` plays next, best first: all of it, nearby or elsewhere, then some. Of many
 * a sample, drawn one by one because those who came together, and so are at the same place, stand together.
 */
function findProviders(
  now: Millis,
  asker: Asker,
  place: ToldPlace,
  givers: SwapList<Member>,
  nearby: SwapList<Member> | undefined,
  rng: Rng,
): readonly SwapList<Member>[] {
  const found = {
    all: { near: new SwapList<Member>(), far: new SwapList<Member>() },
    part: { near: new SwapList<Member>(), far: new SwapList<Member>() },
  };
  const area = areaOf(asker.network);
  const lookAt = (among: SwapList<Member>, looksMax: number): void => {
    const looks = Math.min(looksMax, among.size);
    for (let look = 0; look < looks; look++) {
      const giver = among.at(among.size <= looksMax ? look : Math.floor(rng.next() * among.size));
      if (!giver?.place || giver === asker) continue;
      const coverage = coverageOf(now, place, giver.place);
      if (coverage !== "none") found[coverage][nearby && areaOf(giver.network) === area ? "near" : "far"].add(giver);
    }
  };
  if (nearby) lookAt(nearby, PLACES_LOOKED_AT / 2);
  lookAt(givers, nearby ? PLACES_LOOKED_AT / 2 : PLACES_LOOKED_AT);
  const { all, part } = found;
  return nearby ? [all.near, all.far, part.near, part.far] : [all.far, part.far];
}

/** Share of the introductions that looks neither at track nor at place nor at links, and of how many at least. */
const FAR = { share: 0.25, from: 2 };
/**
 * The same where it is known who is nearby: a far peer is then in another part of the world. One of eight keeps the mesh
 * in one piece, as links go both ways; whoever asks for a few has links, and needs them replaced by such as they were.
 */
const FAR_AWAY = { share: 0.125, from: 4 };
/**
 * Share of the introductions that goes to viewers of the same network first: three of eight. Behind a carrier's NAT the
 * same network is not the same house, and some such pairs cannot connect at all.
 */
const NEIGHBOURS_SHARE = 0.375;
/**
 * In a film of two hours of which everybody keeps three minutes one viewer in forty holds what another plays next: so
 * many looks find six. They cost about as much as reading the message that asks.
 */
const PLACES_LOOKED_AT = 256;
/** With fewer viewers everybody is linked to everybody, and the uplinks there are may not carry the stream. */
export const SMALL_SWARM = 10;
/** With fewer a single departure leaves a viewer to the origin. */
const GIVERS_MIN = 3;
/**
 * Of the newest 32 introductions of a viewer, whoever asked, so many may be of one network that is not its own: with more,
 * a fleet in one place could be most of what it sees.
 */
export const PREFIX_PEERS_MAX = 3;
/** Finds somebody in a long list, of whom one in ten may be picked, all but surely; in vain it costs a few microseconds. */
const LOOKS_MAX = 128;
const LOOKS_IN_A_ROW = 4;

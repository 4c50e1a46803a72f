import { log2Of } from "../../src/base/log2.ts";
import { createRng, type Rng } from "../../src/base/random.ts";
import type { Millis } from "../../src/base/time.ts";
import type { Mischief } from "./mischief.ts";
import type { MischiefPlan, NetworkPlan, Plan, SeederPlan, UplinkMix } from "./plan.ts";

/** How a home router lets others in. A symmetric one is reached by neither its kind nor a port-restricted one. */
export type Nat = "open" | "restricted" | "symmetric";

/** One viewer as it was born: nothing here changes. */
export interface Traits {
  readonly index: number;
  /** Uplink as a multiple of the stream's rate; 0 for one that must not upload. */
  readonly uplink: number;
  readonly downlink: number;
  readonly nat: Nat;
  readonly group: number;
  /** 0 where there are no regions. */
  readonly region: number;
  readonly firstByteMs: Millis;
  readonly mischief: Mischief | undefined;
  /** Undefined of a viewer. */
  readonly seeder: SeederPlan | undefined;
  readonly isHidden: boolean;
  readonly rendition: number;
  /** How long it stays; Infinity to the end. */
  readonly sessionMs: Millis;
  /** Leaves without a word: a crash, a lost network, a killed tab. */
  readonly vanishes: boolean;
}

/** Each viewer has its own stream of chance, so that one more never disturbs another. */
export const viewerRng = (plan: Plan, index: number): Rng => createRng(plan.seed).fork(`viewer ${index}`);

/** The viewer that comes as number `index` in this plan. */
export function traitsOf(plan: Plan, index: number): Traits {
  const own = viewerRng(plan, index);
  const rng = own.fork("traits");
  const { network, origin } = plan;
  const chance = (): number => rng.next();
  const between = (min: number, max: number): number => min + (max - min) * chance();
  const mischief = mischiefOf(plan.mischief, index, chance());
  const uplink = UPLINKS[plan.uplinks](chance, index);
  return {
    index,
    uplink: mischief ? MISCHIEF_UPLINK : uplink,
    downlink: between(network.downlinkMin, network.downlinkMax),
    nat: natOf(network, chance()),
    group: index % network.groups,
    region: Math.floor(own.fork("region").next() * (network.regions?.count ?? 1)),
    firstByteMs: between(origin.firstByteMsMin, origin.firstByteMsMax),
    mischief,
    seeder: undefined,
    isHidden: chance() < plan.hiddenShare,
    rendition: index % plan.renditions.length,
    sessionMs: plan.sessionSeconds * 1000 * exponential(chance()),
    vanishes: chance() < VANISHING_SHARE,
  };
}

/** A server in a data centre: whoever calls it reaches it. */
export const seederTraits = (plan: Plan, seeder: SeederPlan, index: number): Traits => ({
  index: SEEDERS_FROM + index,
  uplink: seeder.uplink,
  downlink: seeder.uplink,
  nat: "open",
  group: index % plan.network.groups,
  region: 0,
  firstByteMs: plan.origin.firstByteMsMin,
  mischief: undefined,
  seeder,
  isHidden: false,
  rendition: 0,
  sessionMs: (plan.warmupSeconds + seeder.goneAtSecond) * 1000,
  vanishes: true,
});

export const canMeet = (a: Traits, b: Traits): boolean =>
  a.group === b.group && !(a.nat === "symmetric" && b.nat !== "open") && !(b.nat === "symmetric" && a.nat !== "open");

/** An exponential variate of mean 1 from a uniform one. */
export const exponential = (uniform: number): number => -LN_2 * log2Of(1 - uniform);

function mischiefOf(plan: MischiefPlan | undefined, index: number, chance: number): Mischief | undefined {
  if (!plan) return undefined;
  const { who, kinds } = plan;
  const meansHarm = "share" in who ? chance < who.share : index === who.index;
  return meansHarm ? kinds[index % kinds.length] : undefined;
}

function natOf({ symmetricShare, restrictedShare }: NetworkPlan, chance: number): Nat {
  if (chance < symmetricShare) return "symmetric";
  return chance < symmetricShare + restrictedShare ? "restricted" : "open";
}

/** The distributions that the algorithm was found with. */
const UPLINKS: Record<UplinkMix, (chance: () => number, index: number) => number> = {
  // 30 % none, 40 % 1 to 2, 30 % 5 to 10: mean 2.85
  mixed: (chance) => {
    const x = chance();
    return x < 0.3 ? 0 : x < 0.7 ? 1 + chance() : 5 + 5 * chance();
  },
  // 30 % none, 50 % 0.5 to 1, 20 % 1.5 to 3: mean 0.825
  tight: (chance) => {
    const x = chance();
    return x < 0.3 ? 0 : x < 0.8 ? 0.5 + chance() / 2 : 1.5 + 1.5 * chance();
  },
  // 60 % none, 30 % 0.3 to 0.8, 10 % 2 to 4: mean 0.465
  poor: (chance) => {
    const x = chance();
    return x < 0.6 ? 0 : x < 0.9 ? 0.3 + chance() / 2 : 2 + 2 * chance();
  },
  // Just enough, and nothing to spare.
  edge: () => 1.15,
  tiny: () => 0.1,
  // The same for all, and plenty: whoever gives more than the others was asked for more.
  equal: () => 20,
  // One in fifty has plenty, the others nothing.
  super: (_, index) => (index % 50 === 0 ? 60 : 0),
  none: () => 0,
};

/** Whoever means harm has, or says that it has, enough uplink to be asked for much. */
const MISCHIEF_UPLINK = 3;
/** More than there are viewers. */
const SEEDERS_FROM = 1_000_000;
const VANISHING_SHARE = 0.3;
const LN_2 = 0.693147;

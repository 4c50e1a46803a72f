import type { SharingLimits } from "../../src/swarm/core/sharing-policy.ts";
import type { SwarmTuning } from "../../src/swarm/core/tuning.ts";
import type { Mischief } from "./mischief.ts";

/** How much the viewers can upload, as multiples of the stream's rate: one distribution each, see population.ts. */
export type UplinkMix = "mixed" | "tight" | "poor" | "edge" | "tiny" | "equal" | "super" | "none";

/** From one instant to another, in seconds after the measuring began. Before it, while the swarm forms, all is well. */
export interface Span {
  readonly fromSecond: number;
  readonly toSecond: number;
}

export type Fault =
  /** The tracker's process is gone: its sockets close, new ones are refused. */
  | ({ readonly type: "tracker-down" } & Span)
  /** Every origin request answers with this HTTP status, at once. */
  | ({ readonly type: "origin-outage"; readonly status: number } & Span)
  /** `share` of the viewers keep only `factor` of their uplink. */
  | ({ readonly type: "uplink-collapse"; readonly share: number; readonly factor: number } & Span);

/** What viewers check the bytes of peers against: nothing, the roots of the playlist, or what the tracker attests. */
export type Proof = "none" | "roots" | "attested";

/** Some of the viewers mean harm, each in one of these ways: a share of them by chance, or just one by its index. */
export interface MischiefPlan {
  readonly kinds: readonly Mischief[];
  readonly who: { readonly share: number } | { readonly index: number };
}

/** A server beside the viewers, there before the first of them. */
export interface SeederPlan {
  /** As a multiple of the stream's rate. */
  readonly uplink: number;
  readonly linksMax: number;
  /** Says that it is a seeder, and neither fetches nor serves. */
  readonly isIdle: boolean;
  /** When it is gone without a word, after the measuring began; Infinity for never. */
  readonly goneAtSecond: number;
}

export interface LiveMedia {
  readonly type: "live";
  /** Behind the newest segment of the playlist, as `liveSyncDuration` of hls.js. */
  readonly behindSeconds: number;
}

export interface VodMedia {
  readonly type: "vod";
  readonly lengthSeconds: number;
  /** Where viewers begin: anywhere in the first `spread` of the title. 0 is a premiere. */
  readonly spread: number;
  /** Mean time between two seeks of one viewer, to anywhere; Infinity for none. */
  readonly seekEverySeconds: number;
  readonly cacheBytes: number;
}

/** Everything that one run depends on. Plain data: the same plan gives the same trace hash. */
export interface Plan {
  readonly scenario: string;
  readonly seed: number;
  /** Viewers once all have come; under churn each that leaves is replaced. */
  readonly viewers: number;
  readonly uplinks: UplinkMix;
  readonly seeders: readonly SeederPlan[];
  readonly media: LiveMedia | VodMedia;
  readonly segmentSeconds: number;
  readonly bitsPerSecond: number;
  /** Rates of the renditions as multiples of `bitsPerSecond`; viewers are dealt to them in turn. */
  readonly renditions: readonly number[];
  /** Mean session; Infinity without churn. Sessions are exponential, and three in ten end without a word. */
  readonly sessionSeconds: number;
  /** Nothing is counted before. */
  readonly warmupSeconds: number;
  readonly measuredSeconds: number;
  /** Share of the viewers that is there from the start; the others come evenly over `arrivals`. */
  readonly initialShare: number;
  readonly arrivals: Span;
  readonly network: NetworkPlan;
  readonly origin: OriginPlan;
  /** What chunks of peers are checked against before they are kept: nothing, or the roots in the playlist (IN1). */
  readonly proof: Proof;
  /** Who means harm; undefined for nobody. */
  readonly mischief: MischiefPlan | undefined;
  /** Tabs that are not seen: their timers run once a second. */
  readonly hiddenShare: number;
  readonly faults: readonly Fault[];
  /** Other than the library's own limits. */
  readonly sharing: Partial<SharingLimits>;
  readonly tuning?: Partial<SwarmTuning> | undefined;
}

export interface NetworkPlan {
  /** Round trip between two viewers: uniform between the two. Means nothing where there are regions. */
  readonly roundTripMsMin: number;
  readonly roundTripMsMax: number;
  /** Undefined: everywhere is as far from everywhere else. */
  readonly regions: RegionsPlan | undefined;
  /** Of the packets. */
  readonly lossShare: number;
  /** Downlink as a multiple of the stream's rate: uniform between the two. */
  readonly downlinkMin: number;
  readonly downlinkMax: number;
  /** The queue of the home router, in time at the uplink's rate. What does not fit is lost. */
  readonly queueMs: number;
  /** From the last signal to an open channel: uniform between the two. */
  readonly setupMsMin: number;
  readonly setupMsMax: number;
  /** Shares of the viewers behind a symmetric NAT and behind a port-restricted one: those two kinds do not meet. */
  readonly symmetricShare: number;
  readonly restrictedShare: number;
  /** Viewers of different groups never connect; the tracker does not know. */
  readonly groups: number;
}

/** Parts of the world, on a ring. Viewers are dealt to them at random. */
export interface RegionsPlan {
  readonly count: number;
  /** Round trip between two viewers of one region: uniform between the two. */
  readonly withinMsMin: number;
  readonly withinMsMax: number;
  /** ... and of two: the more, the further apart on the ring. */
  readonly betweenMsMin: number;
  readonly betweenMsMax: number;
  /** Whether the tracker knows where a viewer is. */
  readonly isTold: boolean;
}

export interface OriginPlan {
  /** Mean time to the first byte, uniform per viewer between the two, and 0.8 to 1.5 times that per request. */
  readonly firstByteMsMin: number;
  readonly firstByteMsMax: number;
  /** This share of the requests takes `slowMs` longer. */
  readonly slowShare: number;
  readonly slowMs: number;
  readonly bitsPerSecondPerRequest: number;
  /** Whether the loader can tell the address of a segment that its playlist does not list yet. */
  readonly addressesForeseen: boolean;
}

/** The network model of the prototype that the algorithm was found with, so that figures can be compared. */
export const NETWORK: NetworkPlan = {
  roundTripMsMin: 10,
  roundTripMsMax: 150,
  regions: undefined,
  lossShare: 0,
  downlinkMin: 6,
  downlinkMax: 20,
  queueMs: 500,
  setupMsMin: 300,
  setupMsMax: 1300,
  // 0.2 x 0.2 + 2 x 0.2 x 0.2 = 12 % of the pairs cannot connect.
  symmetricShare: 0.2,
  restrictedShare: 0.2,
  groups: 1,
};

export const ORIGIN: OriginPlan = {
  firstByteMsMin: 40,
  firstByteMsMax: 120,
  slowShare: 0.03,
  slowMs: 600,
  bitsPerSecondPerRequest: 40e6,
  addressesForeseen: true,
};

/** What a swarm can do: an operator whose viewers agree may lift the library's own limits (docs/policy.md). */
export const NO_LIMITS: Partial<SharingLimits> = { uploadRatioMax: Infinity, uplinkShare: 1 };

/** What the command line, the report and the tables of the documentation take for granted. */
export const LIVE: Plan = {
  scenario: "live",
  seed: 1,
  viewers: 100,
  uplinks: "mixed",
  seeders: [],
  media: { type: "live", behindSeconds: 12 },
  segmentSeconds: 4,
  bitsPerSecond: 5e6,
  renditions: [1],
  sessionSeconds: 300,
  warmupSeconds: 24,
  measuredSeconds: 96,
  initialShare: 1,
  arrivals: { fromSecond: 0, toSecond: 0 },
  network: NETWORK,
  origin: ORIGIN,
  proof: "none",
  mischief: undefined,
  hiddenShare: 0,
  faults: [],
  sharing: NO_LIMITS,
};

export const VOD: VodMedia = {
  type: "vod",
  lengthSeconds: 1200,
  spread: 1,
  seekEverySeconds: Infinity,
  cacheBytes: 128 * 1024 * 1024,
};

/** What each script of the ABR bench does to the CDN and to the peers, and what it is there to find. */

export interface Step {
  /** From the start of playback. */
  readonly atSeconds: number;
  /** Of each viewer's line to the CDN. */
  readonly bitsPerSecond: number;
}

export interface Script {
  readonly name: string;
  readonly seconds: number;
  /** The first at 0. */
  readonly cdn: readonly Step[];
  /** All that the seeders together send; 0 for no limit. */
  readonly seederBitsPerSecond: number;
  /** Whether the swarm must come to a higher level than plain hls.js. */
  readonly mustBeHigher?: true;
}

/** Three renditions, of which the CDN of most scripts carries the top one at its best and the bottom one at its worst. */
export const LEVELS: readonly number[] = [330_000, 1_300_000, 3_200_000];

const MBIT = 1_000_000;
const GOOD = 6 * MBIT;
/** Enough for the bottom level alone. */
const BAD = 0.9 * MBIT;
/** Enough for the middle one. */
const THROTTLED = 2.2 * MBIT;
/** What peers give in ordinary scripts: a swarm that carries the stream. */
const FAIR_PEERS = 5 * MBIT;
const ALWAYS_GOOD: readonly Step[] = [{ atSeconds: 0, bitsPerSecond: GOOD }];

export const SCRIPTS: readonly Script[] = [
  { name: "steady", seconds: 40, cdn: ALWAYS_GOOD, seederBitsPerSecond: FAIR_PEERS },
  {
    name: "step-down",
    seconds: 50,
    cdn: [...ALWAYS_GOOD, { atSeconds: 20, bitsPerSecond: BAD }],
    seederBitsPerSecond: FAIR_PEERS,
  },
  {
    name: "step-up",
    seconds: 50,
    cdn: [
      { atSeconds: 0, bitsPerSecond: THROTTLED },
      { atSeconds: 15, bitsPerSecond: GOOD },
    ],
    seederBitsPerSecond: FAIR_PEERS,
  },
  {
    name: "sawtooth",
    seconds: 60,
    cdn: [0, 1, 2, 3, 4].map((tooth) => ({ atSeconds: tooth * 12, bitsPerSecond: tooth % 2 === 0 ? GOOD : BAD })),
    seederBitsPerSecond: FAIR_PEERS,
  },
  // A tenth of what the top level takes.
  { name: "dribble", seconds: 40, cdn: ALWAYS_GOOD, seederBitsPerSecond: 0.32 * MBIT },
  { name: "all-peers", seconds: 40, cdn: [{ atSeconds: 0, bitsPerSecond: 3 * MBIT }], seederBitsPerSecond: 0 },
  {
    name: "fast-swarm",
    seconds: 50,
    cdn: [{ atSeconds: 0, bitsPerSecond: THROTTLED }],
    seederBitsPerSecond: 20 * MBIT,
    mustBeHigher: true,
  },
];

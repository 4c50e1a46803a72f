/** The population as the simulator draws it, and the plan by which the simulator plays the same run. Pure. */
import { LIVE, type Plan } from "../../sim/model/plan.ts";
import { traitsOf } from "../../sim/model/population.ts";
import type { BenchOptions } from "./options.ts";

export interface Member {
  /** What it may upload; 0 for one that must not. */
  readonly uploadBitsPerSecond: number;
  /** What its line carries: even who must not upload has to ask. */
  readonly uplinkBitsPerSecond: number;
  readonly downlinkBitsPerSecond: number;
  readonly isWitness: boolean;
}

export function planOf(options: BenchOptions): Plan {
  const { viewers, uplinks, roundTripMs, lossShare, seconds, segmentSeconds, bitsPerSecond, behindSeconds, seed } =
    options;
  const setupMs = SETUP_ROUND_TRIPS * roundTripMs + SETUP_MS;
  return {
    ...LIVE,
    ...{ seed, viewers, uplinks, segmentSeconds, bitsPerSecond },
    media: { type: "live", behindSeconds },
    sessionSeconds: Infinity,
    warmupSeconds: WARMUP_SECONDS,
    measuredSeconds: seconds,
    network: {
      ...LIVE.network,
      ...{ roundTripMsMin: roundTripMs, roundTripMsMax: roundTripMs, lossShare },
      ...{ setupMsMin: setupMs, setupMsMax: setupMs },
      ...{ symmetricShare: 0, restrictedShare: 0 },
    },
    origin: {
      ...LIVE.origin,
      ...{ firstByteMsMin: roundTripMs, firstByteMsMax: roundTripMs, slowShare: 0 },
      bitsPerSecondPerRequest: Infinity, // the viewer's downlink is what limits it
    },
  };
}

/** Who takes part, in the simulator's order. The witnesses are spread evenly. */
export function populationOf(options: BenchOptions): readonly Member[] {
  const { viewers, witnesses, bitsPerSecond } = options;
  const plan = planOf(options);
  return Array.from({ length: viewers }, (_, index) => {
    const traits = traitsOf(plan, index);
    const uploadBitsPerSecond = traits.uplink * bitsPerSecond;
    return {
      uploadBitsPerSecond,
      uplinkBitsPerSecond: uploadBitsPerSecond || CONTROL_BITS_PER_SECOND,
      downlinkBitsPerSecond: traits.downlink * bitsPerSecond,
      isWitness: Math.floor(((index + 1) * witnesses) / viewers) > Math.floor((index * witnesses) / viewers),
    };
  });
}

/** As long as the simulator's: players have filled their buffers and everybody is connected. */
const WARMUP_SECONDS = LIVE.warmupSeconds;
/** The uplink of those who give nothing. */
const CONTROL_BITS_PER_SECOND = 1e6;
/** From the last signal to an open channel: ICE one, DTLS two, SCTP two, and what the machine takes. */
const SETUP_ROUND_TRIPS = 5;
const SETUP_MS = 30;

/** A viewer that plays like any other and means harm. For browsers. */
import { SILENT } from "../../src/base/logger.ts";
import { PlayerSwarm } from "../../src/loader/player-swarm.ts";
import type { Swarm } from "../../src/loader/swarm.ts";
import { createSwarmDriver } from "../../src/swarm/io/driver.ts";
import { openSimplePeerLink } from "../../src/swarm/io/simple-peer-link.ts";
import { openWebSocketTrackerLink } from "../../src/swarm/io/websocket-tracker-link.ts";
import { misused, type Adversary } from "./adversary.ts";

export const createAdversary = (adversary: Adversary, tracker: string): Swarm =>
  new PlayerSwarm({}, (swarm, origin) =>
    createSwarmDriver({
      ...{ swarm, origin, trackers: [tracker], rtc: {}, upload: true, memoryBytesMax: 1e8, logger: SILENT },
      ...{ openPeerLink: misused(adversary, openSimplePeerLink), openTrackerLink: openWebSocketTrackerLink },
    }),
  );

/** A viewer like any other that flips one bit in each part of a chunk that it gives to others. For browsers. */
import { SILENT } from "../../src/base/logger.ts";
import { PlayerSwarm } from "../../src/loader/player-swarm.ts";
import type { Swarm } from "../../src/loader/swarm.ts";
import { decodePeerMessage } from "../../src/protocol/peer-codec.ts";
import { createSwarmDriver } from "../../src/swarm/io/driver.ts";
import { openSimplePeerLink } from "../../src/swarm/io/simple-peer-link.ts";
import type { OpenPeerLink } from "../../src/swarm/io/peer-link.ts";
import { openWebSocketTrackerLink } from "../../src/swarm/io/websocket-tracker-link.ts";

export const createForger = (tracker: string): Swarm =>
  new PlayerSwarm({}, (swarm, origin) =>
    createSwarmDriver({
      ...{ swarm, origin, trackers: [tracker], rtc: {}, upload: true, memoryBytesMax: 1e8, logger: SILENT },
      ...{ openPeerLink: forging(openSimplePeerLink), openTrackerLink: openWebSocketTrackerLink },
    }),
  );

const forging =
  (open: OpenPeerLink): OpenPeerLink =>
  (options) => {
    const link = open(options);
    return {
      signal: (signal) => {
        link.signal(signal);
      },
      send: (frame) => {
        link.send(decodePeerMessage(frame)?.type === "chunk" ? flipped(frame) : frame);
      },
      close: () => {
        link.close();
      },
    };
  };

/** The payload is the last field. */
function flipped(frame: Uint8Array): Uint8Array {
  const forged = frame.slice();
  const last = forged.length - 1;
  forged[last] = (forged[last] ?? 0) ^ 1;
  return forged;
}

/** A topology alone: what a tracker tells it, and what it wants done. */
import { createRng } from "../src/base/random.ts";
import { swarmIdOf, type PeerId } from "../src/protocol/ids.ts";
import type { TrackerToViewer } from "../src/protocol/tracker-message.ts";
import type { SwarmAction } from "../src/swarm/core/action.ts";
import { Topology, type Report } from "../src/swarm/core/topology.ts";
import { DEFAULT_TUNING } from "../src/swarm/core/tuning.ts";
import type { Surroundings } from "../src/swarm/core/whereabouts.ts";

export const report = (): Report => ({
  ...{ peerBytes: 1, originBytes: 2, originReceivedBytes: 2, uploadedBytes: 3, wastedBytes: 0 },
  ...{ stalls: 0, stalledMs: 0, playedMs: 0, startUpMs: 0 },
  peers: 1,
});
export const LIVE: Surroundings = { place: undefined, providers: 0 };
export const peerId = (name: string): PeerId => name.padEnd(10, "_") as PeerId;

export const HERE = "wss://here.test";

export function createTopology(seed = 1, trackers: readonly string[] = [HERE]): Topology {
  return new Topology({
    swarm: swarmIdOf("stream"),
    trackers,
    uplink: 1,
    tuning: DEFAULT_TUNING,
    rng: createRng(seed),
  });
}

/** A viewer that the tracker has let in and given these candidates. */
export function joined(candidates: readonly string[], self = "m"): Topology {
  const topology = createTopology();
  topology.evaluate(0, true, LIVE, report);
  topology.trackerOpened(0);
  topology.trackerMessage(100, welcome(candidates, self));
  return topology;
}

export const welcome = (candidates: readonly string[], self: string): Extract<TrackerToViewer, { type: "joined" }> => ({
  type: "joined",
  version: 1,
  peer: peerId(self),
  resume: "token",
  viewers: candidates.length + 1,
  reportEveryMs: 10_000,
  peers: candidates.map((name) => ({ peer: peerId(name), uplink: 1 })),
});

/** The tracker names more peers. */
export function introduce(topology: Topology, now: number, names: readonly string[]): void {
  const peers = names.map((name) => ({ peer: peerId(name), uplink: 1 as const }));
  topology.trackerMessage(now, { type: "peers", viewers: 99, peers });
}

export const dialed = (actions: readonly SwarmAction[]): string[] =>
  actions.flatMap((action) => (action.type === "open-peer" ? [action.peer] : []));
export const sent = (actions: readonly SwarmAction[], type: string) =>
  actions.flatMap((action) => (action.type === "send-tracker" && action.message.type === type ? [action.message] : []));

import { describe, expect, test } from "vitest";
import { createRng } from "../../base/random.ts";
import { swarmIdOf, trackIdOf, type PeerId } from "../../protocol/ids.ts";
import { Topology } from "./topology.ts";
import { DEFAULT_TUNING } from "./tuning.ts";

const peerId = (name: string): PeerId => name.padEnd(10, "_") as PeerId;

/** A viewer that the tracker has let in. */
function joined(): Topology {
  const rng = createRng(1);
  const topology = new Topology({
    swarm: swarmIdOf("stream"),
    trackers: ["wss://tracker.test"],
    uplink: 1,
    tuning: DEFAULT_TUNING,
    rng,
  });
  comeBack(topology, 100, "m");
  return topology;
}

function comeBack(topology: Topology, now: number, self: string): void {
  topology.trackerOpened(now);
  const more = { version: 1, resume: "token", viewers: 1, reportEveryMs: 10_000, peers: [] };
  topology.trackerMessage(now, { type: "joined", peer: peerId(self), ...more });
}

describe("[SW37] election seats", () => {
  const VIDEO = trackIdOf("video");
  const assign = (topology: Topology, now: number, seats: readonly number[]): void => {
    topology.trackerMessage(now, { type: "assign", track: VIDEO, seats });
  };

  test("are ours until others are dealt, be it none", () => {
    const topology = joined();
    expect(topology.seatsOf(100, VIDEO)).toBeUndefined();
    assign(topology, 200, [3, 8]);
    expect(topology.seatsOf(60_000, VIDEO)?.seats).toEqual([3, 8]);
    expect(topology.seatsOf(60_000, trackIdOf("audio"))).toBeUndefined();
    assign(topology, 60_000, []);
    expect(topology.seatsOf(60_000, VIDEO)?.seats).toEqual([]);
  });

  test("[IN30] come with those that we are witness of, until others are dealt", () => {
    const topology = joined();
    topology.trackerMessage(100, { type: "assign", track: VIDEO, seats: [3], witness: [4, 9] });
    expect(topology.seatsOf(100, VIDEO)).toMatchObject({ seats: [3], witness: [4, 9] });
    assign(topology, 200, [3]);
    expect(topology.seatsOf(200, VIDEO)?.witness).toBeUndefined();
  });

  test("are kept for 5 s after the tracker is lost, however often it is tried again", () => {
    const topology = joined();
    assign(topology, 200, [3]);
    topology.trackerClosed(1000);
    topology.trackerClosed(3000);
    expect([topology.seatsOf(5999, VIDEO)?.seats, topology.seatsOf(6000, VIDEO)]).toEqual([[3], undefined]);
  });

  test("are kept for 5 s when it drains", () => {
    const topology = joined();
    assign(topology, 200, [3]);
    topology.trackerMessage(1000, { type: "drain", reconnectInMs: 60_000 });
    expect([topology.seatsOf(5999, VIDEO)?.seats, topology.seatsOf(6000, VIDEO)]).toEqual([[3], undefined]);
  });

  test("are still ours after a short absence, and not after a long one, or as a newcomer", () => {
    const again = (backAt: number, self: string): readonly number[] | undefined => {
      const topology = joined();
      assign(topology, 200, [3]);
      topology.trackerClosed(1000);
      comeBack(topology, backAt, self);
      return topology.seatsOf(backAt, VIDEO)?.seats;
    };
    expect([again(3000, "m"), again(9000, "m"), again(3000, "n")]).toEqual([[3], undefined, undefined]);
  });
});

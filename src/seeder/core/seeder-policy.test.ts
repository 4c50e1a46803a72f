import { expect, test } from "vitest";
import { AUDIO, listing, nameOf, VIDEO } from "../../../testkit/swarm-parts.ts";
import { createRng } from "../../base/random.ts";
import { swarmIdOf, type PeerId, type ViewerId } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import type { SwarmAction } from "../../swarm/core/action.ts";
import { SwarmCore } from "../../swarm/core/swarm.ts";
import { linksMaxFor, seederPolicy } from "./seeder-policy.ts";

const ALICE = "alice_____" as PeerId;
const LIVE = { type: "playlist", track: VIDEO, live: true, targetDuration: 4 } as const;

function seederCore(trackers: readonly string[] = []): SwarmCore {
  const core = new SwarmCore({
    swarm: swarmIdOf("stream"),
    viewer: "8000000000000000" as ViewerId,
    trackers,
    memoryBytesMax: 1e9,
    rng: createRng(1),
    ...seederPolicy({ linksMax: 100 }),
  });
  core.handle(0, { type: "tracks-followed", tracks: [VIDEO] });
  return core;
}

/** A viewer links, and follows the track. */
function link(core: SwarmCore, now: number, uplink: 0 | 1): readonly SwarmAction[] {
  core.handle(now, { type: "tracker-message", message: { type: "signal", from: ALICE, signal: "ooffer" } });
  const opened = core.handle(now, { type: "peer-opened", peer: ALICE });
  const told = { version: 1, versionMin: 1, viewer: "f000000000000000" as ViewerId, seeder: false };
  core.handle(now, { type: "peer-message", peer: ALICE, message: { type: "hello", uplink, ...told }, byteLength: 10 });
  core.handle(now, {
    type: "peer-message",
    peer: ALICE,
    message: { type: "track", slot: 0, track: VIDEO, following: true },
    byteLength: 10,
  });
  return opened;
}

const fetched = (actions: readonly SwarmAction[]) =>
  actions.flatMap((action) => (action.type === "fetch-origin" ? [`${action.segment} ${action.reason}`] : []));
const names = (from: number, to: number, reason: string): string[] =>
  listing(from, to).map(({ id }) => `${id} ${reason}`);

test("[SE10] needs no player: it fetches once somebody is linked, whom it tells that it is a seeder of class 2", () => {
  const core = seederCore();
  core.handle(10, { ...LIVE, segments: listing(10, 30) });
  expect(fetched(core.handle(3000, { type: "wakeup" }))).toEqual([]);
  const hello = link(core, 3100, 0).find((action) => action.type === "send");
  expect(hello).toMatchObject({ message: { type: "hello", uplink: 2, seeder: true } });
  expect(fetched(core.handle(3200, { type: "wakeup" }))).toEqual(names(27, 30, "alone"));
});

test("[SE10] [SW104] is elected before all viewers, at once", () => {
  const core = seederCore();
  core.handle(10, { ...LIVE, segments: listing(10, 30) });
  link(core, 100, 1);
  expect(fetched(core.handle(200, { type: "wakeup" }))).toEqual(names(27, 30, "elected"));
});

test("[TR76] tells its tracker all renditions that it gives, and when there are others", () => {
  const core = seederCore(["wss://tracker.test"]);
  const told = (actions: readonly SwarmAction[]) =>
    actions.flatMap((action) => (action.type === "send-tracker" ? [action.message] : []));
  core.handle(10, { type: "wakeup" });
  const [join] = told(core.handle(20, { type: "tracker-opened" }));
  expect(join).toMatchObject({ type: "join", seeder: true, uplink: 2, peersWanted: 16, tracks: [VIDEO] });
  expect(join).not.toHaveProperty("track");
  const joined = { version: 1, peer: ALICE, resume: "token", viewers: 1, reportEveryMs: 10_000, peers: [] } as const;
  core.handle(30, { type: "tracker-message", message: { type: "joined", ...joined } });
  expect(told(core.handle(40, { type: "tracks-followed", tracks: [VIDEO] }))).toEqual([]);
  const [update] = told(core.handle(50, { type: "tracks-followed", tracks: [VIDEO, AUDIO] }));
  expect(update).toMatchObject({ type: "update", tracks: [VIDEO, AUDIO] });
});

test("[SE6] gives without measure: no ratio stops it, nor that nothing plays", () => {
  const core = seederCore();
  core.handle(10, { ...LIVE, segments: listing(10, 11) });
  link(core, 100, 0);
  const [fetch] = core.handle(200, { type: "wakeup" }).filter((action) => action.type === "fetch-origin");
  if (!fetch) throw new Error("nothing is fetched");
  const segment = nameOf(10);
  core.handle(300, { type: "origin-opened", fetch: fetch.fetch, firstChunk: 0, byteLength: CHUNK_BYTES });
  core.handle(301, { type: "origin-chunk", fetch: fetch.fetch, chunk: 0, byteLength: CHUNK_BYTES });
  let served = 0;
  for (let now = 1000; now < 1_000_000; now += 1000) {
    const message = {
      type: "request",
      slot: 0,
      segment,
      chunks: [0],
      dueInMs: 5000,
    } as const;
    const asked = core.handle(now, { type: "peer-message", peer: ALICE, message, byteLength: 20 });
    const sent = asked.filter((action) => action.type === "send-chunk").length;
    served += sent;
    const received = { type: "received", bytes: served * CHUNK_BYTES } as const;
    core.handle(now + 50, { type: "peer-message", peer: ALICE, message: received, byteLength: 5 });
    if (sent === 0) break;
  }
  // A viewer would have stopped 4 MiB beyond what it received, which is one chunk.
  expect(served).toBe(999);
  expect(core.stats().swarming).toEqual({ mode: "serve", reason: "" });
});

test("[SE7] holds a link for each Mbit/s of its line, as many as a viewer at least", () => {
  expect([1e6, 100e6, 1e9, 10e9].map(linksMaxFor)).toEqual([18, 100, 1000, 1000]);
});

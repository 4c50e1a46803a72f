import { expect, test } from "vitest";
import { AUDIO, VIDEO, listing, nameOf } from "../../../testkit/swarm-parts.ts";
import { createRng } from "../../base/random.ts";
import { segmentIdOf, swarmIdOf, type PeerId, type ViewerId } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import type { CoreMessage } from "../../protocol/peer-message.ts";
import type { SwarmAction } from "./action.ts";
import { SwarmCore } from "./swarm.ts";

/** A core that follows a track and has links to peers that do so, too. */
function linked(...names: readonly string[]): {
  core: SwarmCore;
  tell: (now: number, name: string, message: CoreMessage) => readonly SwarmAction[];
} {
  const core = new SwarmCore({
    swarm: swarmIdOf("stream"),
    viewer: "8000000000000000" as ViewerId,
    trackers: ["wss://tracker.test"],
    uplink: 1,
    memoryBytesMax: 1e8,
    rng: createRng(1),
  });
  core.handle(0, { type: "tracks-followed", tracks: [VIDEO] });
  const id = (name: string): PeerId => name.padEnd(10, "_") as PeerId;
  const tell = (now: number, name: string, message: CoreMessage): readonly SwarmAction[] =>
    core.handle(now, { type: "peer-message", peer: id(name), message, byteLength: 10 });
  names.forEach((name, i) => {
    core.handle(0, { type: "tracker-message", message: { type: "signal", from: id(name), signal: "ooffer" } });
    core.handle(0, { type: "peer-opened", peer: id(name) });
    tell(0, name, {
      type: "hello",
      version: 1,
      versionMin: 1,
      viewer: `f00000000000000${String(i)}` as ViewerId,
      uplink: 1,
      seeder: false,
    });
    tell(0, name, { type: "track", slot: 0, track: VIDEO, following: true });
  });
  return { core, tell };
}

const sent = (actions: readonly SwarmAction[], type: string): SwarmAction[] =>
  actions.filter((action) => action.type === "send" && action.message.type === type);

test("[SW10] what a peer announced before our playlist listed it is asked for, as after a change of rendition", () => {
  const { core, tell } = linked("alice");
  tell(0, "alice", { type: "have", slot: 0, segments: [{ segment: nameOf(14), byteLength: 3 * CHUNK_BYTES }] });
  core.handle(100, { type: "playback", position: 48, bufferedEnd: 56, rate: 1, bufferAheadMax: 30 });
  core.handle(100, { type: "playlist", track: VIDEO, live: true, targetDuration: 4, segments: listing(10, 16) });
  expect(sent(core.handle(200, { type: "wakeup" }), "request")).toMatchObject([
    { message: { segment: nameOf(14), chunks: [0, 1, 2] } },
  ]);
});

test("[SW53] what came is acknowledged once for each evaluation and peer, wanted or not", () => {
  const { core } = linked("alice", "bob");
  core.handle(100, { type: "playlist", track: VIDEO, live: true, targetDuration: 4, segments: listing(10, 16) });
  const chunk = (now: number, peer: string, index: number, stored: boolean): readonly SwarmAction[] => {
    const segment = segmentIdOf(VIDEO, nameOf(12));
    const from = peer.padEnd(10, "_") as PeerId;
    const byteLength = CHUNK_BYTES;
    return core.handle(now, { type: "peer-chunk", peer: from, segment, chunk: index, byteLength, stored });
  };
  const acknowledged = (actions: readonly SwarmAction[]): unknown =>
    sent(actions, "received").map((action) => action.type === "send" && [action.peers, action.message]);
  expect(acknowledged(chunk(1000, "alice", 0, true))).toMatchObject([[["alice_____"], { bytes: CHUNK_BYTES }]]);
  expect(acknowledged(chunk(1001, "alice", 1, true))).toEqual([]);
  expect(acknowledged(chunk(1002, "bob", 1, false))).toEqual([]);
  expect(acknowledged(chunk(1003, "alice", 2, true))).toEqual([]);
  expect(core.nextWakeup()).toBe(1060);
  expect(acknowledged(core.handle(1060, { type: "wakeup" }))).toMatchObject([
    [["alice_____"], { bytes: 3 * CHUNK_BYTES }],
    [["bob_______"], { bytes: CHUNK_BYTES }],
  ]);
});

test("[PE40] [T15] whoever talks more than anybody honest is cut off, for good", () => {
  const { core, tell } = linked("alice", "eve");
  const talk = (name: string, everyMs: number, times: number): readonly SwarmAction[] =>
    Array.from({ length: times }, (_, i) => tell(100 + i * everyMs, name, { type: "pong", nonce: i })).flat();
  expect(talk("alice", 2, 2900).filter(({ type }) => type === "close-peer")).toEqual([]);
  expect(talk("eve", 0, 1001)).toContainEqual({ type: "close-peer", peer: "eve_______", reason: "protocol" });
  expect(core.stats().peers.map(({ peer }) => peer)).toEqual(["alice_____"]);
  const signal = { type: "signal", from: "eve_______" as PeerId, signal: "ooffer" } as const;
  expect(core.handle(20_000, { type: "tracker-message", message: signal })).not.toContainEqual(
    expect.objectContaining({ type: "open-peer" }),
  );
});

test("[PE29] a takeover's notice is passed on, though the notice before it was heard of a moment ago", () => {
  const { core, tell } = linked("alice", "bob", "carol");
  core.handle(0, { type: "playlist", track: VIDEO, live: true, targetDuration: 4, segments: listing(10, 16) });
  const notice = { type: "fetching", slot: 0, segment: nameOf(15), from: 0, to: 4, hops: 3 } as const;
  expect(sent(tell(1000, "alice", notice), "fetching")).toHaveLength(1);
  expect(sent(tell(1100, "bob", notice), "fetching")).toHaveLength(0);
  // This viewer elects nobody: to it a notice lives the longest, 4.5 s. Bob may have taken over.
  expect(sent(tell(5700, "bob", notice), "fetching")).toHaveLength(1);
});

test("[AB10] a change of level keeps every link: peers and tracker are told, nobody is closed or dialed", () => {
  const { core, tell } = linked("alice", "bob");
  core.handle(0, { type: "tracker-opened" });
  core.handle(10, {
    type: "tracker-message",
    message: {
      type: "joined",
      version: 1,
      peer: "self______" as PeerId,
      resume: "token",
      reportEveryMs: 60_000,
      viewers: 3,
      peers: [],
    },
  });
  core.handle(100, { type: "playback", position: 48, bufferedEnd: 56, rate: 1, bufferAheadMax: 30 });
  const actions = core.handle(200, { type: "tracks-followed", tracks: [AUDIO] });
  expect(actions.map(({ type }) => type)).not.toContain("close-peer");
  expect(actions.map(({ type }) => type)).not.toContain("open-peer");
  expect(sent(actions, "track")).toContainEqual({
    type: "send",
    peers: ["alice_____", "bob_______"],
    message: { type: "track", slot: 1, track: AUDIO, following: true },
  });
  expect(actions).toContainEqual({
    type: "send-tracker",
    message: { type: "update", uplink: 1, track: AUDIO, place: undefined },
  });

  // The same link carries the new rendition: what alice has of it is asked for, in the slot that it was given.
  tell(300, "alice", { type: "track", slot: 1, track: AUDIO, following: true });
  tell(300, "alice", { type: "have", slot: 1, segments: [{ segment: nameOf(14), byteLength: CHUNK_BYTES }] });
  core.handle(300, {
    type: "playlist",
    track: AUDIO,
    live: true,
    targetDuration: 4,
    segments: listing(10, 16, { track: AUDIO }),
  });
  expect(sent(core.handle(400, { type: "wakeup" }), "request")).toMatchObject([
    { peers: ["alice_____"], message: { slot: 1, segment: nameOf(14), chunks: [0] } },
  ]);
});

test("[SW33] whoever steps in for a fetcher that brought nothing tells its neighbours and theirs only", () => {
  const { core, tell } = linked("alice");
  core.handle(0, { type: "playback", position: 48, bufferedEnd: 56, rate: 1, bufferAheadMax: 30 });
  core.handle(0, { type: "playlist", track: VIDEO, live: true, targetDuration: 4, segments: listing(10, 16) });
  const byteLength = 4 * CHUNK_BYTES;
  tell(50, "alice", { type: "fetching", slot: 0, segment: nameOf(15), from: 0, byteLength, hops: 8 });
  const notices: SwarmAction[] = [];
  for (let now = 100; now < 8000; now += 50) notices.push(...sent(core.handle(now, { type: "wakeup" }), "fetching"));
  const of = (sequence: number): unknown[] =>
    notices.flatMap((action) =>
      action.type === "send" && action.message.type === "fetching" && action.message.segment.sequence === sequence
        ? [action.message.hops]
        : [],
    );
  expect(of(15)).toEqual([1]);
  // Nobody had said so of this one.
  expect(of(14)).toContain(8);
});

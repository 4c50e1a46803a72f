import { expect, test } from "vitest";
import { VIDEO, listing, nameOf } from "../../../testkit/swarm-parts.ts";
import { createRng } from "../../base/random.ts";
import { swarmIdOf, segmentIdOf, type PeerId, type ViewerId } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import type { SwarmAction } from "./action.ts";
import type { SwarmEvent } from "./event.ts";
import { SwarmCore } from "./swarm.ts";

test("[SW62] a peer's wrong size does not make the origin refuse the same range without end", () => {
  const core = new SwarmCore({
    swarm: swarmIdOf("stream"),
    viewer: "8000000000000000" as ViewerId,
    trackers: ["wss://tracker.test"],
    uplink: 1,
    memoryBytesMax: 1e8,
    rng: createRng(1),
  });
  const peer = "alice_____" as PeerId;
  const segment = segmentIdOf(VIDEO, nameOf(14));
  let now = 0;
  const refused: number[] = [];
  const feed = (event: SwarmEvent): void => {
    const queue: SwarmAction[] = [...core.handle(now, event)];
    for (const action of queue)
      if (action.type === "fetch-origin" && action.segment === segment && refused.length < 20) {
        refused.push(now);
        now += 40;
        feed({ type: "origin-closed", fetch: action.fetch, outcome: "void", status: 416, receivedBytes: 0 });
      }
  };
  feed({ type: "tracks-followed", tracks: [VIDEO] });
  feed({ type: "playlist", track: VIDEO, live: true, targetDuration: 4, segments: listing(10, 16) });
  feed({ type: "tracker-message", message: { type: "signal", from: peer, signal: "ooffer" } });
  feed({ type: "peer-opened", peer });
  const say = (message: Extract<SwarmEvent, { type: "peer-message" }>["message"]): void =>
    feed({ type: "peer-message", peer, message, byteLength: 10 });
  say({ type: "hello", version: 1, versionMin: 1, viewer: "f000000000000000" as ViewerId, uplink: 1, seeder: false });
  say({ type: "track", slot: 0, track: VIDEO, following: true });
  say({
    type: "have",
    slot: 0,
    segments: [{ segment: nameOf(14), byteLength: 4 * CHUNK_BYTES, bitmap: Uint8Array.of(0b11) }],
  });
  feed({ type: "playback", position: 48, bufferedEnd: 56, rate: 1, bufferAheadMax: 30 });
  now = 200;
  feed({ type: "wakeup" });
  for (const chunk of [0, 1]) feed({ type: "peer-chunk", peer, segment, chunk, byteLength: CHUNK_BYTES, stored: true });
  for (now = 300; now < 8000; now = Math.max(now + 1, core.nextWakeup())) feed({ type: "wakeup" });
  expect(refused.length).toBeLessThan(6);
});

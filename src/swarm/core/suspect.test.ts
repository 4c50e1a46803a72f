import { expect, test } from "vitest";
import { VIDEO, listing, nameOf } from "../../../testkit/swarm-parts.ts";
import { createRng } from "../../base/random.ts";
import { segmentIdOf, swarmIdOf, type PeerId, type ViewerId } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import type { CoreMessage } from "../../protocol/peer-message.ts";
import type { SwarmAction } from "./action.ts";
import type { SwarmEvent } from "./event.ts";
import { SwarmCore } from "./swarm.ts";

const BOB = "bob_______" as PeerId;
const SEGMENT = segmentIdOf(VIDEO, nameOf(12));
const ROOT = { hash: "0".repeat(32), byteLength: CHUNK_BYTES, label: "" };

/** A viewer with a peer fetches a segment of one chunk, which the origin serves as it does. Returns what it then says. */
function fetched({ suspect, signed = false }: { suspect: boolean; signed?: boolean }) {
  const core = new SwarmCore({
    swarm: swarmIdOf("stream"),
    viewer: "8000000000000000" as ViewerId,
    trackers: ["wss://tracker.test"],
    uplink: 1,
    memoryBytesMax: 1e8,
    rng: createRng(1),
  });
  const actions: SwarmAction[] = [];
  let now = 0;
  const tell = (event: SwarmEvent): void => {
    actions.push(...core.handle(now, event));
  };
  const hear = (message: CoreMessage): void => tell({ type: "peer-message", peer: BOB, message, byteLength: 10 });
  const pass = (): void => {
    for (const end = now + 3000; now < end; now = Math.max(now + 1, Math.min(end, core.nextWakeup())))
      tell({ type: "wakeup" });
  };
  const segments = listing(10, 14).map((entry) => (signed ? { ...entry, root: ROOT } : entry));
  tell({ type: "playlist", track: VIDEO, live: true, targetDuration: 4, segments, signed });
  tell({ type: "tracks-followed", tracks: [VIDEO] });
  tell({ type: "playback", position: 40, bufferedEnd: 44, rate: 1, bufferAheadMax: 30 });
  tell({ type: "tracker-message", message: { type: "signal", from: BOB, signal: "ooffer" } });
  tell({ type: "peer-opened", peer: BOB });
  hear({ type: "hello", version: 1, versionMin: 1, viewer: "f".repeat(16) as ViewerId, uplink: 1, seeder: false });
  hear({ type: "track", slot: 0, track: VIDEO, following: true });
  tell({ type: "segment-wanted", segment: SEGMENT });
  pass();
  const found = actions.find((action) => action.type === "fetch-origin" && action.segment === SEGMENT);
  if (found?.type !== "fetch-origin") throw new Error("nothing was fetched");
  const { fetch } = found;
  tell({ type: "origin-opened", fetch, firstChunk: 0, byteLength: CHUNK_BYTES, suspect });
  tell({ type: "origin-chunk", fetch, chunk: 0, byteLength: CHUNK_BYTES });
  tell({ type: "origin-closed", fetch, outcome: "complete", status: 200, receivedBytes: CHUNK_BYTES });
  expect(actions).toContainEqual({ type: "segment-complete", segment: SEGMENT, byteLength: CHUNK_BYTES });
  if (signed) tell({ type: "chunk-proven", segment: SEGMENT, chunk: 0 });
  pass();
  hear({ type: "request", slot: 0, segment: nameOf(12), chunks: [0], dueInMs: 5000 });
  return {
    announced: actions.some((action) => action.type === "send" && action.message.type === "have"),
    served: actions.some(({ type }) => type === "send-chunk"),
  };
}

test("[T7] [IN28] what the origin served as something else the player has, and nobody else", () => {
  expect(fetched({ suspect: false })).toEqual({ announced: true, served: true });
  expect(fetched({ suspect: true })).toEqual({ announced: false, served: false });
});

test("[IN28] a root proves it all the same", () => {
  expect(fetched({ suspect: true, signed: true })).toEqual({ announced: true, served: true });
});

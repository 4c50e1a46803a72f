/** A seeder of a low-latency stream: real parts from a real origin, given to a peer that plays parts. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { SILENT } from "../../src/base/logger.ts";
import { openStream, type StreamFollower } from "../../src/headless/stream-follower.ts";
import { partTrackOf } from "../../src/playlist/stream-names.ts";
import type { ViewerId } from "../../src/protocol/ids.ts";
import { CHUNK_BYTES } from "../../src/protocol/limits.ts";
import { startSeeder, type RunningSeeder } from "../../src/seeder/index.ts";
import { peerUrlOf } from "../../src/swarm/io/websocket-peer-link.ts";
import { createLowLatencyOrigin } from "../../testkit/origin/low-latency.mjs";
import type { RunningLowLatencyOrigin } from "../../testkit/origin/low-latency.d.mts";
import { passBy } from "./passing-peer.ts";

let origin: RunningLowLatencyOrigin;
let stream: StreamFollower;
let seeder: RunningSeeder;

beforeAll(async () => {
  origin = await createLowLatencyOrigin({ signed: true });
  stream = await openStream({ urls: [origin.liveUrl], logger: SILENT });
  seeder = await startSeeder({ playlists: [origin.liveUrl], lowLatency: true, peerPort: 0, peerHost: "127.0.0.1" });
});
afterAll(async () => {
  stream.close();
  await seeder.close();
  await origin.close();
});

test("[SE8] gives parts to whoever plays parts, and fetches each once and nothing else", async () => {
  const [rendition] = stream.renditions;
  if (!rendition || seeder.peerUrl === undefined) throw new Error("no stream, or no door");
  const url = peerUrlOf(seeder.peerUrl, stream.swarm);
  const track = partTrackOf(rendition.track);
  const viewers = ["a000000000000000", "b000000000000000", "c000000000000000"] as const;
  const received = await Promise.all(
    viewers.map((viewer) => passBy(url, track, viewer as ViewerId, "says bye, with what it asked for")),
  );
  expect(received).toEqual(viewers.map(() => 2 * CHUNK_BYTES));
  const fetched = origin.log.map(({ sequence, part }) => `${String(sequence)}/${String(part)}`);
  expect(fetched.length).toBeGreaterThan(0);
  expect(new Set(fetched).size).toBe(fetched.length);
  expect(fetched.filter((name) => name.endsWith("undefined"))).toEqual([]);
});

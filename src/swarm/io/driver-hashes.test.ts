/** Two drivers and the link between them, in memory: what one has proven the other can check. */
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SILENT } from "../../base/logger.ts";
import { attestationInput } from "../../protocol/attestation.ts";
import { segmentIdOf, swarmIdOf, trackIdOf, type PeerId } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import { chunkInput, HASH_BYTES, rootInput, rootLabel, type SegmentRoot } from "../../protocol/segment-root.ts";
import type { TrackerToViewer, ViewerToTracker } from "../../protocol/tracker-message.ts";
import { createSwarmDriver, type SwarmDriver } from "./driver.ts";
import type { SegmentDelivery } from "./driver-api.ts";
import type { PeerLinkEvents } from "./peer-link.ts";
import type { TrackerLinkEvents } from "./tracker-link.ts";

const SWARM = swarmIdOf("stream");
const TRACK = trackIdOf("video");
const NAME = { sequence: 7, tag: 1 };
const SEGMENT = segmentIdOf(TRACK, NAME);
const BYTES = Uint8Array.from({ length: 3 * CHUNK_BYTES - 100 }, (_, at) => at % 251);

const sha256 = (input: Uint8Array): Buffer => createHash("sha256").update(input).digest().subarray(0, HASH_BYTES);
const HASHES = Buffer.concat(
  [0, 1, 2].map((chunk) => sha256(chunkInput(BYTES.subarray(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES)))),
);
const label = rootLabel({ sequence: 7, uri: "s7.ts" }, BYTES.length);
const ROOT: SegmentRoot = { hash: sha256(rootInput(label, HASHES)).toString("hex"), byteLength: BYTES.length, label };

/** What whoever fetches the segment tells the tracker. */
const FOUND = { track: TRACK, ...NAME, byteLength: BYTES.length, from: 0, hashes: HASHES.toString("hex") };

const TRACKER = generateKeyPairSync("ed25519");
const KEY = Buffer.from(TRACKER.publicKey.export({ format: "jwk" }).x ?? "", "base64url").toString("hex");

interface Viewer {
  readonly driver: SwarmDriver;
  readonly deliveries: SegmentDelivery[];
  readonly told: ViewerToTracker[];
  originBytes: number;
  /** What its origin has, lately. */
  served: Uint8Array;
  files: number;
  link: PeerLinkEvents | undefined;
  tracker: TrackerLinkEvents | undefined;
}

/** Frames go to the other one, once there is one. Who uploads nothing is never elected to fetch. */
function watch(root: SegmentRoot | undefined, upload: boolean, other: () => Viewer | undefined): Viewer {
  const viewer: Viewer = {
    ...{ deliveries: [], told: [], originBytes: 0, served: BYTES, files: 0, link: undefined, tracker: undefined },
    driver: createSwarmDriver({
      swarm: SWARM,
      trackers: ["ws://tracker.test"],
      rtc: {},
      upload,
      integrity: "required",
      memoryBytesMax: 1e8,
      logger: SILENT,
      seed: 1,
      now: () => Date.now(),
      switchedOff: () => undefined,
      origin: {
        hashes: () => {
          viewer.files++;
          return Promise.resolve(undefined);
        },
        locate: () => false,
        fetch: ({ from, to = BYTES.length }, sink) => {
          queueMicrotask(() => {
            viewer.originBytes += Math.min(to, BYTES.length) - from;
            sink.opened({ firstByte: from, byteLength: BYTES.length, ranged: true });
            sink.data(viewer.served.slice(from, to));
            sink.closed({ outcome: "complete", status: 206 });
          });
          return { abort: () => undefined };
        },
      },
      openPeerLink: ({ events }) => {
        viewer.link = events;
        return {
          signal: () => undefined,
          send: (frame) => {
            queueMicrotask(() => other()?.link?.frame(frame));
          },
          close: () => undefined,
        };
      },
      openTrackerLink: (_, events) => {
        viewer.tracker = events;
        return { send: (message) => viewer.told.push(message), close: () => undefined };
      },
    }),
  };
  const segments = [{ id: SEGMENT, name: NAME, start: 28, duration: 4, ...(root && { root }) }];
  viewer.driver.playlist({ track: TRACK, live: true, targetDuration: 4, segments, signed: root !== undefined });
  viewer.driver.followTracks([TRACK]);
  return viewer;
}

const say = ({ tracker }: Viewer, message: TrackerToViewer): void => tracker?.message(message);

/** The tracker lets it in, and introduces the other one if it is to be dialed. */
function join(viewer: Viewer, peers: readonly PeerId[]): void {
  viewer.tracker?.open();
  const session = { version: 1, peer: "me________" as PeerId, resume: "r", viewers: 2, reportEveryMs: 60_000 };
  const introductions = peers.map((peer) => ({ peer, uplink: 1 }) as const);
  say(viewer, { type: "joined", ...session, attestationKey: KEY, peers: introductions });
}

const want = ({ driver, deliveries }: Viewer): void => {
  driver.want(SEGMENT, { complete: (delivery) => deliveries.push(delivery), failed: () => expect.unreachable() });
};

/** Alice has the segment of the origin before Bob comes, who is far from its due time. */
async function play(
  root: SegmentRoot | undefined,
  bobUploads = false,
): Promise<{ readonly alice: Viewer; readonly bob: Viewer }> {
  const viewers: { alice?: Viewer; bob?: Viewer } = {};
  const alice = (viewers.alice = watch(root, true, () => viewers.bob));
  join(alice, []);
  await vi.advanceTimersByTimeAsync(2500);
  want(alice);
  await vi.waitFor(() => expect(alice.deliveries).toHaveLength(1));

  const bob = (viewers.bob = watch(root, bobUploads, () => viewers.alice));
  bob.driver.playback({ position: 10, bufferedEnd: 28, rate: 1, bufferAheadMax: 60 });
  join(bob, ["alice_____" as PeerId]);
  say(alice, { type: "signal", from: "bob_______" as PeerId, signal: "ooffer" });
  await vi.advanceTimersByTimeAsync(1100);
  for (const { link } of [alice, bob]) link?.open();
  want(bob);
  return { alice, bob };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

test("[IN10] in a signed stream the hashes cross with the chunks, and the CDN's file is needed by nobody", async () => {
  const { alice, bob } = await play(ROOT);
  await vi.waitFor(() => expect(bob.deliveries).toMatchObject([{ bytes: BYTES, peerBytes: BYTES.length }]));
  expect([alice.files, bob.files, bob.originBytes]).toEqual([0, 0, 0]);
  expect(bob.driver.stats()).toMatchObject({ integrity: "playlist", verifiedChunks: 3, forgedChunks: 0 });
  for (const { driver } of [alice, bob]) driver.close();
});

/** Alice has what she fetched attested, and so Bob gets it of her. */
async function attest({ alice, bob }: { readonly alice: Viewer; readonly bob: Viewer }): Promise<void> {
  const signature = sign(null, attestationInput(SWARM, FOUND), TRACKER.privateKey).toString("hex");
  say(alice, { type: "attested", ...FOUND, signature });
  await vi.waitFor(() => expect(bob.deliveries).toMatchObject([{ bytes: BYTES, peerBytes: BYTES.length }]));
}

test("[IN13] [IN15] without roots nothing is given before the tracker attests it, and then it is", async () => {
  const { alice, bob } = await play(undefined);
  await vi.waitFor(() => expect(alice.told).toContainEqual({ type: "hashes", ...FOUND }));
  await vi.advanceTimersByTimeAsync(1000);
  expect(bob.driver.stats()).toMatchObject({ integrity: "attested", peerReceivedBytes: 0 });

  await attest({ alice, bob });
  expect(bob.originBytes).toBe(0);
  expect(bob.driver.stats()).toMatchObject({ verifiedChunks: 3, forgedChunks: 0 });
  for (const { driver } of [alice, bob]) driver.close();
});

test("[IN16] a chunk that was attested is fetched again, and what the origin has otherwise ends the belief", async () => {
  const { alice, bob } = await play(undefined, true);
  await attest({ alice, bob });
  bob.served = BYTES.map((byte) => byte ^ 1);
  for (let plays = 0; plays < 1000 && bob.originBytes === 0; plays++) {
    want(bob);
    await Promise.resolve();
  }
  await vi.waitFor(() => expect(bob.driver.stats()).toMatchObject({ failedAudits: 1, integrity: "none" }));
  expect(bob.originBytes).toBeLessThanOrEqual(CHUNK_BYTES);
  expect(bob.driver.stats()).toMatchObject({ originReceivedBytes: bob.originBytes, wastedBytes: bob.originBytes });
  for (const { driver } of [alice, bob]) driver.close();
});

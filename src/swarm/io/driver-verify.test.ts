/** A driver whose site trusts peers less than others do, and a peer that brings a whole segment. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SILENT } from "../../base/logger.ts";
import { segmentIdOf, swarmIdOf, trackIdOf, type PeerId, type ViewerId } from "../../protocol/ids.ts";
import { CHUNK_BYTES, FRAME_PAYLOAD_BYTES_MAX } from "../../protocol/limits.ts";
import { decodePeerMessage, encodePeerMessage } from "../../protocol/peer-codec.ts";
import type { PeerMessage } from "../../protocol/peer-message.ts";
import { createSwarmDriver } from "./driver.ts";
import type { SegmentDelivery } from "./driver-api.ts";
import type { SegmentToVerify, SwarmDriverOptions } from "./driver-options.ts";
import type { OriginSink } from "./origin.ts";
import type { PeerLinkEvents } from "./peer-link.ts";
import { inTask } from "./task.ts";
import type { TrackerLinkEvents } from "./tracker-link.ts";

const TRACK = trackIdOf("video");
const NAME = { sequence: 7, tag: 1 };
const SEGMENT = segmentIdOf(TRACK, NAME);
const BOB = "bob_______" as PeerId;
const TRUE_BYTES = new Uint8Array(CHUNK_BYTES + 100).fill(1);
const FALSE_BYTES = TRUE_BYTES.slice().fill(2, CHUNK_BYTES);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const settle = async (): Promise<void> => {
  for (let task = 0; task < 3; task++) await new Promise<void>(inTask);
};

function watchWith(distrust: Pick<SwarmDriverOptions, "verify" | "publisher">) {
  const sent: PeerMessage[] = [];
  const fetches: OriginSink[] = [];
  let tracker: TrackerLinkEvents | undefined;
  let peer: PeerLinkEvents | undefined;
  const driver = createSwarmDriver({
    swarm: swarmIdOf("stream"),
    trackers: ["ws://tracker.test"],
    rtc: {},
    upload: true,
    memoryBytesMax: 1e8,
    logger: SILENT,
    ...distrust,
    seed: 1,
    now: () => Date.now(),
    origin: {
      hashes: () => Promise.resolve(undefined),
      locate: () => false,
      fetch: (_, sink) => {
        fetches.push(sink);
        return { abort: () => undefined };
      },
    },
    openPeerLink: ({ events }) => {
      peer = events;
      return {
        signal: () => undefined,
        send: (frame) => sent.push(...[decodePeerMessage(frame)].filter((message) => message !== undefined)),
        close: () => undefined,
      };
    },
    openTrackerLink: (_, events) => {
      tracker = events;
      return { send: () => undefined, close: () => undefined };
    },
  });
  const segments = [{ id: SEGMENT, name: NAME, start: 28, duration: 4 }];
  driver.playlist({ track: TRACK, live: true, targetDuration: 4, segments });
  driver.followTracks([TRACK]);
  driver.playback({ position: 10, bufferedEnd: 28, rate: 1, bufferAheadMax: 60 });
  const session = { peer: "me________" as PeerId, resume: "r", viewers: 2, reportEveryMs: 60_000 };
  tracker?.open();
  tracker?.message({ type: "joined", version: 1, ...session, peers: [{ peer: BOB, uplink: 1 }] });
  vi.advanceTimersByTime(1050); // it dials
  const say = (message: PeerMessage): void => peer?.frame(encodePeerMessage(message));
  peer?.open();
  say({ type: "hello", version: 1, versionMin: 1, viewer: "00000000000000b0" as ViewerId, uplink: 1, seeder: false });
  say({ type: "track", slot: 3, track: TRACK, following: true });
  say({ type: "have", slot: 3, segments: [{ segment: NAME, byteLength: TRUE_BYTES.byteLength }] });
  vi.advanceTimersByTime(100);
  const deliveries: SegmentDelivery[] = [];
  return {
    driver,
    sent,
    deliveries,
    want: () =>
      driver.want(SEGMENT, { complete: (delivery) => deliveries.push(delivery), failed: () => expect.unreachable() }),
    peerBrings(bytes: Uint8Array) {
      for (let at = 0; at < bytes.byteLength; at += FRAME_PAYLOAD_BYTES_MAX) {
        const chunk = Math.floor(at / CHUNK_BYTES);
        const chunkBytes = Math.min(CHUNK_BYTES, bytes.byteLength - chunk * CHUNK_BYTES);
        const payload = bytes.slice(at, at + FRAME_PAYLOAD_BYTES_MAX);
        say({ type: "chunk", slot: 0, segment: NAME, chunk, offset: at % CHUNK_BYTES, chunkBytes, payload });
      }
    },
    originBrings(bytes: Uint8Array) {
      const sink = fetches.at(-1);
      sink?.opened({ firstByte: 0, byteLength: bytes.byteLength, ranged: true });
      sink?.data(bytes.slice());
      sink?.closed({ outcome: "complete", status: 200 });
    },
  };
}

test("[IN20] what peers brought is looked at as soon as it is whole, and the player has it after that", async () => {
  const verify = vi.fn((_: SegmentToVerify) => ({ ok: true }));
  const stage = watchWith({ verify });
  stage.peerBrings(TRUE_BYTES);
  expect(verify).not.toHaveBeenCalled();
  await settle();
  expect(verify).toHaveBeenCalledExactlyOnceWith({ segment: SEGMENT, track: TRACK, sequence: 7, bytes: TRUE_BYTES });
  verify.mock.calls[0]?.[0].bytes.fill(0); // it may do so: the bytes are its own
  stage.want();
  await settle();
  expect(stage.deliveries).toMatchObject([{ bytes: TRUE_BYTES, peerBytes: TRUE_BYTES.byteLength }]);
  expect(stage.driver.stats()).toMatchObject({ refusedSegments: 0, peerBytes: TRUE_BYTES.byteLength });
  stage.driver.close();
});

test("[IN20] what the CDN alone brought is not looked at", async () => {
  const verify = vi.fn(() => ({ ok: true }));
  const stage = watchWith({ verify });
  stage.want();
  vi.advanceTimersByTime(18_000); // Bob is too late with it
  stage.originBrings(TRUE_BYTES);
  await settle();
  expect(stage.deliveries).toMatchObject([{ originBytes: TRUE_BYTES.byteLength }]);
  expect(verify).not.toHaveBeenCalled();
  stage.driver.close();
});

test.each<[string, () => unknown]>([
  ["at once", () => ({ ok: false, reason: "not ours" })],
  ["by silence", () => new Promise(() => undefined)],
])("[T5] [IN21] what is refused %s comes from the CDN anew, is taken back, and blames nobody", async (_, verify) => {
  const stage = watchWith({ verify });
  stage.want();
  stage.peerBrings(FALSE_BYTES);
  await settle();
  vi.advanceTimersByTime(2000);
  await settle();
  expect(stage.deliveries).toEqual([]);
  expect(stage.sent).toContainEqual(expect.objectContaining({ type: "gone", segments: [NAME] }));
  const stats = stage.driver.stats();
  expect(stats).toMatchObject({ refusedSegments: 1, forgedChunks: 0, peerBytes: 0 });
  expect(stats).toMatchObject({ wastedBytes: FALSE_BYTES.byteLength, peers: [{ state: "open" }] });
  stage.peerBrings(FALSE_BYTES); // nobody asked for it again
  vi.advanceTimersByTime(18_000);
  stage.originBrings(TRUE_BYTES);
  await settle();
  expect(stage.deliveries).toMatchObject([{ bytes: TRUE_BYTES, peerBytes: 0 }]);
  stage.driver.close();
});

test("[IN20] nothing is waited for after the end", async () => {
  const stage = watchWith({ verify: () => new Promise(() => undefined) });
  stage.peerBrings(TRUE_BYTES);
  await settle();
  stage.driver.close();
  expect(vi.getTimerCount()).toBe(0);
});

test("[IN24] where the page names a publisher nothing is asked of peers that has no root", () => {
  const stage = watchWith({ publisher: { key: "00".repeat(32), stream: "" } });
  expect(stage.sent.map(({ type }) => type)).not.toContain("request");
  stage.driver.close();
});

/**
 * Every decoder and every core behind one, fed with what an attacker might send: nothing but a ProtocolError may come of it,
 * and memory stays where it was. `npm run fuzz` gives each a million frames. A new codec or server is one more line.
 */
import { expect, test } from "vitest";
import { createRng } from "../../src/base/random.ts";
import { swarmIdOf, type PeerId, type ViewerId } from "../../src/protocol/ids.ts";
import { decodePeerMessage } from "../../src/protocol/peer-codec.ts";
import { isForCores } from "../../src/protocol/peer-message.ts";
import { ProtocolError } from "../../src/protocol/protocol-error.ts";
import { parseTrackerToViewer, parseViewerToTracker } from "../../src/protocol/tracker-codec.ts";
import peerGood from "../../src/protocol/vectors/peer-good.json" with { type: "json" };
import trackerGood from "../../src/protocol/vectors/tracker-good.json" with { type: "json" };
import type { SwarmEvent } from "../../src/swarm/core/event.ts";
import { SwarmCore } from "../../src/swarm/core/swarm.ts";
import type { TrackerEvent } from "../../src/tracker-server/core/event.ts";
import { TRACKER_LIMITS } from "../../src/tracker-server/core/options.ts";
import { answerBinding } from "../../src/tracker-server/core/stun.ts";
import { Tracker } from "../../src/tracker-server/core/tracker.ts";
import { decodeRecords, encodeRecord } from "../../src/tracker-server/io/bus-codec.ts";
import { listing, VIDEO } from "../swarm-parts.ts";
import { heapBytes } from "./heap.ts";
import { mutated } from "./mutation.ts";

const SEED = Number(process.env["FUZZ_SEED"] ?? 60_607);
const FRAMES = 100 * Number(process.env["FUZZ_RUNS"] ?? 50);

/** What is begun takes one frame in: undefined, or a ProtocolError, when it is none. */
interface Target {
  readonly name: string;
  readonly valid: readonly Uint8Array[];
  begin(): (frame: Uint8Array) => unknown;
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");

/** `ab*3` is `ababab`. */
const unhex = (hex: string): Uint8Array =>
  Buffer.from(
    hex
      .split(" ")
      .map((word) => {
        const [digits = "", times = "1"] = word.split("*");
        return digits.repeat(Number(times));
      })
      .join(""),
    "hex",
  );

const PEER_FRAMES = peerGood.vectors.map(({ hex }) => unhex(hex));
const trackerTexts = (wanted: string): Uint8Array[] =>
  trackerGood.vectors.filter(({ direction }) => direction === wanted).map(({ text }) => bytesOf(text));
const TO_TRACKER = trackerTexts("viewer-to-tracker");

const TARGETS: readonly Target[] = [
  { name: "peer frames", valid: PEER_FRAMES, begin: () => decodePeerMessage },
  {
    name: "messages to the tracker",
    valid: TO_TRACKER,
    begin: () => (frame) => parseViewerToTracker(textOf(frame)),
  },
  {
    name: "messages of the tracker",
    valid: trackerTexts("tracker-to-viewer"),
    begin: () => (frame) => parseTrackerToViewer(textOf(frame)),
  },
  {
    name: "records on the bus",
    valid: [
      encodeRecord({ from: "AA", record: { type: "echo", boot: "boot", sentAt: 1 } }),
      encodeRecord({
        from: "AA",
        record: {
          type: "holding",
          swarm: swarmIdOf("stream"),
          viewers: 3,
          tracks: [{ track: VIDEO, weight: 8 }],
          asks: true,
        },
      }),
    ],
    begin: () => (frame) => decodeRecords(Buffer.from(frame)),
  },
  {
    name: "STUN datagrams",
    valid: [
      unhex("0001 0000 2112a442 000102030405060708090a0b"),
      unhex("0001 0008 2112a442 000102030405060708090a0b 8022 0004 61626364"),
    ],
    begin: () => (datagram) => answerBinding(datagram, { address: Uint8Array.of(192, 0, 2, 1), port: 50_000 }),
  },
  { name: "viewers of a tracker", valid: TO_TRACKER, begin: attackedTracker },
  { name: "peers of a viewer", valid: PEER_FRAMES, begin: attackedViewer },
];

test.each(TARGETS)("[T15] random and mutated $name: no crash, and memory stays flat", ({ name, valid, begin }) => {
  const rng = createRng(SEED).fork(name);
  const feed = begin();
  let refused = 0;
  const run = (frames: number): void => {
    for (let i = 0; i < frames; i++) {
      try {
        if (feed(mutated(rng, valid)) === undefined) refused++;
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        refused++;
      }
    }
  };
  // Caches, and what the engine compiles, are there after the first part.
  run(FRAMES / 5);
  const before = heapBytes();
  run((FRAMES * 4) / 5);
  const grown = heapBytes() - before;
  console.info(
    `seed ${String(SEED)}, ${name}: ${String(refused)} of ${String(FRAMES)} refused, heap grown by ${(grown / 1024).toFixed(0)} KiB`,
  );
  expect(refused).toBeGreaterThan(FRAMES / 10);
  expect(grown).toBeLessThan(HEAP_GROWTH_BYTES_MAX);
});

/** Eight sockets, each opened again when the tracker has closed it. */
function attackedTracker(): (frame: Uint8Array) => unknown {
  let ids = 0;
  const tracker = new Tracker(0, TRACKER_LIMITS, createRng(SEED), {
    newPeerId: () => `peer${String(ids++ % 1_000_000).padStart(6, "0")}` as PeerId,
    resumeToken: (peer) => peer,
    ownerOf: () => undefined,
  });
  const open = new Set<number>();
  let now = 0;
  let next = 0;
  const tell = (event: TrackerEvent): void => {
    for (const action of tracker.handle(now, event)) {
      if (action.type !== "close" && action.type !== "refuse") continue;
      open.delete(action.connection);
      if (action.type === "close") tell({ type: "connection-closed", connection: action.connection });
    }
  };
  return (frame) => {
    now += 50;
    if (now >= tracker.nextWakeup()) tell({ type: "wakeup" });
    while (open.size < 8) {
      const connection = ++next;
      open.add(connection);
      const addressKey = String(connection);
      tell({ type: "connection-asked", connection, addressKey, network: { prefixKey: addressKey }, origin: undefined });
    }
    const [connection = 0] = [...open].slice(frame.length % 8);
    try {
      const message = parseViewerToTracker(textOf(frame));
      tell({ type: "message", connection, message, bytes: frame.length });
      return message;
    } catch (error) {
      if (error instanceof ProtocolError)
        tell({ type: "bad-message", connection, code: error.code, field: error.field, text: error.message });
      throw error;
    }
  };
}

/** Four links of a viewer that plays, each opened again, by somebody new, when the core has closed it. */
function attackedViewer(): (frame: Uint8Array) => unknown {
  const core = new SwarmCore({
    ...{ swarm: swarmIdOf("stream"), viewer: "8000000000000000" as ViewerId, trackers: [], uplink: 1 },
    ...{ memoryBytesMax: 1e8, rng: createRng(SEED) },
  });
  const open = new Set<PeerId>();
  let now = 0;
  let next = 0;
  const tell = (event: SwarmEvent): void => {
    for (const action of core.handle(now, event)) if (action.type === "close-peer") open.delete(action.peer);
  };
  tell({ type: "tracks-followed", tracks: [VIDEO] });
  tell({ type: "playlist", track: VIDEO, live: true, targetDuration: 4, segments: listing(10, 20) });
  tell({ type: "playback", position: 50, bufferedEnd: 60, rate: 0, bufferAheadMax: 30 });
  return (frame) => {
    now += 5;
    if (now >= core.nextWakeup()) tell({ type: "wakeup" });
    while (open.size < 4) {
      const peer = `peer${String(next++).padStart(8, "0")}` as PeerId;
      open.add(peer);
      tell({ type: "tracker-message", message: { type: "signal", from: peer, signal: "ooffer" } });
      tell({ type: "peer-opened", peer });
      const viewer = next.toString(16).padStart(16, "0") as ViewerId;
      const hello = { type: "hello", version: 1, versionMin: 1, viewer, uplink: 1, seeder: false } as const;
      tell({ type: "peer-message", peer, message: hello, byteLength: 12 });
      const track = { type: "track", slot: 0, track: VIDEO, following: true } as const;
      tell({ type: "peer-message", peer, message: track, byteLength: 12 });
    }
    const [peer] = [...open].slice(frame.length % 4);
    const message = decodePeerMessage(frame);
    if (peer !== undefined && message && isForCores(message))
      tell({ type: "peer-message", peer, message, byteLength: frame.length });
    return message;
  };
}

/** What is kept for good is bounded; a leak of one byte a frame would show in a million. */
const HEAP_GROWTH_BYTES_MAX = 2 ** 20;

/** Each adversary of the wire against real drivers: one honest viewer has the video, one that means harm, and one wants it. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { SILENT } from "../../src/base/logger.ts";
import { segmentIdOf, swarmIdOf, trackIdOf, type SegmentId } from "../../src/protocol/ids.ts";
import { CHUNK_BYTES } from "../../src/protocol/limits.ts";
import { chunkInput, HASH_BYTES, rootInput, rootLabel } from "../../src/protocol/segment-root.ts";
import type { ListedSegment } from "../../src/swarm/core/event.ts";
import { createSwarmDriver, type SwarmDriver } from "../../src/swarm/io/driver.ts";
import type { Origin } from "../../src/swarm/io/origin.ts";
import { OneProcess } from "../one-process.ts";
import { misused, type Adversary } from "./adversary.ts";

const TRACK = trackIdOf("video");
const SECONDS = 4;
const CHUNKS = 8;

const sha256 = (input: Uint8Array): Buffer => createHash("sha256").update(input).digest().subarray(0, HASH_BYTES);

interface Made {
  readonly listed: ListedSegment;
  readonly bytes: Uint8Array;
  readonly hashes: Uint8Array;
}

/** Signed, and no chunk like another. */
const STREAM: readonly Made[] = Array.from({ length: 7 }, (_, sequence) => {
  const bytes = Uint8Array.from({ length: CHUNKS * CHUNK_BYTES }, (_byte, i) => (i >> 15) * 31 + sequence * 7 + i * 13);
  const hashes = Buffer.concat(
    Array.from({ length: CHUNKS }, (_chunk, i) =>
      sha256(chunkInput(bytes.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES))),
    ),
  );
  const label = rootLabel({ sequence, uri: `${String(sequence)}.ts` }, bytes.length);
  const root = { hash: sha256(rootInput(label, hashes)).toString("hex"), byteLength: bytes.length, label };
  const name = { sequence, tag: 1 };
  const listed = { id: segmentIdOf(TRACK, name), name, start: sequence * SECONDS, duration: SECONDS, root };
  return { listed, bytes, hashes };
});

const made = (id: SegmentId): Made | undefined => STREAM.find(({ listed }) => listed.id === id);

/** Answers a little later, as the web does. */
const origin: Origin = {
  locate: () => false,
  hashes: (id) => Promise.resolve(made(id)?.hashes),
  fetch: ({ segment, from, to }, sink) => {
    const bytes = made(segment)?.bytes ?? new Uint8Array();
    const timer = setTimeout(() => {
      sink.opened({ firstByte: from, byteLength: bytes.length, ranged: true });
      sink.data(bytes.slice(from, to));
      sink.closed({ outcome: "complete", status: 206 });
    }, 5);
    return {
      abort: () => {
        clearTimeout(timer);
      },
    };
  },
};

function viewer(room: OneProcess, seed: number, openPeerLink = room.openPeerLink, from = origin): SwarmDriver {
  const driver = createSwarmDriver({
    ...{ swarm: swarmIdOf("stream"), trackers: ["wss://tracker.test"], rtc: {}, upload: true, memoryBytesMax: 1e8 },
    ...{ origin: from, logger: SILENT, seed, openPeerLink, openTrackerLink: room.openTrackerLink },
    // Patience of seconds, in tenths of them.
    tuning: { pingAfterMs: 200, deadAfterMs: 600, requestTimeoutMs: 400, suspendUnprovenMs: 1000 },
  });
  const segments = STREAM.map(({ listed }) => listed);
  driver.playlist({ track: TRACK, live: false, targetDuration: SECONDS, segments, signed: true });
  driver.followTracks([TRACK]);
  at(driver, 0);
  return driver;
}

/** The player is at the beginning, and has so many segments in its buffer. */
const at = (driver: SwarmDriver, buffered: number): void => {
  driver.playback({ position: 0, bufferedEnd: buffered * SECONDS, rate: 1, bufferAheadMax: 60 });
};

/** Plays it all. Returns what the player was given, and how much of it came from peers. */
async function play(driver: SwarmDriver): Promise<{ readonly given: Buffer; readonly peerBytes: number }> {
  const parts: Uint8Array[] = [];
  let peerBytes = 0;
  for (const [i, { listed }] of STREAM.entries()) {
    const delivery = await new Promise<{ bytes: Uint8Array; peerBytes: number }>((complete, reject) => {
      driver.want(listed.id, { complete, failed: (status) => reject(new Error(`HTTP ${String(status)}`)) });
    });
    parts.push(delivery.bytes);
    peerBytes += delivery.peerBytes;
    at(driver, i + 1);
  }
  return { given: Buffer.concat(parts), peerBytes };
}

const sees = (driver: SwarmDriver, whom: string): boolean =>
  driver.stats().peers.some(({ peer, state }) => peer === whom && state === "open");

function until(driver: SwarmDriver, isTrue: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): boolean => {
      if (isTrue()) resolve();
      return isTrue();
    };
    if (look()) return;
    const stop = driver.onChange(() => {
      if (look()) stop();
    });
  });
}

/**
 * The helper and the adversary have everything; the victim comes, is linked with whoever does not spoil it at once, and
 * plays. It must be given what the origin has, and all but the first segment must come from peers.
 */
async function meets(adversary: Adversary, look: (viewers: Viewers) => void | Promise<void>): Promise<void> {
  const room = new OneProcess();
  const helper = viewer(room, 1);
  const viewers = [helper];
  try {
    await play(helper);
    const villain = viewer(room, 2, misused(adversary, room.openPeerLink));
    viewers.push(villain);
    await play(villain);
    const victim = viewer(room, 3);
    viewers.push(victim);
    await until(victim, () => sees(victim, HELPER));
    const { given, peerBytes } = await play(victim);
    expect(given.equals(Buffer.concat(STREAM.map(({ bytes }) => bytes)))).toBe(true);
    expect(peerBytes).toBeGreaterThanOrEqual((STREAM.length - 1) * CHUNKS * CHUNK_BYTES);
    for (const { retired } of [helper, victim]) expect(retired).toBe(false);
    expect(sees(victim, HELPER)).toBe(true);
    await look({ helper, victim });
  } finally {
    for (const driver of viewers) driver.close();
  }
}

interface Viewers {
  readonly helper: SwarmDriver;
  readonly victim: SwarmDriver;
}

test.concurrent.each(["forger", "hash forger", "flipper"] as const)(
  "[T1] [IN9] a %s is cut off, nothing that it altered is given to the player",
  (adversary) =>
    meets(adversary, ({ victim }) => {
      const { forgedChunks } = victim.stats();
      expect(forgedChunks).toBeGreaterThan(0);
      // Its answers on their way when the first was found out.
      expect(forgedChunks).toBeLessThanOrEqual(CHUNKS);
      expect(sees(victim, VILLAIN)).toBe(false);
    }),
);

test.concurrent(
  "[T3] [IN9] hashes that fit what was forged are refused, and the origin's bytes are played",
  async () => {
    // No file of hashes: what its chunks could be checked against is what the forger says of them.
    const unhashed: Origin = { ...origin, hashes: () => Promise.resolve(undefined) };
    const room = new OneProcess();
    const viewers = [viewer(room, 1, misused("hash forger", room.openPeerLink), unhashed)];
    try {
      for (const villain of viewers) await play(villain);
      const victim = viewer(room, 2, room.openPeerLink, unhashed);
      viewers.push(victim);
      await until(victim, () => sees(victim, FIRST));
      const { given, peerBytes } = await play(victim);
      expect(given.equals(Buffer.concat(STREAM.map(({ bytes }) => bytes)))).toBe(true);
      expect(peerBytes).toBe(0);
      expect(victim.stats().forgedChunks).toBeGreaterThan(0);
      expect(sees(victim, FIRST)).toBe(false);
    } finally {
      for (const driver of viewers) driver.close();
    }
  },
);

test.concurrent("[T4] [IN6] a replayer of another segment is cut off like a forger", () =>
  meets("replayer", ({ victim }) => {
    expect(victim.stats().forgedChunks).toBeGreaterThan(0);
    expect(sees(victim, VILLAIN)).toBe(false);
  }),
);

test.concurrent.each(["liar", "staller"] as const)(
  "[T14] a %s costs time and no byte: the chunks come from whoever has them",
  (adversary) =>
    meets(adversary, ({ victim }) => {
      const brought = victim.stats().peers.find(({ peer }) => peer === VILLAIN)?.receivedBytes ?? 0;
      expect(brought).toBe(0);
    }),
);

test.concurrent("[T15] [SW82] a slow reader, who never acknowledges, loses the link", () =>
  meets("slow reader", ({ helper }) => until(helper, () => !sees(helper, VILLAIN))),
);

test.concurrent.each(["oversize", "malformed"] as const)("[T15] [PE4] %s frames end the link", (adversary) =>
  meets(adversary, ({ victim }) => until(victim, () => !sees(victim, VILLAIN))),
);

test.concurrent("[T15] [PE40] a flooder is cut off", () =>
  meets("flooder", ({ victim }) => until(victim, () => !sees(victim, VILLAIN))),
);

test.concurrent("[T6] [PE35] whoever offers a playlist breaks the protocol", () =>
  meets("playlist", ({ victim }) => until(victim, () => !sees(victim, VILLAIN))),
);

/** In the order in which they come. */
const FIRST = "peer000000";
const HELPER = FIRST;
const VILLAIN = "peer000001";

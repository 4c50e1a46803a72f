import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { VIDEO, listing, nameOf } from "../../../testkit/swarm-parts.ts";
import { SILENT } from "../../base/logger.ts";
import { segmentIdOf, swarmIdOf, type ViewerId } from "../../protocol/ids.ts";
import { CHUNK_BYTES, FRAME_PAYLOAD_BYTES_MAX } from "../../protocol/limits.ts";
import { decodePeerMessage, encodePeerMessage } from "../../protocol/peer-codec.ts";
import type { PeerMessage } from "../../protocol/peer-message.ts";
import { ChainParents } from "../../seeder/core/chain-parents.ts";
import { FallbackSeeders } from "../core/fallback-seeders.ts";
import type { CreateParents } from "../core/parents.ts";
import { createSwarmDriver } from "./driver.ts";
import { createMemoryStore } from "./memory-store.ts";
import type { PeerLinkEvents } from "./peer-link.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A driver linked with one parent, which says what the test lets it say. */
async function linked(parents: CreateParents) {
  const sent: PeerMessage[] = [];
  const playlists: string[] = [];
  const store = createMemoryStore();
  let link: PeerLinkEvents | undefined;
  const driver = createSwarmDriver({
    swarm: swarmIdOf("stream"),
    trackers: [],
    rtc: {},
    upload: true,
    memoryBytesMax: 1e8,
    logger: SILENT,
    origin: {
      locate: () => false,
      fetch: () => ({ abort: () => undefined }),
      hashes: () => Promise.resolve(undefined),
    },
    openPeerLink: () => {
      throw new Error("nobody introduces anybody");
    },
    openTrackerLink: () => {
      throw new Error("there is no tracker");
    },
    parents,
    openParentLink: (_url, events) => {
      link ??= events;
      return {
        signal: () => undefined,
        send: (frame) => {
          const message = decodePeerMessage(frame);
          if (message) sent.push(message);
        },
        close: () => undefined,
      };
    },
    takePlaylist: (_track, text) => playlists.push(text),
    store,
    now: () => Date.now(),
    seed: 1,
  });
  driver.playlist({ track: VIDEO, live: true, targetDuration: 4, segments: listing(10, 12) });
  driver.followTracks([VIDEO]);
  await vi.advanceTimersByTimeAsync(2000);
  link?.open();
  const say = async (message: PeerMessage): Promise<void> => {
    link?.frame(encodePeerMessage(message));
    await vi.advanceTimersByTimeAsync(100);
  };
  const viewer = "00000000000000b0" as ViewerId;
  await say({ type: "hello", version: 1, versionMin: 1, viewer, uplink: 2, seeder: true });
  await say({ type: "track", slot: 0, track: VIDEO, following: true });
  return { driver, say, sent, playlists, store };
}

const slotOf = (sent: readonly PeerMessage[]): number =>
  sent.find((message) => message.type === "subscribe")?.slot ?? 0;

const playlistIn = (slot: number, text: string): PeerMessage => ({
  ...{ type: "playlist", slot },
  text: new TextEncoder().encode(text),
});

async function pushChunk(say: (message: PeerMessage) => Promise<void>, slot: number, sequence: number): Promise<void> {
  for (let offset = 0; offset < CHUNK_BYTES; offset += FRAME_PAYLOAD_BYTES_MAX) {
    const payload = new Uint8Array(FRAME_PAYLOAD_BYTES_MAX).fill(sequence);
    const segment = nameOf(sequence);
    await say({ type: "chunk", slot, segment, chunk: 0, offset, chunkBytes: CHUNK_BYTES, payload });
  }
}

const isProtocolBye = (message: PeerMessage): boolean => message.type === "bye" && message.reason === "protocol";

test("[PE45] [T27] a playlist is taken of a parent that was subscribed to, and of nobody else", async () => {
  const seeder = await linked((rng) => new ChainParents(["wss://parent"], rng));
  await seeder.say(playlistIn(slotOf(seeder.sent), "#EXTM3U\n"));
  expect(seeder.playlists).toEqual(["#EXTM3U\n"]);

  const viewer = await linked((rng, spread) => new FallbackSeeders(["wss://parent"], rng, spread));
  expect(viewer.sent.filter(({ type }) => type === "subscribe")).toEqual([]);
  await viewer.say(playlistIn(0, "#EXTM3U\n"));
  expect(viewer.playlists).toEqual([]);
  expect(viewer.sent.filter(isProtocolBye)).toHaveLength(1);
});

test("[PE45] [T27] what is no UTF-8 breaks the protocol", async () => {
  const { say, sent, playlists } = await linked((rng) => new ChainParents(["wss://parent"], rng));
  await say({ type: "playlist", slot: slotOf(sent), text: Uint8Array.of(0xff, 0xfe) });
  expect(playlists).toEqual([]);
  expect(sent.filter(isProtocolBye)).toHaveLength(1);
});

test("[PE46] [T27] pushed chunks are kept of segments that the playlist lists; too many others end the link", async () => {
  const { say, sent, store, driver } = await linked((rng) => new ChainParents(["wss://parent"], rng));
  const slot = slotOf(sent);
  await pushChunk(say, slot, 11);
  expect(store.get(segmentIdOf(VIDEO, nameOf(11)), 0)?.byteLength).toBe(CHUNK_BYTES);
  for (let pushed = 0; pushed < 160 && !sent.some(isProtocolBye); pushed++) await pushChunk(say, slot, 500 + pushed);
  expect(sent.filter(isProtocolBye)).toHaveLength(1);
  expect(driver.stats().peers.filter(({ state }) => state === "open")).toEqual([]);
});

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { SILENT } from "../../base/logger.ts";
import { segmentIdOf, swarmIdOf, trackIdOf, type PeerId, type SegmentName, type ViewerId } from "../../protocol/ids.ts";
import { CHUNK_BYTES, FRAME_PAYLOAD_BYTES_MAX } from "../../protocol/limits.ts";
import { decodePeerMessage, encodePeerMessage } from "../../protocol/peer-codec.ts";
import type { PeerMessage } from "../../protocol/peer-message.ts";
import { createSwarmDriver, type SwarmDriver } from "./driver.ts";
import type { SegmentDelivery } from "./driver-api.ts";
import type { OriginRequest, OriginSink } from "./origin.ts";
import type { PeerLinkOptions } from "./peer-link.ts";
import type { TrackerLinkEvents } from "./tracker-link.ts";
import { inTask } from "./task.ts";

const TRACK = trackIdOf("video");
const NAME = { sequence: 7, tag: 1 };
const SEGMENT = segmentIdOf(TRACK, NAME);
const BYTES = Uint8Array.from({ length: 2 * CHUNK_BYTES + 100 }, (_, i) => (i * 7) % 251);

const HELLO = {
  type: "hello",
  version: 1,
  versionMin: 1,
  viewer: "00000000000000b0" as ViewerId,
  uplink: 1,
  seeder: false,
} as const;

/** A driver with everything around it faked: the test plays origin, tracker and peers. */
class Stage {
  readonly requests: { readonly request: OriginRequest; readonly sink: OriginSink; aborted: boolean }[] = [];
  readonly links: { readonly options: PeerLinkOptions; readonly sent: PeerMessage[]; closed: number }[] = [];
  readonly trackers: { readonly events: TrackerLinkEvents; readonly sent: string[]; closed: number }[] = [];
  /** Segments that the origin was asked to find. */
  readonly sought: SegmentName[] = [];
  /** Whether it can. */
  finds = true;
  breakLinks = false;
  breakOrigin = false;
  /** Called with each message sent to a peer, in the middle of the sending. */
  onSent: (message: PeerMessage) => void = () => undefined;
  readonly driver: SwarmDriver;
  switchedOff = 0;

  constructor() {
    this.driver = createSwarmDriver({
      swarm: swarmIdOf("stream"),
      trackers: ["ws://tracker.test"],
      rtc: {},
      upload: true,
      memoryBytesMax: 1e8,
      logger: SILENT,
      seed: 1,
      now: () => Date.now(),
      switchedOff: () => {
        this.switchedOff++;
        this.driver.close();
      },
      origin: {
        hashes: () => Promise.resolve(undefined),
        locate: (track, name) => {
          if (track === TRACK) this.sought.push(name);
          return this.finds;
        },
        fetch: (request, sink) => {
          if (this.breakOrigin) throw new Error("a bug of ours");
          const entry = { request, sink, aborted: false };
          this.requests.push(entry);
          return { abort: () => (entry.aborted = true) };
        },
      },
      openPeerLink: (options) => {
        const entry = { options, sent: [] as PeerMessage[], closed: 0 };
        this.links.push(entry);
        return {
          signal: () => undefined,
          send: (frame) => {
            if (this.breakLinks) throw new Error("a bug of ours");
            const message = decodePeerMessage(frame);
            if (!message) return;
            entry.sent.push(message);
            this.onSent(message);
          },
          close: () => entry.closed++,
        };
      },
      openTrackerLink: (_url, events) => {
        const entry = { events, sent: [] as string[], closed: 0 };
        this.trackers.push(entry);
        return { send: (message) => entry.sent.push(message.type), close: () => entry.closed++ };
      },
    });
    this.driver.playlist({
      track: TRACK,
      live: true,
      targetDuration: 4,
      segments: [{ id: SEGMENT, name: NAME, start: 28, duration: 4 }],
    });
    this.driver.followTracks([TRACK]);
  }

  /** The player asks; what comes of it is collected. */
  want(): { readonly deliveries: SegmentDelivery[]; readonly failures: number[]; readonly stop: () => void } {
    const deliveries: SegmentDelivery[] = [];
    const failures: number[] = [];
    const stop = this.driver.want(SEGMENT, {
      complete: (delivery) => deliveries.push(delivery),
      failed: (status) => failures.push(status),
    });
    return { deliveries, failures, stop };
  }

  originAnswers(bytes = BYTES, pieces = 5): void {
    const { sink } = this.requests.at(-1) ?? {};
    sink?.opened({ firstByte: 0, byteLength: bytes.byteLength, ranged: true });
    const size = Math.ceil(bytes.byteLength / pieces);
    for (let at = 0; at < bytes.byteLength; at += size) sink?.data(bytes.slice(at, at + size));
    sink?.closed({ outcome: "complete", status: 200 });
  }

  /** The tracker introduces one peer, which opens and says hello. */
  meet(): { readonly say: (message: PeerMessage) => void; readonly link: Stage["links"][number] } {
    const [tracker] = this.trackers;
    tracker?.events.open();
    tracker?.events.message({
      type: "joined",
      version: 1,
      peer: "me________" as PeerId,
      resume: "r",
      viewers: 2,
      reportEveryMs: 60_000,
      peers: [{ peer: "bob_______" as PeerId, uplink: 1 }],
    });
    vi.advanceTimersByTime(1050); // nothing plays here, so dialing waits its second
    const link = this.links.at(-1);
    if (!link) throw new Error("nobody was dialed");
    const say = (message: PeerMessage): void => {
      link.options.events.frame(encodePeerMessage(message));
    };
    link.options.events.open();
    say(HELLO);
    say({ type: "track", slot: 3, track: TRACK, following: true });
    return { say, link };
  }
}

/** Two, because tasks of different channels need not come in order. */
const settle = async (): Promise<void> => {
  for (let task = 0; task < 2; task++) await new Promise<void>(inTask);
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a driver", () => {
  test("hands a segment over whole, later than it was asked for, in a buffer of its own for each who asked", async () => {
    const stage = new Stage();
    const [first, second] = [stage.want(), stage.want()];
    expect(stage.requests).toMatchObject([{ request: { segment: SEGMENT, from: 0 } }]);
    stage.originAnswers();
    expect(first.deliveries).toEqual([]);
    await settle();
    const [one, two] = [first.deliveries[0], second.deliveries[0]];
    expect(one?.bytes).toEqual(BYTES);
    expect(one).toMatchObject({ originBytes: BYTES.byteLength, peerBytes: 0 });
    expect(two?.bytes.buffer).not.toBe(one?.bytes.buffer);
    // hls.js detaches what it is given: the next one who asks gets it all the same.
    structuredClone(one?.bytes, { transfer: one ? [one.bytes.buffer] : [] });
    const third = stage.want();
    await settle();
    expect(third.deliveries[0]?.bytes).toEqual(BYTES);
    stage.driver.close();
  });

  test.each([true, false])("fetches what only peers list where its address can be told: %s", (finds) => {
    const stage = new Stage();
    stage.finds = finds;
    const next = { sequence: NAME.sequence + 1, tag: 5 };
    const { say } = stage.meet();
    stage.driver.playback({ position: 28, bufferedEnd: 32, rate: 1, bufferAheadMax: 30 });
    say({ type: "listed", slot: 3, segment: next, hops: 0 });
    expect(stage.sought).toEqual([next]);
    vi.advanceTimersByTime(4000); // until the playhead is there
    const asked = new Set(stage.requests.map(({ request }) => request.segment));
    expect([...asked]).toEqual(finds ? [segmentIdOf(TRACK, next)] : []);
    stage.driver.close();
  });

  test("passes a refusal of the origin on with its status", async () => {
    const stage = new Stage();
    const { failures } = stage.want();
    stage.requests[0]?.sink.closed({ outcome: "failed", status: 503 });
    await settle();
    expect(failures).toEqual([503]);
    stage.driver.close();
  });

  test("aborts what nobody waits for any more", () => {
    const stage = new Stage();
    const { stop } = stage.want();
    stop();
    stop();
    expect(stage.requests).toMatchObject([{ aborted: true }]);
    stage.driver.close();
  });

  test("serves a peer in frames of at most 16 KiB, and takes chunks only from whom it asked", async () => {
    const stage = new Stage();
    stage.want();
    stage.originAnswers();
    await settle();
    const { say, link } = stage.meet();
    say({ type: "request", slot: 3, segment: NAME, chunks: [0], dueInMs: 5000 });
    const parts = link.sent.filter((message) => message.type === "chunk");
    expect(parts.map(({ offset, payload }) => [offset, payload.byteLength])).toEqual([
      [0, FRAME_PAYLOAD_BYTES_MAX],
      [FRAME_PAYLOAD_BYTES_MAX, FRAME_PAYLOAD_BYTES_MAX],
    ]);
    expect(parts.every(({ slot }) => slot === 3)).toBe(true);
    expect(stage.driver.stats().uploadedBytes).toBe(CHUNK_BYTES);
    stage.driver.close();
  });

  test("drops a peer that breaks the protocol, and no other", () => {
    const stage = new Stage();
    const { link } = stage.meet();
    link.options.events.frame(Uint8Array.of(0x3f, 1, 2, 3));
    expect(link.closed).toBe(1);
    expect(stage.driver.stats().peers).toEqual([]);
    expect(stage.driver.retired).toBe(false);
    stage.driver.close();
  });

  test("retires at a bug of ours: closes everything, says so once, and is harmless from then on", async () => {
    const stage = new Stage();
    const told: unknown[] = [];
    stage.driver.onRetired((bug) => told.push(bug));
    const { say, link } = stage.meet();
    stage.breakLinks = true;
    say({ type: "ping", nonce: 1 });
    await settle();
    expect(stage.driver.retired).toBe(true);
    expect(told).toMatchObject([{ message: "a bug of ours" }]);
    expect(link.closed).toBe(1);
    expect(stage.trackers[0]?.closed).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
    expect(stage.driver.stats().retired).toBe(true);
    stage.want().stop();
    stage.driver.playback({ position: 1, bufferedEnd: 2, rate: 1, bufferAheadMax: 30 });
    expect(stage.requests).toEqual([]);
  });

  test("opened and closed a hundred times leaves nothing", () => {
    for (let i = 0; i < 100; i++) {
      const stage = new Stage();
      const { link } = stage.meet();
      const { stop } = stage.want();
      stage.driver.close();
      stage.driver.close();
      stop();
      expect(link.closed).toBe(1);
      expect(link.sent.at(-1)).toEqual({ type: "bye", reason: "leaving" });
      expect(stage.trackers[0]).toMatchObject({ closed: 1 });
      expect(stage.requests.every(({ aborted }) => aborted)).toBe(true);
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  test("keeps one timer", () => {
    const stage = new Stage();
    stage.meet();
    stage.want();
    expect(vi.getTimerCount()).toBe(1);
    stage.driver.close();
  });
});

describe("what happens while actions are performed", () => {
  test("waits its turn: all that one event asks for is done before the next is looked at", () => {
    const stage = new Stage();
    let told = false;
    stage.onSent = ({ type }) => {
      if (type !== "hello" || told) return;
      told = true;
      const { frame } = stage.links[0]?.options.events ?? {};
      frame?.(encodePeerMessage(HELLO));
      frame?.(encodePeerMessage({ type: "ping", nonce: 9 }));
    };
    const { link } = stage.meet();
    expect(link.sent.slice(0, 4).map(({ type }) => type)).toEqual(["hello", "track", "ping", "pong"]);
    stage.driver.close();
  });

  test("after a bug is not looked at any more", () => {
    const stage = new Stage();
    const { say, link } = stage.meet();
    stage.breakOrigin = true;
    const { stop } = stage.want();
    expect(stage.driver.retired).toBe(true);
    const before = link.sent.length;
    say({ type: "ping", nonce: 1 });
    stop();
    expect(link.sent.length).toBe(before);
    expect(link.sent.at(-1)).toEqual({ type: "bye", reason: "leaving" });
  });
});

describe("what peers send", () => {
  /** The player is 18 s before the segment, which the one peer has and is asked for. */
  function askingBob(): { readonly stage: Stage } & ReturnType<Stage["meet"]> & {
      readonly chunk: (n: number, bytes: Uint8Array) => void;
    } {
    const stage = new Stage();
    stage.driver.playback({ position: 10, bufferedEnd: 28, rate: 1, bufferAheadMax: 60 });
    const { say, link } = stage.meet();
    say({ type: "have", slot: 3, segments: [{ segment: NAME, byteLength: BYTES.byteLength }] });
    vi.advanceTimersByTime(100);
    const chunk = (index: number, bytes: Uint8Array): void => {
      for (let offset = 0; offset < bytes.byteLength; offset += FRAME_PAYLOAD_BYTES_MAX) {
        const payload = bytes.slice(offset, offset + FRAME_PAYLOAD_BYTES_MAX);
        say({ type: "chunk", slot: 0, segment: NAME, chunk: index, offset, chunkBytes: bytes.byteLength, payload });
      }
    };
    return { stage, say, link, chunk };
  }
  const chunkOf = (index: number): Uint8Array => BYTES.slice(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);

  test("becomes the segment, and all of it is acknowledged", async () => {
    const { stage, link, chunk } = askingBob();
    expect(link.sent).toContainEqual(expect.objectContaining({ type: "request", segment: NAME, chunks: [0, 1, 2] }));
    for (const index of [2, 0, 1]) chunk(index, chunkOf(index));
    vi.advanceTimersByTime(100);
    const acknowledged = link.sent.flatMap((message) => (message.type === "received" ? [message.bytes] : []));
    expect(acknowledged.at(-1)).toBe(BYTES.byteLength);
    const { deliveries } = stage.want();
    await settle();
    expect(Buffer.compare(deliveries[0]?.bytes ?? new Uint8Array(), BYTES)).toBe(0);
    expect(deliveries).toMatchObject([{ peerBytes: BYTES.byteLength, originBytes: 0 }]);
    expect(stage.requests).toEqual([]);
    stage.driver.close();
  });

  test("in a length that cannot be is acknowledged and thrown away; the right one is still welcome", async () => {
    const { stage, chunk } = askingBob();
    chunk(0, chunkOf(0).slice(0, 500));
    expect(stage.driver.stats()).toMatchObject({ peerReceivedBytes: 500, wastedBytes: 500, retired: false });
    vi.advanceTimersByTime(100);
    for (const index of [0, 1, 2]) chunk(index, chunkOf(index));
    const { deliveries } = stage.want();
    await settle();
    expect(Buffer.compare(deliveries[0]?.bytes ?? new Uint8Array(), BYTES)).toBe(0);
    stage.driver.close();
  });

  test("that breaks the protocol ends that link, with a word, and what it still says is not heard", () => {
    const { stage, link, say, chunk } = askingBob();
    chunk(0, chunkOf(0).slice(0, 100));
    say({ type: "chunk", slot: 29, segment: NAME, chunk: 0, offset: 0, chunkBytes: 1, payload: Uint8Array.of(1) });
    expect(link.sent.at(-1)).toEqual({ type: "bye", reason: "protocol" });
    const after = link.sent.length;
    chunk(1, chunkOf(1));
    link.options.events.closed("closed");
    expect([link.closed, link.sent.length, stage.driver.retired]).toEqual([1, after, false]);
    stage.driver.close();
  });
});

describe("the tracker's link", () => {
  test("is opened anew after it was lost, and what the old one still says is not heard", () => {
    const stage = new Stage();
    stage.meet();
    stage.trackers[0]?.events.message({ type: "drain", reconnectInMs: 1000 });
    expect(stage.trackers[0]?.closed).toBe(1);
    stage.trackers[0]?.events.message({ type: "peers", viewers: 99, peers: [] });
    stage.trackers[0]?.events.closed("late");
    expect(stage.driver.stats()).toMatchObject({ viewers: 2, tracker: "lost" });
    vi.advanceTimersByTime(1100);
    stage.trackers[0]?.events.closed("later still");
    stage.trackers[1]?.events.open();
    expect(stage.trackers[1]?.sent).toEqual(["join"]);
    stage.driver.close();
  });
});

test("[TR43] a viewer reports before it leaves, and whenever it may be leaving", () => {
  const stage = new Stage();
  stage.meet();
  const before = stage.trackers[0]?.sent.length ?? 0;
  stage.driver.tell({ type: "report-due" });
  stage.driver.close();
  expect(stage.trackers[0]?.sent.slice(before)).toEqual(["report", "report", "leave"]);
});

test("[TR48] the operator's `off` is told once the round is over, and ends every link and the tracker's", async () => {
  const stage = new Stage();
  const { link } = stage.meet();
  stage.trackers[0]?.events.message({ type: "off", message: "maintenance" });
  expect(stage.switchedOff).toBe(0);
  await Promise.resolve();
  expect(stage.switchedOff).toBe(1);
  expect(link.sent.at(-1)).toEqual({ type: "bye", reason: "leaving" });
  expect(link.closed).toBe(1);
  expect(stage.trackers[0]?.closed).toBe(1);
  vi.advanceTimersByTime(100_000);
  expect(stage.trackers).toHaveLength(1);
});

test("listeners hear of every round until they stop", () => {
  const stage = new Stage();
  const heard = vi.fn();
  const stop = stage.driver.onChange(heard);
  stage.driver.followTracks([]);
  expect(heard).toHaveBeenCalledTimes(1);
  stop();
  stage.driver.followTracks([TRACK]);
  expect(heard).toHaveBeenCalledTimes(1);
  stage.driver.close();
});

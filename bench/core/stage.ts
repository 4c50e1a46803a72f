import { performance } from "node:perf_hooks";
import { createBitmap, hasBit, setBit, type Bitmap } from "../../src/base/bitmap.ts";
import { Heap } from "../../src/base/heap.ts";
import { createRng } from "../../src/base/random.ts";
import { segmentIdOf, swarmIdOf, trackIdOf, type PeerId, type ViewerId } from "../../src/protocol/ids.ts";
import { CHUNK_BYTES } from "../../src/protocol/limits.ts";
import type { HaveEntry } from "../../src/protocol/peer-message.ts";
import type { SwarmAction } from "../../src/swarm/core/action.ts";
import type { SwarmEvent } from "../../src/swarm/core/event.ts";
import { SwarmCore } from "../../src/swarm/core/swarm.ts";

export interface StageOptions {
  /** Of a live stream. */
  readonly minutes: number;
  readonly peers: number;
}

export interface StageResult {
  readonly rows: readonly {
    readonly event: string;
    readonly count: number;
    readonly microseconds: number;
    /** Of all time spent in the core. */
    readonly share: number;
  }[];
  /** What was sent for each chunk received. */
  readonly ratios: Readonly<Record<string, number>>;
  /** Time of this machine for an hour of one viewer. */
  readonly secondsPerHour: number;
}

/**
 * One real core among puppets: peers that come by the chunks of a live stream one after the other, tell of them every
 * 80 ms, answer what they are asked and ask for what they lack. Measures the core's own time, event by event.
 */
export function playStage({ minutes, peers }: StageOptions): StageResult {
  const rng = createRng(1);
  const heap = new Heap<{ readonly at: number; readonly run: () => void }>((a, b) => a.at < b.at);
  const spent = new Map<string, number[]>();
  const counts = new Map<string, number>();
  const stored = new Set<string>();
  let now = START_MS;
  let wakeAt = Infinity;
  const core = new SwarmCore({
    swarm: swarmIdOf("the stream"),
    viewer: "0123456789abcdef" as ViewerId,
    trackers: ["wss://tracker.test"],
    uplink: 1,
    memoryBytesMax: 128 * 1024 * 1024,
    rng: rng.fork("core"),
  });

  const after = (ms: number, run: () => void): void => heap.push({ at: now + ms, run });
  const feed = (event: SwarmEvent): void => {
    const name = event.type === "peer-message" ? event.message.type : event.type;
    const began = performance.now();
    const actions = core.handle(now, event);
    const at = core.nextWakeup();
    const ms = performance.now() - began;
    const row = spent.get(name);
    if (row) row.push(ms);
    else spent.set(name, [ms]);
    for (const action of actions) perform(action);
    if (at >= wakeAt || at === Infinity) return;
    wakeAt = at;
    heap.push({
      at,
      run: () => {
        if (wakeAt !== at) return;
        wakeAt = Infinity;
        feed({ type: "wakeup" });
      },
    });
  };

  const perform = (action: SwarmAction): void => {
    const sent = action.type === "send" ? action.message.type : action.type;
    counts.set(sent, (counts.get(sent) ?? 0) + (action.type === "send" ? action.peers.length : 1));
    if (action.type === "send") for (const id of action.peers) byId.get(id)?.hear(action.message);
    else if (action.type === "send-chunk") byId.get(action.peer)?.receive(lengthOf(action.chunk));
    else if (action.type === "open-tracker") after(20, () => feed({ type: "tracker-opened" }));
    else if (action.type === "fetch-origin") {
      const { fetch, from } = action;
      const sequence = Number(action.segment.split("/")[1]);
      const to = Math.min(CHUNKS, action.to ?? CHUNKS);
      after(100, () => {
        feed({ type: "origin-opened", fetch, firstChunk: from, byteLength: SEGMENT_BYTES });
        for (let chunk = from; chunk < to; chunk++) {
          stored.add(`${sequence}/${chunk}`);
          feed({ type: "origin-chunk", fetch, chunk, byteLength: lengthOf(chunk) });
        }
        const receivedBytes = (to - from) * CHUNK_BYTES;
        feed({ type: "origin-closed", fetch, outcome: "complete", status: 206, receivedBytes });
      });
    }
  };

  /** One peer, of which nothing is real but what it says. */
  class Puppet {
    readonly id: PeerId;
    readonly viewer: ViewerId;
    readonly uplink: 0 | 1 | 2;
    readonly serviceMs: number;
    readonly #held = new Map<number, Bitmap>();
    readonly #fresh = new Set<number>();
    #freeAt = 0;
    #heard: HaveEntry | undefined;
    #receivedBytes = 0;

    constructor(index: number) {
      this.id = `peer${index}`.padEnd(10, "_") as PeerId;
      this.viewer = index.toString(16).padStart(16, "0") as ViewerId;
      this.uplink = index % 4 === 3 ? 0 : index % 4 === 2 ? 2 : 1;
      this.serviceMs = 20 + rng.next() * 100;
    }

    join(): void {
      feed({ type: "peer-opened", peer: this.id });
      const { viewer, uplink } = this;
      this.say({ type: "hello", version: 1, versionMin: 1, viewer, uplink, seeder: false });
      this.say({ type: "track", slot: 0, track: TRACK, following: true });
      this.#ask();
    }

    /** All together ask for as much as one viewer takes: what comes in goes out about once. */
    #ask(): void {
      const { segment, bitmap } = this.#heard ?? {};
      const begin = Math.floor(rng.next() * CHUNKS);
      for (let i = 0; segment && i < CHUNKS; i++) {
        const chunk = (begin + i) % CHUNKS;
        if (bitmap && !hasBit(bitmap, chunk)) continue;
        this.say({ type: "request", slot: 0, segment, chunks: [chunk], dueInMs: 8000 });
        break;
      }
      after((peers * SEGMENT_MS) / CHUNKS, () => this.#ask());
    }

    say(message: Extract<SwarmEvent, { type: "peer-message" }>["message"]): void {
      feed({ type: "peer-message", peer: this.id, message, byteLength: 30 });
    }

    /** A segment is out: this peer comes by its chunks in random order, over the next seconds. */
    gather(sequence: number): void {
      const held = createBitmap(CHUNKS);
      this.#held.set(sequence, held);
      this.#held.delete(sequence - 8);
      const beginMs = 200 + rng.next() * 500;
      const spanMs = 1000 + rng.next() * 1500;
      for (let chunk = 0; chunk < CHUNKS; chunk++)
        after(beginMs + rng.next() * spanMs, () => {
          setBit(held, chunk);
          if (this.uplink === 0) return;
          if (this.#fresh.size === 0) after(80, () => this.#tell());
          this.#fresh.add(sequence);
        });
    }

    #tell(): void {
      const segments = [...this.#fresh].map((sequence) => {
        const bitmap = this.#held.get(sequence) ?? createBitmap(CHUNKS);
        const whole = bitmap.every((byte, i) => byte === (i < 9 ? 255 : (1 << (CHUNKS & 7)) - 1));
        return { segment: nameOf(sequence), byteLength: SEGMENT_BYTES, bitmap: whole ? undefined : bitmap.slice() };
      });
      this.#fresh.clear();
      this.say({ type: "have", slot: 0, segments });
    }

    hear(message: Extract<SwarmAction, { type: "send" }>["message"]): void {
      switch (message.type) {
        case "ping":
          after(40, () => this.say({ type: "pong", nonce: message.nonce }));
          return;
        case "request": {
          const { sequence } = message.segment;
          for (const chunk of message.chunks) {
            this.#freeAt = Math.max(now + 40, this.#freeAt + this.serviceMs);
            after(this.#freeAt - now, () => {
              const key = `${sequence}/${chunk}`;
              const event = { type: "peer-chunk", peer: this.id, segment: idOf(sequence), chunk } as const;
              feed({ ...event, byteLength: lengthOf(chunk), stored: !stored.has(key) });
              stored.add(key);
            });
          }
          return;
        }
        case "have":
          this.#heard = message.segments.at(-1);
          return;
        default:
      }
    }

    receive(byteLength: number): void {
      after(60, () => {
        this.#receivedBytes += byteLength;
        this.say({ type: "received", bytes: this.#receivedBytes % 2 ** 32 });
      });
    }
  }

  const puppets = Array.from({ length: peers }, (_, i) => new Puppet(i));
  const byId = new Map(puppets.map((puppet) => [puppet.id, puppet]));
  const firstSequence = START_MS / SEGMENT_MS;
  const publish = (sequence: number): void => {
    const segments = Array.from({ length: 15 }, (_, i) => {
      const name = nameOf(sequence - 14 + i);
      return { id: idOf(name.sequence), name, start: name.sequence * SEGMENT_S, duration: SEGMENT_S };
    });
    feed({ type: "playlist", track: TRACK, live: true, targetDuration: SEGMENT_S, segments });
    for (const puppet of puppets) puppet.gather(sequence);
    const elected = puppets[sequence % peers];
    after(20, () =>
      elected?.say({ type: "fetching", slot: 0, segment: nameOf(sequence), from: 0, to: CHUNKS, hops: 4 }),
    );
    after(SEGMENT_MS, () => publish(sequence + 1));
  };
  let wanted = 0;
  const play = (): void => {
    const position = now / 1000 - 12;
    const bufferedEnd = Math.floor(position / SEGMENT_S + 1) * SEGMENT_S;
    feed({ type: "playback", position, bufferedEnd, rate: 1, bufferAheadMax: 30 });
    const next = bufferedEnd / SEGMENT_S;
    if (next > wanted) feed({ type: "segment-wanted", segment: idOf((wanted = next)) });
    after(250, play);
  };

  feed({ type: "wakeup" });
  feed({ type: "tracks-followed", tracks: [TRACK] });
  const joined = {
    type: "joined",
    version: 1,
    peer: "self______" as PeerId,
    resume: "r",
    reportEveryMs: 30_000,
  } as const;
  after(30, () => feed({ type: "tracker-message", message: { ...joined, viewers: 1000, peers: [] } }));
  for (const puppet of puppets) after(100, () => puppet.join());
  after(1000, () => publish(firstSequence));
  after(1000, play);

  const end = START_MS + minutes * 60_000;
  for (let next = heap.pop(); next && next.at <= end; next = heap.pop()) {
    now = Math.max(now, next.at);
    next.run();
  }

  const chunks = spent.get("peer-chunk")?.length ?? 0;
  const perChunk = (name: string): number => (counts.get(name) ?? 0) / Math.max(1, chunks);
  const sums = [...spent].map(([event, samples]) => ({ event, count: samples.length, ms: usualMs(samples) }));
  const totalMs = sums.reduce((sum, { count, ms }) => sum + count * ms, 0);
  const rows = sums.map(({ event, count, ms }) => ({
    ...{ event, count, microseconds: ms * 1000 },
    share: (count * ms) / totalMs,
  }));
  return {
    rows: rows.sort((a, b) => b.share - a.share),
    ratios: {
      "requests per chunk": perChunk("request"),
      "acknowledgements per chunk": perChunk("received"),
      "announcements per chunk": perChunk("have"),
      "chunks sent per chunk": perChunk("send-chunk"),
      "microseconds per chunk, in all": (totalMs * 1000) / Math.max(1, chunks),
    },
    secondsPerHour: (totalMs / 1000) * (60 / minutes),
  };
}

/** The mean without the slowest two percent: those are what else the machine does. */
function usualMs(samples: number[]): number {
  samples.sort((a, b) => a - b);
  const kept = samples.slice(0, Math.ceil(samples.length * 0.98));
  return kept.reduce((sum, ms) => sum + ms, 0) / kept.length;
}

const TRACK = trackIdOf("the only rendition");
const SEGMENT_S = 4;
const SEGMENT_MS = SEGMENT_S * 1000;
/** 5 Mbit/s. */
const SEGMENT_BYTES = 2_500_000;
const CHUNKS = Math.ceil(SEGMENT_BYTES / CHUNK_BYTES);
/** The stream has been on for a while. */
const START_MS = 100 * SEGMENT_MS;

const nameOf = (sequence: number): { sequence: number; tag: number } => ({ sequence, tag: 0xfeed });
const idOf = (sequence: number): ReturnType<typeof segmentIdOf> => segmentIdOf(TRACK, nameOf(sequence));
const lengthOf = (chunk: number): number => Math.min(CHUNK_BYTES, SEGMENT_BYTES - chunk * CHUNK_BYTES);

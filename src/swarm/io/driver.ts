import { assertNever } from "../../base/assert.ts";
import type { Logger } from "../../base/logger.ts";
import { createRng } from "../../base/random.ts";
import type { Millis } from "../../base/time.ts";
import {
  randomHex,
  segmentIdOf,
  type PeerId,
  type SegmentId,
  type SwarmId,
  type TrackId,
  type ViewerId,
} from "../../protocol/ids.ts";
import { CHUNK_BYTES, FRAME_PAYLOAD_BYTES_MAX } from "../../protocol/limits.ts";
import { decodePeerMessage, encodePeerMessage } from "../../protocol/peer-codec.ts";
import { ProtocolError } from "../../protocol/protocol-error.ts";
import type { SwarmAction } from "../core/action.ts";
import type { FetchId, SwarmEvent } from "../core/event.ts";
import type { SwarmStats } from "../core/stats.ts";
import { SwarmCore } from "../core/swarm.ts";
import type { SwarmTuning } from "../core/tuning.ts";
import { ChunkInbox } from "./chunk-inbox.ts";
import type { SegmentWatcher, SwarmPort } from "./driver-api.ts";
import { createMemoryStore } from "./memory-store.ts";
import type { Origin } from "./origin.ts";
import { readOrigin } from "./origin-reader.ts";
import type { OpenPeerLink, PeerLink } from "./peer-link.ts";
import type { OpenTrackerLink, TrackerLink } from "./tracker-link.ts";

export interface SwarmDriverOptions {
  readonly swarm: SwarmId;
  /** WebSocket URL of the tracker; undefined for none. */
  readonly tracker: string | undefined;
  readonly origin: Origin;
  readonly rtc: RTCConfiguration;
  readonly upload: boolean;
  readonly memoryBytesMax: number;
  readonly openPeerLink: OpenPeerLink;
  readonly openTrackerLink: OpenTrackerLink;
  readonly logger: Logger;
  readonly tuning?: Partial<SwarmTuning>;
  /** A monotonic clock, ms. Default `performance.now`. */
  readonly now?: () => Millis;
  /** Replays a session's chances. Default: random. */
  readonly seed?: number;
}

export interface SwarmDriver extends SwarmPort {
  stats(): SwarmStats;
  /** Called after every round in which something was done. Returns how to stop listening. */
  onChange(listener: () => void): () => void;
}

interface OpenLink {
  readonly link: PeerLink;
  readonly inbox: ChunkInbox;
}

/**
 * Feeds one SwarmCore and performs its actions: the only place where links, origin, store and timer meet. Decides
 * nothing. A bug below closes everything and leaves the player to plain hls.js.
 */
export function createSwarmDriver(options: SwarmDriverOptions): SwarmDriver {
  const clock = options.now ?? (() => performance.now());
  const log = options.logger;
  const store = createMemoryStore();
  const seed = options.seed ?? crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  const core = new SwarmCore({
    swarm: options.swarm,
    viewer: randomHex(crypto.getRandomValues(new Uint8Array(8))) as ViewerId,
    tracker: options.tracker !== undefined,
    uplink: options.upload ? 1 : 0,
    memoryBytesMax: options.memoryBytesMax,
    rng: createRng(seed),
    ...(options.tuning ? { tuning: options.tuning } : {}),
  });

  const links = new Map<PeerId, OpenLink>();
  const readings = new Map<FetchId, { readonly stop: () => void; readonly segment: SegmentId }>();
  const watchers = new Map<SegmentId, Set<SegmentWatcher>>();
  /** Segments that a playlist has listed, so that their address is known. */
  const listed = new Map<TrackId, ReadonlySet<SegmentId>>();
  const slots = new Map<number, TrackId>();
  const changeListeners = new Set<() => void>();
  const retiredListeners = new Set<(bug: unknown) => void>();
  let tracker: TrackerLink | undefined;
  let state: "working" | "retired" | "closed" = "working";

  const queue: SwarmEvent[] = [];
  let draining = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let timerAt: Millis = Infinity;
  let lagMs: Millis = 0;
  let last: Millis = 0;

  /** Hands an event to the core. Events that come while actions are performed wait their turn. */
  function feed(event: SwarmEvent): void {
    if (state !== "working") return;
    queue.push(event);
    if (draining) return;
    draining = true;
    try {
      for (let next = queue.shift(); next; next = queue.shift())
        for (const action of core.handle(now(), next)) perform(action);
      schedule();
    } catch (bug) {
      retire(bug);
    } finally {
      draining = false;
    }
    for (const listener of changeListeners) listener();
  }

  /** Never goes back, whatever the clock does. */
  const now = (): Millis => (last = Math.max(last, clock()));

  function schedule(): void {
    const at = core.nextWakeup();
    if (at === timerAt && timer !== undefined) return;
    clearTimeout(timer);
    timerAt = at;
    timer = at === Infinity ? undefined : setTimeout(wake, Math.min(TIMER_MS_MAX, Math.max(0, at - now())));
  }

  function wake(): void {
    timer = undefined;
    const late = Math.max(0, now() - timerAt);
    // Hidden tabs run timers once a second: the core keeps more in hand. Rises at once, falls slowly.
    const smoothed = Math.max(late, lagMs * 0.9);
    if (Math.abs(smoothed - lagMs) > LAG_STEP_MS) feed({ type: "timer-lag", lagMs: (lagMs = smoothed) });
    feed({ type: "wakeup" });
  }

  function perform(action: SwarmAction): void {
    switch (action.type) {
      case "fetch-origin": {
        const { fetch, segment } = action;
        const told = (event: SwarmEvent): void => {
          // Its chunks are dropped once the core has aborted it.
          if (!readings.has(fetch)) return;
          if (event.type === "origin-closed") readings.delete(fetch);
          if (event.type === "origin-opened")
            for (const watcher of watchers.get(segment) ?? []) watcher.originOpened?.();
          feed(event);
          if (event.type === "origin-chunk") tellProgress(segment);
        };
        readings.set(fetch, { segment, stop: () => undefined });
        const stop = readOrigin(options.origin, store, action, told);
        readings.set(fetch, { segment, stop });
        return;
      }
      case "abort-origin": {
        const reading = readings.get(action.fetch);
        readings.delete(action.fetch);
        reading?.stop();
        return;
      }
      case "segment-complete":
        complete(action.segment, Math.ceil(action.byteLength / CHUNK_BYTES));
        return;
      case "segment-failed": {
        const waiting = take(action.segment);
        queueMicrotask(() => {
          for (const watcher of waiting) watcher.failed(action.status);
        });
        return;
      }
      case "evict":
        store.delete(action.segment);
        return;
      case "open-peer":
        openPeer(action.peer, action.initiator);
        return;
      case "signal-peer":
        links.get(action.peer)?.link.signal(action.signal);
        return;
      case "close-peer": {
        const open = links.get(action.peer);
        links.delete(action.peer);
        open?.link.close();
        log.debug("swarm:peer", () => `closed ${action.peer}: ${action.reason}`);
        return;
      }
      case "send": {
        const { message } = action;
        if (message.type === "track") slots.set(message.slot, message.track);
        const frame = encodePeerMessage(message);
        for (const peer of action.peers) {
          const open = links.get(peer);
          if (message.type === "request") expect(open?.inbox, message);
          open?.link.send(frame);
        }
        return;
      }
      case "send-chunk":
        sendChunk(action);
        return;
      case "open-tracker":
        openTracker();
        return;
      case "send-tracker":
        tracker?.send(action.message);
        return;
      case "close-tracker":
        tracker?.close();
        return;
      default:
        assertNever(action);
    }
  }

  function expect(
    inbox: ChunkInbox | undefined,
    {
      slot,
      segment,
      chunks,
    }: {
      readonly slot: number;
      readonly segment: Parameters<typeof segmentIdOf>[1];
      readonly chunks: readonly number[];
    },
  ): void {
    const track = slots.get(slot);
    if (track !== undefined) for (const chunk of chunks) inbox?.expect(segmentIdOf(track, segment), chunk);
  }

  function openPeer(peer: PeerId, initiator: boolean): void {
    let current: OpenLink | undefined;
    // A link that was replaced or closed may still have events on their way.
    const alive = (): boolean => current !== undefined && links.get(peer) === current;
    const link = options.openPeerLink({
      initiator,
      rtc: options.rtc,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      events: {
        signal: (signal) => {
          if (alive()) feed({ type: "link-signal", peer, signal });
        },
        open: () => {
          if (alive()) feed({ type: "peer-opened", peer });
        },
        frame: (frame) => {
          if (alive() && current) receive(peer, current, frame);
        },
        closed: (reason) => {
          if (!alive()) return;
          links.delete(peer);
          feed({ type: "peer-closed", peer, reason });
        },
      },
    });
    current = { link, inbox: new ChunkInbox() };
    links.set(peer, current);
  }

  function receive(peer: PeerId, { link, inbox }: OpenLink, frame: Uint8Array): void {
    try {
      const message = decodePeerMessage(frame);
      if (!message) return;
      if (message.type !== "chunk") {
        feed({ type: "peer-message", peer, message, byteLength: frame.byteLength });
        return;
      }
      const track = slots.get(message.slot);
      if (track === undefined) throw new ProtocolError("bad-field", "slot must be one we have bound", "slot");
      const arrived = inbox.accept(message, track);
      if (!arrived) return;
      const { segment, chunk, byteLength, bytes } = arrived;
      const stored = bytes !== undefined && core.bytesOf(segment) !== undefined && store.put(segment, chunk, bytes);
      feed({ type: "peer-chunk", peer, segment, chunk, byteLength, stored });
      if (stored) tellProgress(segment);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      log.warn("swarm:peer", () => `${peer} broke the protocol: ${error.message}`);
      links.delete(peer);
      link.send(encodePeerMessage({ type: "bye", reason: "protocol" }));
      link.close();
      feed({ type: "peer-closed", peer, reason: error.code });
    }
  }

  function sendChunk({ peer, slot, segment, name, chunk }: Extract<SwarmAction, { type: "send-chunk" }>): void {
    const open = links.get(peer);
    const bytes = store.get(segment, chunk);
    if (!open || !bytes) return;
    for (let offset = 0; offset < bytes.byteLength; offset += FRAME_PAYLOAD_BYTES_MAX) {
      const payload = bytes.subarray(offset, offset + FRAME_PAYLOAD_BYTES_MAX);
      const chunkBytes = bytes.byteLength;
      open.link.send(encodePeerMessage({ type: "chunk", slot, segment: name, chunk, offset, chunkBytes, payload }));
    }
  }

  function openTracker(): void {
    if (options.tracker === undefined) return;
    const mine = options.openTrackerLink(options.tracker, {
      open: () => {
        if (tracker === mine) feed({ type: "tracker-opened" });
      },
      message: (message) => {
        if (tracker === mine) feed({ type: "tracker-message", message });
      },
      closed: (reason) => {
        log.debug("swarm:tracker", () => `closed: ${reason}`);
        if (tracker !== mine) return;
        tracker = undefined;
        feed({ type: "tracker-closed" });
      },
    });
    tracker = mine;
  }

  function take(segment: SegmentId): ReadonlySet<SegmentWatcher> {
    const waiting = watchers.get(segment);
    watchers.delete(segment);
    return waiting ?? new Set();
  }

  function complete(segment: SegmentId, chunks: number): void {
    const waiting = take(segment);
    const { peerBytes, originBytes } = core.bytesOf(segment) ?? { peerBytes: 0, originBytes: 0 };
    // Each in a buffer of its own: hls.js transfers it to its worker.
    const deliveries = [...waiting].map((watcher) => {
      const bytes = store.assemble(segment, chunks);
      if (!bytes) throw new Error(`segment ${segment} is not whole in the store`);
      return { watcher, delivery: { bytes, peerBytes, originBytes } };
    });
    queueMicrotask(() => {
      for (const { watcher, delivery } of deliveries) watcher.complete(delivery);
    });
  }

  function tellProgress(segment: SegmentId): void {
    const progress = core.bytesOf(segment);
    if (!progress) return;
    for (const watcher of watchers.get(segment) ?? [])
      watcher.progress?.(progress.peerBytes, progress.originBytes, progress.byteLength);
  }

  function shut(): void {
    clearTimeout(timer);
    for (const { stop } of readings.values()) stop();
    readings.clear();
    for (const { link } of links.values()) {
      link.send(encodePeerMessage({ type: "bye", reason: "leaving" }));
      link.close();
    }
    links.clear();
    tracker?.send({ type: "leave" });
    tracker?.close();
    tracker = undefined;
    store.clear();
    queue.length = 0;
  }

  function retire(bug: unknown): void {
    if (state !== "working") return;
    state = "retired";
    log.error("swarm", () => `retired after a bug of ours, playing on from the CDN alone: ${String(bug)}`);
    shut();
    watchers.clear();
    queueMicrotask(() => {
      for (const listener of retiredListeners) listener(bug);
    });
  }

  schedule();
  return {
    get retired() {
      return state !== "working";
    },
    playlist(update) {
      listed.set(update.track, new Set(update.segments.map((segment) => segment.id)));
      feed({ type: "playlist", ...update });
    },
    followTracks: (tracks) => {
      feed({ type: "tracks-followed", tracks });
    },
    playback: (playback) => {
      feed({ type: "playback", ...playback });
    },
    lists: (segment) => [...listed.values()].some((segments) => segments.has(segment)),
    want(segment, watcher) {
      let waiting = watchers.get(segment);
      if (!waiting) watchers.set(segment, (waiting = new Set()));
      waiting.add(watcher);
      feed({ type: "segment-wanted", segment });
      return () => {
        const present = watchers.get(segment);
        if (!present?.delete(watcher) || present.size > 0) return;
        watchers.delete(segment);
        feed({ type: "segment-unwanted", segment });
      };
    },
    onRetired: (listener) => {
      retiredListeners.add(listener);
    },
    stats: () => ({ ...core.stats(), retired: state === "retired" }),
    onChange(listener) {
      changeListeners.add(listener);
      return () => changeListeners.delete(listener);
    },
    close() {
      if (state === "working") shut();
      state = "closed";
      changeListeners.clear();
      retiredListeners.clear();
    },
  };
}

/** A peer that is not there in 10 s is behind something that will not let us through. */
const CONNECT_TIMEOUT_MS = 10_000;

/** The longest delay that setTimeout takes is 2^31 - 1 ms; once a minute is often enough to look. */
const TIMER_MS_MAX = 60_000;

const LAG_STEP_MS = 200;

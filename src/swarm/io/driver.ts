import { assert, assertNever } from "../../base/assert.ts";
import type { Millis } from "../../base/time.ts";
import { directPeerIdOf, type PeerId, type SegmentId, type TrackId } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import { encodePeerMessage } from "../../protocol/peer-codec.ts";
import type { SwarmAction } from "../core/action.ts";
import type { FetchId, SwarmEvent } from "../core/event.ts";
import type { SwarmStats } from "../core/stats.ts";
import { SwarmCore } from "../core/swarm.ts";
import { auditChunk } from "./chunk-audit.ts";
import { ChunkFrames } from "./chunk-frames.ts";
import type { ArrivedChunk } from "./chunk-inbox.ts";
import { Closing } from "./closing.ts";
import type { SwarmPort } from "./driver-api.ts";
import { coreOptionsOf, type SwarmDriverOptions } from "./driver-options.ts";
import { Integrity, type Verdict } from "./integrity.ts";
import { createMemoryStore } from "./memory-store.ts";
import { readOrigin } from "./origin-reader.ts";
import type { PeerLink, PeerLinkEvents } from "./peer-link.ts";
import { PeerLinks } from "./peer-links.ts";
import { hasSigned } from "./publisher.ts";
import { SegmentWatchers } from "./segment-watchers.ts";
import type { TrackerLink } from "./tracker-link.ts";
import { Verifier } from "./verifier.ts";
import { WakeupTimer } from "./wakeup-timer.ts";
import { createWebSocketPeerLinks, peerUrlOf } from "./websocket-peer-link.ts";

export interface SwarmDriver extends SwarmPort {
  stats(): SwarmStats;
  /** Called after every round in which something was done. Returns how to stop listening. */
  onChange(listener: () => void): () => void;
  /** Somebody has called us: `open` makes the link, told whom its events go to. False when nothing is done any more. */
  accept(open: (events: PeerLinkEvents) => PeerLink): boolean;
}

/**
 * Feeds one SwarmCore and performs its actions: the only place where links, origin, store and timer meet. Decides
 * nothing. A bug below closes everything and leaves the player to plain hls.js.
 */
export function createSwarmDriver(options: SwarmDriverOptions): SwarmDriver {
  const clock = options.now ?? (() => performance.now());
  const log = options.logger;
  const store = options.store ?? createMemoryStore();
  const chunkFrames = new ChunkFrames(store);
  const core = new SwarmCore(coreOptionsOf(options));
  const readings = new Map<FetchId, () => void>();
  const watchers = new SegmentWatchers();
  const closing = new Closing(log);
  const verifier = new Verifier();
  const integrity = new Integrity({
    store,
    swarm: options.swarm,
    proofOf: (segment) => core.proofOf(segment),
    fetchHashes: (segment) => options.origin.hashes(segment),
    counts: (root) => hasSigned(options.publisher, root, log),
    feed,
    tell: (message) => tracker?.send(message),
    retire,
  });
  const links = new PeerLinks({ log, closing, integrity, feed, take, takePlaylist, accepts: core.accepts.bind(core) });
  /** Segments that the newest playlists list: the player may ask for them. */
  const listed = new Map<TrackId, ReadonlySet<SegmentId>>();
  let accepted = 0;
  const openParent = options.openParentLink ?? createWebSocketPeerLinks();
  const changeListeners = new Set<() => void>();
  const retiredListeners = new Set<(bug: unknown) => void>();
  let tracker: TrackerLink | undefined;
  let state: "working" | "retired" | "closed" = "working";

  const queue: SwarmEvent[] = [];
  let draining = false;
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
      timer.set(core.nextWakeup());
    } catch (bug) {
      retire(bug);
    } finally {
      draining = false;
    }
    for (const listener of changeListeners) listener();
  }

  /** Never goes back, whatever the clock does. */
  const now = (): Millis => (last = Math.max(last, clock()));

  const timer = new WakeupTimer(now, (lagMs) => {
    if (lagMs !== undefined) feed({ type: "timer-lag", lagMs });
    feed({ type: "wakeup" });
  });

  function perform(action: SwarmAction): void {
    switch (action.type) {
      case "fetch-origin": {
        const { fetch, segment } = action;
        const told = (event: SwarmEvent): void => {
          // Its chunks are dropped once the core has aborted it.
          if (!readings.has(fetch)) return;
          if (event.type === "origin-closed") readings.delete(fetch);
          if (event.type === "origin-opened") watchers.originOpened(segment);
          feed(event);
          if (event.type !== "origin-chunk") return;
          watchers.progress(segment, core.bytesOf(segment));
          integrity.originChunk(segment, event.chunk);
        };
        readings.set(fetch, readOrigin(options.origin, store, action, told));
        return;
      }
      case "locate-segment": {
        const { segment, track, name } = action;
        if (options.origin.locate(track, name)) feed({ type: "segment-located", segment });
        return;
      }
      case "abort-origin": {
        const stop = readings.get(action.fetch);
        readings.delete(action.fetch);
        stop?.();
        return;
      }
      case "verify-segment": {
        const { segment, track, sequence } = action;
        const asked = { segment, track, sequence, bytes: assemble(action) };
        const question = (): unknown => options.verify?.(asked);
        verifier.ask(segment, question, (refusal) => {
          if (refusal !== undefined) log.warn("swarm", () => `${segment} was refused: ${refusal}`);
          feed({ type: "segment-judged", segment, ok: refusal === undefined });
        });
        return;
      }
      case "segment-complete":
        watchers.complete(action.segment, () => {
          const bytes = assemble(action);
          const { peerBytes = 0, originBytes = 0 } = core.bytesOf(action.segment) ?? {};
          return { bytes, peerBytes, originBytes };
        });
        return;
      case "segment-failed":
        watchers.failed(action.segment, action.status);
        return;
      case "evict":
        verifier.forget(action.segment);
        store.delete(action.segment);
        integrity.forget(action.segment);
        return;
      case "open-peer":
        links.open(action.peer, (events) => {
          const { peer, initiator, url } = action;
          const connectTimeoutMs = CONNECT_TIMEOUT_MS;
          if (url !== undefined) return openParent(peerUrlOf(url, options.swarm), events, connectTimeoutMs);
          return options.openPeerLink({ peer, initiator, rtc: options.rtc, connectTimeoutMs, events });
        });
        return;
      case "signal-peer":
        links.signal(action.peer, action.signal);
        return;
      case "close-peer":
        links.close(action.peer);
        log.debug("swarm:peer", () => `closed ${action.peer}: ${action.reason}`);
        return;
      case "send":
        links.tell(action.peers, action.message);
        return;
      case "send-chunk":
        links.send(action.peer, chunkFrames.of(action));
        return;
      case "send-hashes":
        links.send(action.peer, integrity.frames(action));
        return;
      case "send-playlist": {
        const { peer, slot } = action;
        const text = new TextEncoder().encode(action.text);
        links.send(peer, [encodePeerMessage({ type: "playlist", slot, text })]);
        return;
      }
      case "fetch-hashes":
        integrity.fetch(action.segment);
        return;
      case "report-hashes":
        integrity.report(action);
        return;
      case "audit-chunk":
        auditChunk(options.origin, store, log, action, feed);
        return;
      case "open-tracker":
        openTracker(action.url);
        return;
      case "send-tracker":
        tracker?.send(action.message);
        return;
      case "close-tracker":
        tracker?.close();
        // Whatever it still has to say was for a state that the core has left.
        tracker = undefined;
        return;
      case "switch-off":
        queueMicrotask(() => options.switchedOff?.());
        return;
      default:
        assertNever(action);
    }
  }

  function assemble({ segment, byteLength }: { readonly segment: SegmentId; readonly byteLength: number }) {
    const bytes = store.assemble(segment, Math.ceil(byteLength / CHUNK_BYTES));
    assert(bytes?.byteLength === byteLength, "what the core calls complete is not whole in the store");
    return bytes;
  }

  function take(peer: PeerId, { segment, chunk, byteLength, bytes }: ArrivedChunk, verdict: Verdict): void {
    if (verdict === "forged") {
      log.warn("swarm:peer", () => `${peer} forged chunk ${String(chunk)} of ${segment}`);
      feed({ type: "chunk-forged", peer, segment, byteLength });
      return;
    }
    const stored = verdict === "fits" && bytes !== undefined && keep(segment, chunk, bytes);
    feed({ type: "peer-chunk", peer, segment, chunk, byteLength, stored });
    if (stored) watchers.progress(segment, core.bytesOf(segment));
  }

  /** Whether the store now has a chunk of ours that looks like this one; a wrong length would spoil its segment. */
  function keep(segment: SegmentId, chunk: number, bytes: Uint8Array): boolean {
    if (!core.accepts(segment, chunk, bytes.byteLength)) return false;
    return store.put(segment, chunk, bytes) || store.get(segment, chunk)?.byteLength === bytes.byteLength;
  }

  function takePlaylist(track: TrackId, text: string): void {
    options.takePlaylist?.(track, text);
  }

  function openTracker(url: string): void {
    const mine = options.openTrackerLink(url, {
      open: () => {
        if (tracker === mine) feed({ type: "tracker-opened" });
      },
      message: (message) => {
        if (tracker !== mine) return;
        if (message.type === "attested") integrity.attested(message);
        if (message.type === "joined" && message.attestationKey) integrity.trust(message.attestationKey);
        feed({ type: "tracker-message", message });
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

  /** Closes everything that was opened, whatever goes wrong on the way. */
  function shut(): void {
    timer.close();
    queue.length = 0;
    watchers.close();
    verifier.close();
    for (const stop of readings.values()) closing.attempt(stop);
    readings.clear();
    links.hangUp();
    const left = tracker;
    tracker = undefined;
    closing.attempt(() => {
      left?.send({ type: "leave" });
    });
    closing.attempt(() => {
      left?.close();
    });
    store.clear();
  }

  function retire(bug: unknown): void {
    if (state !== "working") return;
    state = "retired";
    shut();
    log.error("swarm", () => `retired after a bug of ours, playing on from the CDN alone: ${String(bug)}`);
    for (const listener of retiredListeners)
      queueMicrotask(() => {
        if (retiredListeners.has(listener)) listener(bug);
      });
  }

  timer.set(core.nextWakeup());
  return {
    get retired() {
      return state !== "working";
    },
    playlist(update) {
      listed.set(update.track, new Set(update.segments.map((segment) => segment.id)));
      feed({ type: "playlist", ...update, ...(options.publisher && { signed: true }) });
      // What was fetched before our playlist listed it can be checked from now on.
      for (const { id, root } of update.segments)
        if (root && (core.bytesOf(id)?.originBytes ?? 0) > 0) integrity.catchUp(id);
    },
    followTracks: (tracks) => {
      feed({ type: "tracks-followed", tracks });
    },
    playback: (playback) => {
      feed({ type: "playback", ...playback });
    },
    tell: feed,
    lists: (segment) => [...listed.values()].some((segments) => segments.has(segment)),
    want(segment, watcher) {
      if (state !== "working") return () => undefined;
      const stop = watchers.add(segment, watcher);
      feed({ type: "segment-wanted", segment });
      return () => {
        if (stop()) feed({ type: "segment-unwanted", segment });
      };
    },
    accept(open) {
      if (state === "working") links.open(directPeerIdOf("down", ++accepted), open);
      return state === "working";
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
      feed({ type: "report-due" });
      if (state === "working") shut();
      state = "closed";
      changeListeners.clear();
      retiredListeners.clear();
    },
  };
}

/** A peer that is not there in 10 s is behind something that will not let us through. */
const CONNECT_TIMEOUT_MS = 10_000;

import { directPeerIdOf, swarmIdOf, type PeerId, type SegmentId, type ViewerId } from "../../src/protocol/ids.ts";
import { decodePeerMessage, encodePeerMessage } from "../../src/protocol/peer-codec.ts";
import { isForCores } from "../../src/protocol/peer-message.ts";
import type { SwarmAction } from "../../src/swarm/core/action.ts";
import type { SwarmEvent } from "../../src/swarm/core/event.ts";
import { SwarmCore } from "../../src/swarm/core/swarm.ts";
import type { ViewerOptions } from "./options.ts";
import { ViewerOrigin } from "./viewer-origin.ts";
import { ViewerPlayer } from "./viewer-player.ts";
import type { WorldStream } from "./world-stream.ts";

/** What a viewer finds around it. */
export interface ViewerWorld extends WorldStream {
  readonly viewers: ReadonlyMap<string, Viewer>;
  readonly trackerUp: boolean;
  byPeerId(id: PeerId): Viewer | undefined;
  deal(): void;
}

/** The other end of a link that no tracker made: who it is, and what it calls us. */
interface DirectEnd {
  readonly other: Viewer;
  readonly us: PeerId;
}

/** One viewer of a World: a core, what it holds, its links, and a player. */
export class Viewer {
  readonly world: ViewerWorld;
  readonly name: string;
  readonly id: PeerId;
  readonly core: SwarmCore;
  readonly options: Required<ViewerOptions>;
  alive = true;
  /** Frozen: sends nothing any more but keeps its links, like a machine that went to sleep. */
  asleep = false;
  readonly events: SwarmEvent[] = [];
  readonly actions: SwarmAction[] = [];
  readonly held = new Map<SegmentId, Map<number, number>>();
  readonly delivered: number[] = [];
  /** Of what was delivered: the time since the origin had it. */
  readonly ages: number[] = [];
  readonly failures: number[] = [];
  readonly links = new Set<PeerId>();
  readonly #direct = new Map<PeerId, DirectEnd>();
  readonly player: ViewerPlayer = new ViewerPlayer(this);
  readonly origin: ViewerOrigin = new ViewerOrigin(this);
  #uplinkFreeAt = 0;
  #wakeAt = Infinity;
  #handling: SwarmEvent[] | undefined;
  #joinedTracker = false;

  constructor(world: ViewerWorld, name: string, options: ViewerOptions) {
    this.world = world;
    this.name = name;
    this.id = name.padEnd(10, "_") as PeerId;
    this.options = {
      uplink: 1,
      uplinkBitsPerSecond: 8e6,
      startAt: 0,
      plays: true,
      sharing: {},
      device: {},
      core: {},
      ...options,
    };
    const rng = world.rng.fork(name);
    let viewer = "";
    while (viewer.length < 16) viewer += Math.floor(rng.next() * 16).toString(16);
    this.core = new SwarmCore({
      swarm: swarmIdOf("the stream"),
      viewer: viewer as ViewerId,
      trackers: ["wss://tracker.test"],
      uplink: this.options.uplink,
      memoryBytesMax: 128 * 1024 * 1024,
      rng,
      tuning: world.options.tuning,
      sharing: this.options.sharing,
      ...this.options.core,
    });
  }

  start(): void {
    this.feed({ type: "device", device: this.options.device });
    this.feed({ type: "wakeup" });
    this.feed({ type: "tracks-followed", tracks: [this.world.track] });
    this.player.poll();
    if (!this.options.plays) return;
    const { live, behindSegments } = this.world.options;
    this.player.start(live ? this.world.newest - behindSegments + 1 : this.options.startAt);
  }

  /** Vanishes without a word. */
  crash(): void {
    this.alive = false;
    this.world.after(this.world.options.latencyMs, () => this.world.deal());
  }

  get isSeated(): boolean {
    return this.alive && this.#joinedTracker && this.options.uplink > 0;
  }

  has(sequence: number): void {
    this.feed({ type: "segment-wanted", segment: this.world.segmentId(sequence) });
    this.world.runUntil(() => this.delivered.includes(sequence));
  }

  wants(sequence: number): void {
    this.feed({ type: "segment-wanted", segment: this.world.segmentId(sequence) });
  }

  /** Tells the core where the playhead is, for viewers that do not play by themselves. */
  isAt(position: number, bufferedEnd = position): void {
    this.feed({ type: "playback", position, bufferedEnd, rate: 1, bufferAheadMax: 30 });
  }

  got(sequence: number): boolean {
    return this.delivered.includes(sequence);
  }

  sourcesOf(sequence: number): string {
    return this.core.stats().segments.find((segment) => segment.sequence === sequence)?.sources ?? "";
  }

  feed(event: SwarmEvent): void {
    if (!this.alive || this.asleep) return;
    if (this.#handling) {
      this.#handling.push(event);
      return;
    }
    this.#handling = [event];
    for (let next = this.#handling.shift(); next; next = this.#handling.shift()) {
      this.events.push(next);
      for (const action of this.core.handle(this.world.now, next)) {
        this.actions.push(action);
        this.#perform(action);
      }
    }
    this.#handling = undefined;
    const at = this.core.nextWakeup();
    if (at >= this.#wakeAt || at === Infinity) return;
    this.#wakeAt = at;
    this.world.at(at, () => {
      if (this.#wakeAt !== at) return;
      this.#wakeAt = Infinity;
      this.feed({ type: "wakeup" });
    });
  }

  #perform(action: SwarmAction): void {
    const { world } = this;
    const { latencyMs } = world.options;
    switch (action.type) {
      case "fetch-origin":
        this.origin.fetch(action);
        return;
      case "locate-segment": {
        const { segment } = action;
        if (world.options.locates && !world.options.parts)
          world.after(0, () => this.feed({ type: "segment-located", segment }));
        return;
      }
      case "abort-origin":
        this.origin.abort(action.fetch);
        return;
      case "verify-segment":
        throw new Error("no site here has a verifier of its own");
      case "audit-chunk":
        throw new Error("nothing here is attested");
      case "segment-complete": {
        const sequence = Number(action.segment.split("/")[1]);
        this.delivered.push(sequence);
        this.ages.push(world.now - world.madeAt(sequence));
        if (this.player.pending === sequence) world.after(30, () => this.player.append(sequence));
        return;
      }
      case "segment-failed": {
        const sequence = Number(action.segment.split("/")[1]);
        this.failures.push(action.status);
        if (this.player.pending === sequence)
          world.after(1000, () => {
            if (this.player.pending === sequence) this.wants(sequence);
          });
        return;
      }
      case "evict":
        this.held.delete(action.segment);
        return;
      case "open-peer": {
        if (!action.initiator) return;
        if (action.url !== undefined) {
          this.#call(action.peer, action.url);
          return;
        }
        // Offer, answer, handshake: four one-way trips.
        world.after(latencyMs, () => {
          const other = world.byPeerId(action.peer);
          if (!other || !other.#joinedTracker || !world.trackerUp)
            return this.feed({ type: "peer-closed", peer: action.peer, reason: "unreachable" });
          other.feed({ type: "tracker-message", message: { type: "signal", from: this.id, signal: "o" } });
          world.after(3 * latencyMs, () => {
            this.links.add(other.id);
            other.links.add(this.id);
            this.feed({ type: "peer-opened", peer: other.id });
            other.feed({ type: "peer-opened", peer: this.id });
          });
        });
        return;
      }
      case "close-peer": {
        this.links.delete(action.peer);
        world.after(latencyMs, () => {
          const { other, us } = this.#endOf(action.peer);
          if (other?.links.delete(us)) other.feed({ type: "peer-closed", peer: us, reason: "closed" });
        });
        return;
      }
      case "send": {
        const frame = encodePeerMessage(action.message);
        for (const peer of action.peers)
          this.#send(peer, frame.byteLength, (other, us) => {
            const message = decodePeerMessage(frame);
            if (message && isForCores(message))
              other.feed({ type: "peer-message", peer: us, message, byteLength: frame.byteLength });
          });
        return;
      }
      case "send-chunk": {
        const byteLength = this.held.get(action.segment)?.get(action.chunk);
        if (byteLength === undefined) throw new Error(`${this.name} does not hold what it serves`);
        this.#send(action.peer, byteLength, (other, us) => {
          const stored = other.put(action.segment, action.chunk, byteLength);
          const { segment, chunk } = action;
          other.feed({ type: "peer-chunk", peer: us, segment, chunk, byteLength, stored });
        });
        return;
      }
      case "open-tracker":
        world.after(2 * latencyMs, () => {
          this.feed({ type: world.trackerUp ? "tracker-opened" : "tracker-closed" });
        });
        return;
      case "send-tracker":
        if (world.trackerUp) this.#tell(action.message.type);
        return;
      case "signal-peer":
      case "close-tracker":
      case "switch-off":
      // Nothing is checked here.
      case "send-hashes":
      case "send-playlist":
      case "fetch-hashes":
      case "report-hashes":
        return;
    }
  }

  #tell(type: string): void {
    const { world } = this;
    if (type === "leave") this.#joinedTracker = false;
    if (type !== "join" && type !== "need") return;
    world.after(2 * world.options.latencyMs, () => {
      this.#joinedTracker = true;
      const others = [...world.viewers.values()].filter(
        (other) => other !== this && other.alive && other.#joinedTracker,
      );
      const viewers = others.length + 1;
      const peers = type === "join" ? others.map((other) => ({ peer: other.id, uplink: other.options.uplink })) : [];
      if (type === "need") this.feed({ type: "tracker-message", message: { type: "peers", viewers, peers } });
      else
        this.feed({
          type: "tracker-message",
          message: {
            type: "joined",
            version: 1,
            peer: this.id,
            resume: "again",
            viewers,
            reportEveryMs: 30_000,
            peers,
          },
        });
      if (type === "join") world.deal();
    });
  }

  /** Through this viewer's uplink, one thing after the other, then the latency. */
  #send(to: PeerId, byteLength: number, arrive: (other: Viewer, us: PeerId) => void): void {
    if (!this.links.has(to)) return;
    const { world } = this;
    const startAt = Math.max(world.now, this.#uplinkFreeAt);
    this.#uplinkFreeAt = startAt + ((byteLength + WIRE_BYTES) * 8000) / this.options.uplinkBitsPerSecond;
    world.at(this.#uplinkFreeAt + world.options.latencyMs, () => {
      const { other, us } = this.#endOf(to);
      if (this.alive && !this.asleep && other?.links.has(us)) arrive(other, us);
    });
  }

  /** Over WebSocket: nobody introduces anybody, and each end has its own name for the other. */
  #call(peer: PeerId, url: string): void {
    const { world } = this;
    world.after(2 * world.options.latencyMs, () => {
      const other = world.viewers.get(url);
      if (!other?.alive) return this.feed({ type: "peer-closed", peer, reason: "refused" });
      const us = directPeerIdOf("down", other.#direct.size + 1);
      this.#direct.set(peer, { other, us });
      other.#direct.set(us, { other: this, us: peer });
      this.links.add(peer);
      other.links.add(us);
      this.feed({ type: "peer-opened", peer });
      other.feed({ type: "peer-opened", peer: us });
    });
  }

  #endOf(peer: PeerId): Pick<DirectEnd, "us"> & { readonly other: Viewer | undefined } {
    const direct = this.#direct.get(peer);
    if (direct) return direct.other.alive ? direct : { ...direct, other: undefined };
    return { other: this.world.byPeerId(peer), us: this.id };
  }

  put(segment: SegmentId, chunk: number, byteLength: number): boolean {
    let chunks = this.held.get(segment);
    if (!chunks) this.held.set(segment, (chunks = new Map<number, number>()));
    if (chunks.has(chunk)) return false;
    chunks.set(chunk, byteLength);
    return true;
  }
}

/** IP, UDP, DTLS and SCTP headers of one small message. */
const WIRE_BYTES = 65;

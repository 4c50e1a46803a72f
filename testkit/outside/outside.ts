import { createRng } from "../../src/base/random.ts";
import {
  segmentIdOf,
  swarmIdOf,
  type PeerId,
  type SegmentId,
  type TrackId,
  type ViewerId,
} from "../../src/protocol/ids.ts";
import { CHUNK_BYTES } from "../../src/protocol/limits.ts";
import { encodePeerMessage } from "../../src/protocol/peer-codec.ts";
import type { UplinkClass } from "../../src/protocol/peer-message.ts";
import type { TrackerToViewer } from "../../src/protocol/tracker-message.ts";
import type { SwarmAction } from "../../src/swarm/core/action.ts";
import type { FetchId, ListedSegment, SwarmEvent } from "../../src/swarm/core/event.ts";
import { SwarmCore } from "../../src/swarm/core/swarm.ts";
import { check, Referee } from "./referee.ts";
import { bytesOf, parseKey, Scene, TRACKS, VIDEO } from "./scene.ts";
import { speak } from "./speech.ts";

/** One thing to happen: what, and three numbers to choose its details by. */
export type Step = readonly [what: number, a: number, b: number, c: number];

export interface OutsideOptions {
  /** Peers, tracker and origin tell the truth. */
  readonly honest: boolean;
  /** Links open at the start. */
  readonly links: number;
  readonly live?: boolean;
  readonly uplink?: UplinkClass;
}

/**
 * Everything around one core, driven by dice: playlists, player, origin, tracker and peers that do whatever the steps
 * say, each within its contract. Checks after every event what must hold for the core's answers, whatever happened.
 */
export class Outside {
  readonly #honest: boolean;
  readonly #live: boolean;
  readonly #uplink: UplinkClass;
  readonly #core: SwarmCore;
  #now = 1000;
  readonly events: { readonly now: number; readonly event: SwarmEvent }[] = [];
  readonly actions: (readonly SwarmAction[])[] = [];
  readonly #scene = new Scene();
  readonly #referee: Referee;
  readonly #listedIds = new Map<TrackId, ReadonlySet<SegmentId>>();
  #met = 0;

  /** With `links` that are open and have said what they follow, the player playing, 4 s behind. */
  constructor({ honest, links, live = true, uplink = 1 }: OutsideOptions) {
    this.#honest = honest;
    this.#referee = new Referee(this.#scene, honest);
    this.#live = live;
    this.#uplink = uplink;
    this.#core = newCore(uplink);
    this.#feed({ type: "wakeup" });
    if (links === 0) return;
    for (const track of TRACKS) this.#playlist(track);
    this.#feed({ type: "tracks-followed", tracks: TRACKS });
    for (let i = 0; i < 2; i++) this.#trackerStep(1, links);
    for (let i = 0; i < links; i++) this.#open(0);
    for (let i = 0; i < 3 * links; i++) this.#peerStep(i, 16 + (i % 3), i < links ? 0 : 1 + Math.floor(i / links));
    this.#play(2, 0, 15);
    this.#wait(2500);
  }

  /** Answers the recorded events with a fresh core. */
  replay(): (readonly SwarmAction[])[] {
    const core = newCore(this.#uplink);
    return this.events.map(({ now, event }) => core.handle(now, event));
  }

  take([what, a, b, c]: Step): void {
    if (what < 5) this.#wait(a < 200 ? a : (a - 200) * 50 + b);
    else if (what < 7) {
      this.#scene.newest += 1 + (a % 2);
      this.#playlist(TRACKS[b % 2] ?? VIDEO);
    } else if (what < 8) {
      if (c > 245) this.#scene.renew(TRACKS[b % 2] ?? VIDEO, c);
      this.#playlist(TRACKS[b % 2] ?? VIDEO);
    } else if (what < 9) this.#feed({ type: "tracks-followed", tracks: TRACKS.filter((_, i) => (a >> i) & 1) });
    else if (what < 11) this.#play(a, b, c);
    else if (what < 13) {
      const segment = segmentIdOf(
        TRACKS[b % 2] ?? VIDEO,
        this.#scene.name(TRACKS[b % 2] ?? VIDEO, this.#scene.newest - (a % 8)),
      );
      if (this.#listed(segment)) this.#want(segment);
    } else if (what < 14) this.#unwant([...this.#scene.wanted][a % this.#scene.wanted.size]);
    else if (what < 20) this.#originStep(a, b, c);
    else if (what < 21) this.#trackerStep(a, b);
    else if (what < 22) this.#signal(a, b);
    else if (what < 24) this.#open(a);
    else if (what < 25) this.#closeLink(a, b);
    else if (what < 30) this.#peerStep(a, b, c);
    else this.#peerChunk(a, b, c);
  }

  /** Peers and tracker go, the origin works: whatever the player waits for must come, or be refused, soon. */
  settle(): void {
    for (const id of [...this.#scene.remotes.keys()]) this.#closeRemote(id);
    this.#feed({
      type: "playback",
      position: this.#scene.newest * 2,
      bufferedEnd: this.#scene.newest * 2,
      rate: 1,
      bufferAheadMax: 30,
    });
    for (let round = 0; round < 40 && (this.#scene.wanted.size > 0 || this.#scene.fetches.size > 0); round++) {
      for (const id of [...this.#scene.fetches.keys()])
        for (let i = 0; i < 200 && this.#scene.fetches.has(id); i++) this.#progress(id, 7, 1, true);
      this.#wait(500);
    }
    check(this.#scene.wanted.size === 0, `never came: ${[...this.#scene.wanted].join()}`);
    check(this.#scene.fetches.size === 0, "a fetch never ends");
  }

  #feed(event: SwarmEvent): void {
    this.events.push({ now: this.#now, event });
    const actions = this.#core.handle(this.#now, event);
    this.actions.push(structuredClone(actions));
    for (const action of actions) this.#referee.perform(action);
    this.#referee.checkStates(this.#core.stats());
    if (event.type === "wakeup") check(this.#core.nextWakeup() > this.#now, "wakes without end");
  }

  #wait(ms: number): void {
    const until = this.#now + ms;
    for (let at = this.#core.nextWakeup(); at <= until; at = this.#core.nextWakeup()) {
      this.#now = Math.max(this.#now, at);
      this.#feed({ type: "wakeup" });
    }
    this.#now = until;
  }

  #playlist(track: TrackId): void {
    const segments = Array.from({ length: WINDOW }, (_, i): ListedSegment => {
      const name = this.#scene.name(track, this.#scene.newest - WINDOW + 1 + i);
      return { id: segmentIdOf(track, name), name, start: name.sequence * 2, duration: 2 };
    });
    const ids = new Set(segments.map(({ id }) => id));
    for (const id of this.#scene.wanted) if (id.startsWith(track) && !ids.has(id)) this.#unwant(id);
    this.#listedIds.set(track, ids);
    this.#feed({ type: "playlist", track, live: this.#live, targetDuration: 2, segments });
  }

  #listed(segment: SegmentId): boolean {
    return [...this.#listedIds.values()].some((ids) => ids.has(segment));
  }

  #play(a: number, b: number, c: number): void {
    const position = (this.#scene.newest - (a % 10)) * 2 + b / 200;
    this.#feed({
      type: "playback",
      ...(a === 255 ? {} : { position }),
      bufferedEnd: position + (c % 16) / 4,
      rate: [1, 1, 0, 2][c % 4] ?? 1,
      bufferAheadMax: 4 + (b % 40),
    });
  }

  #want(segment: SegmentId): void {
    this.#scene.wanted.add(segment);
    this.#feed({ type: "segment-wanted", segment });
  }

  #unwant(segment: SegmentId | undefined): void {
    if (segment === undefined || !this.#scene.wanted.delete(segment)) return;
    this.#feed({ type: "segment-unwanted", segment });
  }

  #originStep(a: number, b: number, c: number): void {
    const id = [...this.#scene.fetches.keys()][a % this.#scene.fetches.size];
    if (id === undefined) {
      if (a === 255) this.#feed({ type: "origin-ranges", usable: false });
      if (a === 254) this.#feed({ type: "timer-lag", lagMs: b * 10 });
    } else this.#progress(id, b, c, this.#honest);
  }

  #progress(id: FetchId, b: number, c: number, honest: boolean): void {
    const fetch = this.#scene.fetches.get(id);
    if (!fetch) return;
    const size = bytesOf(fetch.segment) + (honest || c < 200 ? 0 : CHUNK_BYTES * ((c % 3) - 1));
    const told = c % 2 === 1 ? { byteLength: size } : {};
    const close = (outcome: "complete" | "failed" | "void", status: number, broken = 0): void => {
      this.#scene.fetches.delete(id);
      const receivedBytes = fetch.receivedBytes + broken;
      const toEnd = outcome === "complete" && fetch.to === undefined;
      const known = toEnd ? { byteLength: fetch.next * CHUNK_BYTES > size ? size : fetch.next * CHUNK_BYTES } : told;
      this.#feed({
        type: "origin-closed",
        fetch: id,
        outcome,
        status,
        receivedBytes,
        ...(outcome === "failed" ? {} : known),
      });
    };
    if (!fetch.opened) {
      if (b % 16 === 0) return close("failed", 503);
      if (fetch.from * CHUNK_BYTES >= size || (!honest && b % 16 === 1)) return close("void", 416);
      fetch.opened = true;
      if (b % 16 === 2) {
        this.#feed({ type: "origin-ranges", usable: false });
        if (!this.#scene.fetches.has(id)) return;
        [fetch.from, fetch.to] = [0, undefined];
      }
      fetch.next = fetch.from;
      return this.#feed({ type: "origin-opened", fetch: id, firstChunk: fetch.from, ...told });
    }
    if (b % 16 === 15) return close("failed", 200, 100);
    for (let i = 0; i <= b % 6 && this.#scene.fetches.has(id); i++) {
      const { segment, next: chunk } = fetch;
      const byteLength = Math.min(CHUNK_BYTES, size - chunk * CHUNK_BYTES);
      if (byteLength <= 0 || chunk >= (fetch.to ?? Infinity)) return close("complete", 206);
      fetch.next++;
      fetch.receivedBytes += byteLength;
      this.#scene.put(segment, chunk, byteLength);
      this.#feed({ type: "origin-chunk", fetch: id, chunk, byteLength });
    }
  }

  #trackerStep(a: number, b: number): void {
    const say = (message: TrackerToViewer): void => this.#feed({ type: "tracker-message", message });
    const peers = Array.from({ length: b % 5 }, () => ({ peer: this.#meet(), uplink: 1 as const }));
    if (this.#scene.tracker === "closed") return;
    if (a % 8 === 0) {
      this.#scene.tracker = "closed";
      this.#feed({ type: "tracker-closed" });
    } else if (this.#scene.tracker === "opening") {
      this.#scene.tracker = "open";
      this.#feed({ type: "tracker-opened" });
    } else if (this.#scene.tracker === "joining") {
      this.#scene.tracker = "joined";
      const peer = "mmmmmmmmmm" as PeerId;
      say({ type: "joined", version: 1, peer, resume: "r", viewers: 1 + (b % 30), reportEveryMs: 5000, peers });
    } else if (a % 8 < 4) say({ type: "peers", viewers: 1 + b, peers });
    else if (a % 8 === 4)
      say({ type: "gone", peer: [...this.#scene.remotes.keys()][b % this.#scene.remotes.size] ?? this.#meet() });
    else if (a % 8 === 5) say({ type: "drain", reconnectInMs: b * 10 });
    else if (a % 8 === 6) say({ type: "error", code: "rate-limited", message: "slowly", retryInMs: b * 10 });
  }

  #meet(): PeerId {
    this.#met++;
    return `${this.#met % 2 ? "a" : "z"}${String(this.#met).padStart(9, "_")}` as PeerId;
  }

  #signal(a: number, b: number): void {
    if (this.#scene.tracker !== "joined") return;
    const from = a % 2 ? this.#meet() : [...this.#scene.remotes.keys()][b % this.#scene.remotes.size];
    if (from !== undefined)
      this.#feed({ type: "tracker-message", message: { type: "signal", from, signal: b % 3 ? "oX" : "aX" } });
  }

  #open(a: number): void {
    const dialing = [...this.#scene.remotes.values()].filter(({ phase }) => phase === "dialing");
    const remote = dialing[a % dialing.length];
    if (!remote) return;
    remote.phase = "open";
    this.#feed({ type: "peer-opened", peer: remote.id });
  }

  #closeLink(a: number, b: number): void {
    const id = [...this.#scene.remotes.keys()][a % this.#scene.remotes.size];
    if (id !== undefined && b % 4 === 0) this.#closeRemote(id);
  }

  #closeRemote(id: PeerId): void {
    this.#scene.remotes.delete(id);
    this.#feed({ type: "peer-closed", peer: id, reason: "gone" });
  }

  #peerStep(a: number, b: number, c: number): void {
    const open = [...this.#scene.remotes.values()].filter(({ phase }) => phase === "open");
    const remote = open[a % open.length];
    const message = remote && speak(this.#scene, remote, this.#honest, a, b, c);
    if (!message) return;
    const byteLength = encodePeerMessage(message).byteLength;
    this.#feed({ type: "peer-message", peer: remote.id, message, byteLength });
  }

  #peerChunk(a: number, b: number, c: number): void {
    const owing = [...this.#scene.remotes.values()].filter(({ everAsked }) => everAsked.size > 0);
    const remote = owing[a % owing.length];
    if (!remote) return;
    const late = !this.#honest && c > 220;
    const keys = [...(late ? remote.everAsked : remote.asked)];
    const key = keys[b % keys.length];
    if (key === undefined) return;
    const { track, name, chunk } = parseKey(key);
    const segment = segmentIdOf(track, name);
    const known = this.#core.bytesOf(segment);
    const rest = bytesOf(segment) - chunk * CHUNK_BYTES;
    // While the size is unknown, a short chunk cannot be told from the last one.
    const lie = !this.#honest && c < 20 && known?.byteLength !== undefined ? 5 : 0;
    const byteLength = Math.min(CHUNK_BYTES, rest > 0 ? rest : CHUNK_BYTES) - lie;
    remote.asked.delete(key);
    const size = known?.byteLength ?? chunk * CHUNK_BYTES + byteLength;
    const fits = known !== undefined && byteLength === Math.min(CHUNK_BYTES, size - chunk * CHUNK_BYTES);
    const stored =
      fits &&
      (this.#scene.put(segment, chunk, byteLength) || this.#scene.store.get(segment)?.get(chunk) === byteLength);
    this.#feed({ type: "peer-chunk", peer: remote.id, segment, chunk, byteLength, stored });
  }
}

const newCore = (uplink: UplinkClass): SwarmCore =>
  new SwarmCore({
    swarm: swarmIdOf("a stream"),
    viewer: "8000000000000000" as ViewerId,
    trackers: ["wss://tracker.test"],
    uplink,
    memoryBytesMax: 4_000_000,
    rng: createRng(99),
  });

const WINDOW = 8;

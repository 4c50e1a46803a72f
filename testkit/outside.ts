import { createRng } from "../src/base/random.ts";
import {
  segmentIdOf,
  swarmIdOf,
  trackIdOf,
  type PeerId,
  type SegmentId,
  type SegmentName,
  type TrackId,
  type ViewerId,
} from "../src/protocol/ids.ts";
import { CHUNK_BYTES } from "../src/protocol/limits.ts";
import { decodePeerMessage, encodePeerMessage } from "../src/protocol/peer-codec.ts";
import type { HaveEntry, PeerMessage, UplinkClass } from "../src/protocol/peer-message.ts";
import type { TrackerToViewer } from "../src/protocol/tracker-message.ts";
import type { SwarmAction } from "../src/swarm/core/action.ts";
import type { FetchId, ListedSegment, SwarmEvent } from "../src/swarm/core/event.ts";
import { SwarmCore } from "../src/swarm/core/swarm.ts";
import { DEFAULT_TUNING } from "../src/swarm/core/tuning.ts";

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

/** A link as seen from the far end. */
interface Remote {
  readonly id: PeerId;
  readonly viewer: ViewerId;
  phase: "dialing" | "open";
  saidHello: boolean;
  /** Slots that it has bound, and that we have bound towards it. */
  readonly bound: Set<number>;
  readonly told: Set<number>;
  /** What it has announced. */
  readonly announced: Map<SegmentId, ReadonlySet<number>>;
  /** What we have asked of it, and what we once asked: cancelled requests may still be answered. */
  readonly asked: Set<string>;
  readonly everAsked: Set<string>;
  /** What it has asked of us. */
  readonly asking: Set<string>;
  sentBytes: number;
  acknowledgedBytes: number;
  givenBytes: number;
}

interface Fetch {
  readonly segment: SegmentId;
  from: number;
  to: number | undefined;
  opened: boolean;
  next: number;
  receivedBytes: number;
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
  readonly #store = new Map<SegmentId, Map<number, number>>();
  readonly #fetches = new Map<FetchId, Fetch>();
  readonly #remotes = new Map<PeerId, Remote>();
  readonly #slots = new Map<number, TrackId>();
  readonly #wanted = new Set<SegmentId>();
  readonly #generation = new Map<TrackId, number>();
  #newest = 20;
  #tracker: "closed" | "opening" | "open" | "joining" | "joined" = "closed";
  #met = 0;

  /** With `links` that are open and have said what they follow, the player playing, 4 s behind. */
  constructor({ honest, links, live = true, uplink = 1 }: OutsideOptions) {
    this.#honest = honest;
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
      this.#newest += 1 + (a % 2);
      this.#playlist(TRACKS[b % 2] ?? VIDEO);
    } else if (what < 8) {
      if (c > 245) this.#generation.set(TRACKS[b % 2] ?? VIDEO, c);
      this.#playlist(TRACKS[b % 2] ?? VIDEO);
    } else if (what < 9) this.#feed({ type: "tracks-followed", tracks: TRACKS.filter((_, i) => (a >> i) & 1) });
    else if (what < 11) this.#play(a, b, c);
    else if (what < 13) {
      const segment = segmentIdOf(TRACKS[b % 2] ?? VIDEO, this.#name(TRACKS[b % 2] ?? VIDEO, this.#newest - (a % 8)));
      if (this.#listed(segment)) this.#want(segment);
    } else if (what < 14) this.#unwant([...this.#wanted][a % this.#wanted.size]);
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
    for (const id of [...this.#remotes.keys()]) this.#closeRemote(id);
    this.#feed({
      type: "playback",
      position: this.#newest * 2,
      bufferedEnd: this.#newest * 2,
      rate: 1,
      bufferAheadMax: 30,
    });
    for (let round = 0; round < 40 && (this.#wanted.size > 0 || this.#fetches.size > 0); round++) {
      for (const id of [...this.#fetches.keys()])
        for (let i = 0; i < 200 && this.#fetches.has(id); i++) this.#progress(id, 7, 1, true);
      this.#wait(500);
    }
    check(this.#wanted.size === 0, `never came: ${[...this.#wanted].join()}`);
    check(this.#fetches.size === 0, "a fetch never ends");
  }

  // What happens

  #feed(event: SwarmEvent): void {
    this.events.push({ now: this.#now, event });
    const actions = this.#core.handle(this.#now, event);
    this.actions.push(structuredClone(actions));
    for (const action of actions) this.#perform(action);
    this.#checkStates();
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
      const name = this.#name(track, this.#newest - WINDOW + 1 + i);
      return { id: segmentIdOf(track, name), name, start: name.sequence * 2, duration: 2 };
    });
    const ids = new Set(segments.map(({ id }) => id));
    for (const id of this.#wanted) if (id.startsWith(track) && !ids.has(id)) this.#unwant(id);
    this.#listedIds.set(track, ids);
    this.#feed({ type: "playlist", track, live: this.#live, targetDuration: 2, segments });
  }

  readonly #listedIds = new Map<TrackId, ReadonlySet<SegmentId>>();
  #listed(segment: SegmentId): boolean {
    return [...this.#listedIds.values()].some((ids) => ids.has(segment));
  }

  #name(track: TrackId, sequence: number): SegmentName {
    return { sequence, tag: this.#generation.get(track) ?? 0 };
  }

  #play(a: number, b: number, c: number): void {
    const position = (this.#newest - (a % 10)) * 2 + b / 200;
    this.#feed({
      type: "playback",
      ...(a === 255 ? {} : { position }),
      bufferedEnd: position + (c % 16) / 4,
      rate: [1, 1, 0, 2][c % 4] ?? 1,
      bufferAheadMax: 4 + (b % 40),
    });
  }

  #want(segment: SegmentId): void {
    this.#wanted.add(segment);
    this.#feed({ type: "segment-wanted", segment });
  }

  #unwant(segment: SegmentId | undefined): void {
    if (segment === undefined || !this.#wanted.delete(segment)) return;
    this.#feed({ type: "segment-unwanted", segment });
  }

  #originStep(a: number, b: number, c: number): void {
    const id = [...this.#fetches.keys()][a % this.#fetches.size];
    if (id === undefined) {
      if (a === 255) this.#feed({ type: "origin-ranges", usable: false });
      if (a === 254) this.#feed({ type: "timer-lag", lagMs: b * 10 });
    } else this.#progress(id, b, c, this.#honest);
  }

  #progress(id: FetchId, b: number, c: number, honest: boolean): void {
    const fetch = this.#fetches.get(id);
    if (!fetch) return;
    const size = bytesOf(fetch.segment) + (honest || c < 200 ? 0 : CHUNK_BYTES * ((c % 3) - 1));
    const told = c % 2 === 1 ? { byteLength: size } : {};
    const close = (outcome: "complete" | "failed" | "void", status: number, broken = 0): void => {
      this.#fetches.delete(id);
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
        if (!this.#fetches.has(id)) return;
        [fetch.from, fetch.to] = [0, undefined];
      }
      fetch.next = fetch.from;
      return this.#feed({ type: "origin-opened", fetch: id, firstChunk: fetch.from, ...told });
    }
    if (b % 16 === 15) return close("failed", 200, 100);
    for (let i = 0; i <= b % 6 && this.#fetches.has(id); i++) {
      const { segment, next: chunk } = fetch;
      const byteLength = Math.min(CHUNK_BYTES, size - chunk * CHUNK_BYTES);
      if (byteLength <= 0 || chunk >= (fetch.to ?? Infinity)) return close("complete", 206);
      fetch.next++;
      fetch.receivedBytes += byteLength;
      this.#put(segment, chunk, byteLength);
      this.#feed({ type: "origin-chunk", fetch: id, chunk, byteLength });
    }
  }

  #trackerStep(a: number, b: number): void {
    const say = (message: TrackerToViewer): void => this.#feed({ type: "tracker-message", message });
    const peers = Array.from({ length: b % 5 }, () => ({ peer: this.#meet(), uplink: 1 as const }));
    if (this.#tracker === "closed") return;
    if (a % 8 === 0) {
      this.#tracker = "closed";
      this.#feed({ type: "tracker-closed" });
    } else if (this.#tracker === "opening") {
      this.#tracker = "open";
      this.#feed({ type: "tracker-opened" });
    } else if (this.#tracker === "joining") {
      this.#tracker = "joined";
      const peer = "mmmmmmmmmm" as PeerId;
      say({ type: "joined", version: 1, peer, resume: "r", viewers: 1 + (b % 30), reportEveryMs: 5000, peers });
    } else if (a % 8 < 4) say({ type: "peers", viewers: 1 + b, peers });
    else if (a % 8 === 4)
      say({ type: "gone", peer: [...this.#remotes.keys()][b % this.#remotes.size] ?? this.#meet() });
    else if (a % 8 === 5) say({ type: "drain", reconnectInMs: b * 10 });
    else if (a % 8 === 6) say({ type: "error", code: "rate-limited", message: "slowly", retryInMs: b * 10 });
  }

  #meet(): PeerId {
    this.#met++;
    return `${this.#met % 2 ? "a" : "z"}${String(this.#met).padStart(9, "_")}` as PeerId;
  }

  #signal(a: number, b: number): void {
    if (this.#tracker !== "joined") return;
    const from = a % 2 ? this.#meet() : [...this.#remotes.keys()][b % this.#remotes.size];
    if (from !== undefined)
      this.#feed({ type: "tracker-message", message: { type: "signal", from, signal: b % 3 ? "oX" : "aX" } });
  }

  #open(a: number): void {
    const dialing = [...this.#remotes.values()].filter(({ phase }) => phase === "dialing");
    const remote = dialing[a % dialing.length];
    if (!remote) return;
    remote.phase = "open";
    this.#feed({ type: "peer-opened", peer: remote.id });
  }

  #closeLink(a: number, b: number): void {
    const id = [...this.#remotes.keys()][a % this.#remotes.size];
    if (id !== undefined && b % 4 === 0) this.#closeRemote(id);
  }

  #closeRemote(id: PeerId): void {
    this.#remotes.delete(id);
    this.#feed({ type: "peer-closed", peer: id, reason: "gone" });
  }

  #peerStep(a: number, b: number, c: number): void {
    const open = [...this.#remotes.values()].filter(({ phase }) => phase === "open");
    const remote = open[a % open.length];
    if (!remote) return;
    const track = TRACKS[c % 2] ?? VIDEO;
    const slot = 3 + (c % 2);
    const segment = this.#name(track, this.#newest + 3 - (b % 10));
    const id = segmentIdOf(track, segment);
    const count = Math.ceil(bytesOf(id) / CHUNK_BYTES);
    const say = (message: Exclude<PeerMessage, { type: "chunk" }>): void => {
      const byteLength = encodePeerMessage(message).byteLength;
      this.#feed({ type: "peer-message", peer: remote.id, message, byteLength });
    };
    if (!remote.saidHello && (this.#honest || b > 10)) {
      remote.saidHello = true;
      return say({
        type: "hello",
        version: 1,
        versionMin: 1,
        viewer: remote.viewer,
        uplink: ([1, 0, 2] as const)[b % 3] ?? 1,
        seeder: false,
      });
    }
    if (!remote.bound.has(slot) && (this.#honest || b > 10)) {
      remote.bound.add(slot);
      return say({ type: "track", slot, track, following: b % 5 > 0 });
    }
    const lie = this.#honest ? 0 : c >> 5;
    const asked = [...remote.asked].map(parseKey);
    switch ((b + (c >> 2)) % 16) {
      case 0:
        return say({ type: "track", slot, track: lie === 7 ? trackIdOf("other") : track, following: c > 100 });
      case 1:
        for (const key of remote.asked) if (key.startsWith(id)) remote.asked.delete(key);
        remote.announced.delete(id);
        return say({ type: "gone", slot, segments: [segment] });
      case 2:
      case 3: {
        const from = a % (count + lie);
        const to = from + 1 + (c % (8 + lie * 40));
        const size = c % 3 ? {} : { byteLength: bytesOf(id) + lie * 40_000 };
        return say({ type: "fetching", slot, segment, from, ...(c % 5 ? { to } : {}), ...size, hops: c % 9 });
      }
      case 4:
      case 5:
      case 6: {
        const held = [...this.#store].filter(([key]) => key.startsWith(track))[a % this.#store.size];
        const name = held ? parseKey(`${held[0]}/0`).name : segment;
        const chunks = [...(held?.[1].keys() ?? [a % 4])].sort((x, y) => x - y).slice(0, 1 + (c % 8));
        if (!this.#honest && c < 30) chunks.push(100 + a);
        for (const chunk of chunks) remote.asking.add(keyOf(segmentIdOf(track, name), chunk));
        return say({ type: "request", slot, segment: name, chunks, dueInMs: c * 20 });
      }
      case 7: {
        const chunks = [a % 4, (a % 4) + 2];
        for (const chunk of chunks) remote.asking.delete(keyOf(id, chunk));
        return say({ type: "cancel", slot, segment, chunks });
      }
      case 8: {
        const first = asked[a % asked.length];
        if (!first || first.track !== track) return;
        const key = keyOf(segmentIdOf(track, first.name), first.chunk);
        remote.asked.delete(key);
        const reason = (["busy", "gone", "off"] as const)[c % 3] ?? "busy";
        if (reason !== "busy") remote.announced.delete(segmentIdOf(track, first.name));
        return say({ type: "reject", slot, segment: first.name, chunks: [first.chunk], reason, retryInMs: c });
      }
      case 9:
      case 10: {
        const bytes = Math.min(remote.sentBytes, remote.acknowledgedBytes + CHUNK_BYTES * (1 + (a % 3)));
        remote.acknowledgedBytes = bytes;
        return say({ type: "received", bytes: lie === 7 ? bytes + 1 : bytes });
      }
      case 11:
        return say(c % 2 ? { type: "ping", nonce: c } : { type: "pong", nonce: c });
      case 12:
        if (c < 200) return;
        this.#remotes.get(remote.id);
        return say({ type: "bye", reason: "leaving" });
      default: {
        const size = bytesOf(id) + (lie === 6 ? CHUNK_BYTES : lie === 5 ? -CHUNK_BYTES : 0);
        if (size <= 0) return;
        const entry = haveEntry(segment, size, a, c);
        const held = Array.from({ length: Math.ceil(size / CHUNK_BYTES) }, (_, chunk) => chunk).filter(
          (chunk) => !entry.bitmap || ((entry.bitmap[chunk >> 3] ?? 0) >> (chunk & 7)) & 1,
        );
        remote.announced.set(id, new Set(held));
        return say({ type: "have", slot, segments: [entry] });
      }
    }
  }

  #peerChunk(a: number, b: number, c: number): void {
    const owing = [...this.#remotes.values()].filter(({ everAsked }) => everAsked.size > 0);
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
    remote.givenBytes += byteLength;
    const size = known?.byteLength ?? chunk * CHUNK_BYTES + byteLength;
    const fits = known !== undefined && byteLength === Math.min(CHUNK_BYTES, size - chunk * CHUNK_BYTES);
    const stored =
      fits && (this.#put(segment, chunk, byteLength) || this.#store.get(segment)?.get(chunk) === byteLength);
    this.#feed({ type: "peer-chunk", peer: remote.id, segment, chunk, byteLength, stored });
  }

  #put(segment: SegmentId, chunk: number, byteLength: number): boolean {
    let chunks = this.#store.get(segment);
    if (!chunks) this.#store.set(segment, (chunks = new Map<number, number>()));
    if (chunks.has(chunk)) return false;
    chunks.set(chunk, byteLength);
    return true;
  }

  // What the core answers

  #perform(action: SwarmAction): void {
    switch (action.type) {
      case "fetch-origin": {
        const { fetch, segment, from, to } = action;
        check(to === undefined || to > from, "an empty range");
        // Without ranges there is only the whole.
        check(!this.#honest || from === 0 || !this.#store.get(segment)?.has(from), "fetches what it holds");
        const end = Math.min(to ?? Infinity, Math.ceil(bytesOf(segment) / CHUNK_BYTES));
        for (const other of this.#fetches.values()) {
          if (other.segment !== segment || (other.opened && other.from === 0)) continue;
          const apart = (other.to ?? Infinity) <= from || end <= other.from;
          check(
            apart || !this.#honest,
            `fetches twice: ${segment} ${String(from)}-${String(to)} beside ${String(other.from)}`,
          );
        }
        this.#fetches.set(fetch, { segment, from, to, opened: false, next: from, receivedBytes: 0 });
        return;
      }
      case "abort-origin":
        check(this.#fetches.delete(action.fetch), "aborts what does not run");
        return;
      case "segment-complete": {
        const { segment, byteLength } = action;
        check(this.#wanted.delete(segment), "hands over what nobody waits for");
        let stored = 0;
        for (let chunk = 0; chunk < Math.ceil(byteLength / CHUNK_BYTES); chunk++) {
          const bytes = this.#store.get(segment)?.get(chunk);
          check(bytes !== undefined, `hands over ${segment} without chunk ${String(chunk)}`);
          stored += bytes;
        }
        if (this.#honest) check(stored === byteLength && byteLength === bytesOf(segment), "hands over another size");
        return;
      }
      case "segment-failed":
        check(this.#wanted.delete(action.segment), "fails what nobody waits for");
        return;
      case "evict":
        this.#store.delete(action.segment);
        return;
      case "open-peer":
        check(!this.#remotes.has(action.peer), "dials twice");
        check(this.#remotes.size < DEFAULT_TUNING.peersMax, "too many links");
        this.#remotes.set(action.peer, newRemote(action.peer));
        return;
      case "signal-peer":
        return;
      case "close-peer":
        check(this.#remotes.delete(action.peer), "closes what is not open");
        return;
      case "send":
        this.#sent(action.peers, action.message);
        return;
      case "send-chunk": {
        const remote = this.#remotes.get(action.peer);
        const bytes = this.#store.get(action.segment)?.get(action.chunk);
        check(remote?.asking.delete(keyOf(action.segment, action.chunk)), "serves what was not asked for");
        check(bytes !== undefined, "serves what it does not hold");
        if (!remote) return;
        remote.sentBytes += bytes;
        const inFlight = remote.sentBytes - remote.acknowledgedBytes;
        check(inFlight <= Math.max(CHUNK_BYTES, DEFAULT_TUNING.linkWindowBytesMax), "floods a link");
        return;
      }
      case "open-tracker":
        check(this.#tracker === "closed", "two trackers");
        this.#tracker = "opening";
        return;
      case "send-tracker":
        check(this.#tracker === "open" || this.#tracker === "joined", `tells a tracker that is ${this.#tracker}`);
        if (action.message.type === "join") this.#tracker = "joining";
        return;
      case "close-tracker":
        this.#tracker = "closed";
        return;
    }
  }

  #sent(peers: readonly PeerId[], message: Exclude<PeerMessage, { type: "chunk" }>): void {
    check(peers.length > 0 && new Set(peers).size === peers.length, "sends to nobody, or twice");
    const decoded = decodePeerMessage(encodePeerMessage(message));
    check(decoded?.type === message.type, "does not cross the wire");
    if (message.type === "track") this.#slots.set(message.slot, message.track);
    for (const id of peers) {
      const remote = this.#remotes.get(id);
      check(remote?.phase === "open", `sends ${message.type} to a closed link`);
      if (message.type === "track") remote.told.add(message.slot);
      else if ("slot" in message) check(remote.told.has(message.slot), "uses a slot that it has not bound");
      if (message.type === "request") this.#asked(remote, message);
      if (message.type === "cancel") {
        const segment = segmentIdOf(this.#slots.get(message.slot) ?? VIDEO, message.segment);
        for (const chunk of message.chunks) remote.asked.delete(keyOf(segment, chunk));
      }
    }
  }

  #asked(remote: Remote, { slot, segment, chunks }: Extract<PeerMessage, { type: "request" }>): void {
    const id = segmentIdOf(this.#slots.get(slot) ?? VIDEO, segment);
    for (const chunk of chunks) {
      const key = keyOf(id, chunk);
      for (const other of this.#remotes.values()) check(!other.asked.has(key), `asks two peers for ${key}`);
      check(!this.#honest || !this.#store.get(id)?.has(chunk), `asks for ${key}, which it holds`);
      check(remote.announced.get(id)?.has(chunk), `asks for ${key}, which nobody announced`);
      remote.asked.add(key);
      remote.everAsked.add(key);
    }
    check(remote.asked.size <= DEFAULT_TUNING.pipelineMax, "asks too much of one peer");
  }

  /** Whatever is in flight according to the core is in flight. */
  #checkStates(): void {
    for (const { segment, sources } of this.#core.stats().segments)
      for (let chunk = sources.indexOf("~"); chunk >= 0; chunk = sources.indexOf("~", chunk + 1)) {
        const asked = [...this.#remotes.values()].some((remote) => remote.asked.has(keyOf(segment, chunk)));
        const fetched = [...this.#fetches.values()].some(
          (fetch) => fetch.segment === segment && fetch.from <= chunk && chunk < (fetch.to ?? Infinity),
        );
        check(asked || fetched, `waits for chunk ${String(chunk)} of ${segment}, which nobody brings`);
      }
  }
}

function check(holds: unknown, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

const newCore = (uplink: UplinkClass): SwarmCore =>
  new SwarmCore({
    swarm: swarmIdOf("a stream"),
    viewer: "8000000000000000" as ViewerId,
    tracker: true,
    uplink,
    memoryBytesMax: 4_000_000,
    rng: createRng(99),
  });

const newRemote = (id: PeerId): Remote => ({
  id,
  viewer: `${id.startsWith("a") ? "1" : "f"}${id.slice(1).replaceAll("_", "0").padStart(15, "0")}` as ViewerId,
  phase: "dialing",
  saidHello: false,
  bound: new Set(),
  told: new Set(),
  announced: new Map(),
  asked: new Set(),
  everAsked: new Set(),
  asking: new Set(),
  sentBytes: 0,
  acknowledgedBytes: 0,
  givenBytes: 0,
});

const VIDEO = trackIdOf("video");
const TRACKS: readonly TrackId[] = [VIDEO, trackIdOf("audio")];
const WINDOW = 8;

const keyOf = (segment: SegmentId, chunk: number): string => `${segment}/${String(chunk)}`;

function parseKey(key: string): { track: TrackId; name: SegmentName; chunk: number } {
  const [track = "", sequence, tag, chunk] = key.split("/");
  return {
    track: track as TrackId,
    name: { sequence: Number(sequence), tag: parseInt(tag ?? "", 16) },
    chunk: Number(chunk),
  };
}

/** Sizes differ from segment to segment, some at a chunk's border. */
function bytesOf(segment: SegmentId): number {
  const sequence = Number(segment.split("/")[1]);
  return (((sequence * 7) % 12) + 1) * CHUNK_BYTES - (sequence % 3 ? 1000 : 0);
}

function haveEntry(segment: SegmentName, byteLength: number, a: number, c: number): HaveEntry {
  const count = Math.ceil(byteLength / CHUNK_BYTES);
  if (c % 3 === 0) return { segment, byteLength };
  const bitmap = new Uint8Array((count + 7) >> 3);
  for (let chunk = 0; chunk < count; chunk++)
    if ((chunk * 5 + a) % 3 > 0 || chunk === 0) bitmap[chunk >> 3] = (bitmap[chunk >> 3] ?? 0) | (1 << (chunk & 7));
  return { segment, ...(c % 3 === 1 ? { byteLength } : {}), bitmap };
}

/** One viewer's core and some peers that say what a test lets them say: for what is taken from them, and given. */
import { createRng, hashHex } from "../src/base/random.ts";
import { segmentIdOf, swarmIdOf, type PeerId, type ViewerId } from "../src/protocol/ids.ts";
import { CHUNK_BYTES } from "../src/protocol/limits.ts";
import type { CoreMessage, HaveEntry, PeerMessage } from "../src/protocol/peer-message.ts";
import type { SwarmAction } from "../src/swarm/core/action.ts";
import type { SwarmEvent } from "../src/swarm/core/event.ts";
import { SwarmCore } from "../src/swarm/core/swarm.ts";
import { VIDEO, listing, nameOf } from "./swarm-parts.ts";

export const BOB = "bob_______" as PeerId;
export const EVE = "eve_______" as PeerId;
export const CAROL = "carol_____" as PeerId;
export const ROOT = { hash: "0".repeat(32), byteLength: 2 * CHUNK_BYTES, label: "" };
export const idOf = (sequence: number) => segmentIdOf(VIDEO, nameOf(sequence));
export const whole = (sequence: number): HaveEntry => ({ segment: nameOf(sequence), byteLength: 2 * CHUNK_BYTES });

/** A viewer of a live track, segments 10 to 13, of which those in `rooted` have roots; Bob and Eve are linked. */
export class LinkedViewer {
  readonly core: SwarmCore;
  readonly actions: SwarmAction[] = [];
  #now = 0;

  constructor(rooted: readonly number[], signed = true, integrity: "required" | "if-signed" = "if-signed") {
    this.core = new SwarmCore({
      swarm: swarmIdOf("stream"),
      viewer: "8000000000000000" as ViewerId,
      trackers: ["wss://tracker.test"],
      uplink: 1,
      memoryBytesMax: 1e8,
      rng: createRng(1),
      integrity,
    });
    this.list(rooted, signed);
    this.tell({ type: "tracks-followed", tracks: [VIDEO] });
    this.tell({ type: "playback", position: 40, bufferedEnd: 44, rate: 1, bufferAheadMax: 30 });
    for (const peer of [BOB, EVE]) this.link(peer);
  }

  /** A link to another viewer of the track. */
  link(peer: PeerId): void {
    this.tell({ type: "tracker-message", message: { type: "signal", from: peer, signal: "ooffer" } });
    this.tell({ type: "peer-opened", peer });
    const viewer = hashHex(peer, 2) as ViewerId;
    this.says(peer, { type: "hello", version: 1, versionMin: 1, viewer, uplink: 1, seeder: false });
    this.says(peer, { type: "track", slot: 0, track: VIDEO, following: true });
  }

  list(rooted: readonly number[], signed = true, root = ROOT): void {
    const segments = listing(10, 14).map((entry) =>
      rooted.includes(entry.name.sequence) ? { ...entry, root } : entry,
    );
    this.tell({ type: "playlist", track: VIDEO, live: true, targetDuration: 4, segments, signed });
  }

  tell(event: SwarmEvent): void {
    this.actions.push(...this.core.handle(this.#now, event));
  }

  says(peer: PeerId, message: CoreMessage): void {
    this.tell({ type: "peer-message", peer, message, byteLength: 10 });
  }

  /** Lets everything happen that is due within the span. */
  pass(ms: number): void {
    for (const end = this.#now + ms; ;) {
      const next = Math.max(this.#now, this.core.nextWakeup());
      if (next > end) {
        this.#now = end;
        return;
      }
      this.#now = next;
      this.tell({ type: "wakeup" });
    }
  }

  sent<Type extends PeerMessage["type"]>(type: Type, to?: PeerId): Extract<PeerMessage, { type: Type }>[] {
    return this.actions.flatMap((action) => {
      if (action.type !== "send" || (to && !action.peers.includes(to))) return [];
      const { message } = action;
      return isOf(type, message) ? [message] : [];
    });
  }

  /** What was asked of io, by type. */
  of<Type extends SwarmAction["type"]>(type: Type): Extract<SwarmAction, { type: Type }>[] {
    return this.actions.filter((action): action is Extract<SwarmAction, { type: Type }> => action.type === type);
  }

  /** The tracker lets the viewer in. */
  join(attestationKey?: string): void {
    this.tell({ type: "tracker-opened" });
    const joined = { version: 1, peer: "me________" as PeerId, resume: "again", viewers: 3, reportEveryMs: 30_000 };
    this.tell({ type: "tracker-message", message: { type: "joined", ...joined, peers: [], attestationKey } });
  }

  /** The origin brings chunks, for whatever they were fetched. Returns the fetch. */
  originBrings(sequence: number, chunks: readonly number[], suspect = false) {
    const fetch = this.of("fetch-origin").find(({ segment }) => segment === idOf(sequence));
    if (!fetch) throw new Error("nothing was fetched");
    const { byteLength } = ROOT;
    this.tell({ type: "origin-opened", fetch: fetch.fetch, firstChunk: fetch.from, byteLength, suspect });
    for (const chunk of chunks) this.tell({ type: "origin-chunk", fetch: fetch.fetch, chunk, byteLength: CHUNK_BYTES });
    return fetch;
  }

  /** Which segments were asked of a peer, or of any. */
  asked(of?: PeerId): number[] {
    return [...new Set(this.sent("request", of).map(({ segment }) => segment.sequence))];
  }
}

const isOf = <Type extends PeerMessage["type"]>(
  type: Type,
  message: PeerMessage,
): message is Extract<PeerMessage, { type: Type }> => message.type === type;

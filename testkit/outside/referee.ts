import { segmentIdOf, type PeerId } from "../../src/protocol/ids.ts";
import { CHUNK_BYTES } from "../../src/protocol/limits.ts";
import { decodePeerMessage, encodePeerMessage } from "../../src/protocol/peer-codec.ts";
import type { CoreMessage, PeerMessage } from "../../src/protocol/peer-message.ts";
import type { SwarmAction } from "../../src/swarm/core/action.ts";
import type { SwarmStats } from "../../src/swarm/core/stats.ts";
import { DEFAULT_TUNING } from "../../src/swarm/core/tuning.ts";
import { bytesOf, keyOf, newRemote, VIDEO, type Remote, type Scene } from "./scene.ts";

/** Performs what a core asks for on a Scene, and throws at what no core may ever ask for. */
export class Referee {
  readonly #scene: Scene;
  /** Some things can only be asked of a core while everybody tells the truth. */
  readonly #honest: boolean;

  constructor(scene: Scene, honest: boolean) {
    this.#scene = scene;
    this.#honest = honest;
  }

  /** Does what the core asks for, if it may ask for that. */
  perform(action: SwarmAction): void {
    switch (action.type) {
      case "fetch-origin": {
        const { fetch, segment, from, to } = action;
        check(to === undefined || to > from, "an empty range");
        // Without ranges there is only the whole.
        check(!this.#honest || from === 0 || !this.#scene.store.get(segment)?.has(from), "fetches what it holds");
        const end = Math.min(to ?? Infinity, Math.ceil(bytesOf(segment) / CHUNK_BYTES));
        let twins = 0;
        for (const other of this.#scene.fetches.values()) {
          if (other.segment !== segment || (other.opened && other.from === 0)) continue;
          const apart = (other.to ?? Infinity) <= from || end <= other.from;
          // [SW24] An unanswered request may be made twice more.
          if (!other.opened && other.from === from && other.to === to) check(++twins < 3, "a fourth request");
          else
            check(
              apart || !this.#honest,
              `fetches twice: ${segment} ${String(from)}-${String(to)} beside ${String(other.from)}`,
            );
        }
        this.#scene.fetches.set(fetch, { segment, from, to, opened: false, next: from, receivedBytes: 0 });
        return;
      }
      case "abort-origin":
        check(this.#scene.fetches.delete(action.fetch), "aborts what does not run");
        return;
      case "verify-segment":
        check(false, "asks a verifier that this site does not have");
        return;
      case "segment-complete": {
        const { segment, byteLength } = action;
        check(this.#scene.wanted.delete(segment), "hands over what nobody waits for");
        let stored = 0;
        for (let chunk = 0; chunk < Math.ceil(byteLength / CHUNK_BYTES); chunk++) {
          const bytes = this.#scene.store.get(segment)?.get(chunk);
          check(bytes !== undefined, `hands over ${segment} without chunk ${String(chunk)}`);
          stored += bytes;
        }
        if (this.#honest) check(stored === byteLength && byteLength === bytesOf(segment), "hands over another size");
        return;
      }
      case "segment-failed":
        check(this.#scene.wanted.delete(action.segment), "fails what nobody waits for");
        return;
      case "evict":
        this.#scene.store.delete(action.segment);
        return;
      case "open-peer":
        check(!this.#scene.remotes.has(action.peer), "dials twice");
        check(this.#scene.remotes.size < DEFAULT_TUNING.peersMax, "too many links");
        this.#scene.remotes.set(action.peer, newRemote(action.peer));
        return;
      case "signal-peer":
      case "locate-segment":
      case "switch-off":
      case "send-hashes":
      case "send-playlist":
      case "fetch-hashes":
      case "report-hashes":
        return;
      case "audit-chunk":
        check(this.#scene.store.get(action.segment)?.has(action.chunk), "audits what it does not hold");
        return;
      case "close-peer":
        check(this.#scene.remotes.delete(action.peer), "closes what is not open");
        return;
      case "send":
        this.#sent(action.peers, action.message);
        return;
      case "send-chunk": {
        const remote = this.#scene.remotes.get(action.peer);
        const bytes = this.#scene.store.get(action.segment)?.get(action.chunk);
        check(remote?.asking.delete(keyOf(action.segment, action.chunk)), "serves what was not asked for");
        check(bytes !== undefined, "serves what it does not hold");
        if (!remote) return;
        remote.sentBytes += bytes;
        const inFlight = remote.sentBytes - remote.acknowledgedBytes;
        check(inFlight <= Math.max(CHUNK_BYTES, DEFAULT_TUNING.linkWindowBytesMax), "floods a link");
        return;
      }
      case "open-tracker":
        check(this.#scene.tracker === "closed", "two trackers");
        this.#scene.tracker = "opening";
        return;
      case "send-tracker":
        check(
          this.#scene.tracker === "open" || this.#scene.tracker === "joined",
          `tells a tracker that is ${this.#scene.tracker}`,
        );
        if (action.message.type === "join") this.#scene.tracker = "joining";
        return;
      case "close-tracker":
        this.#scene.tracker = "closed";
        return;
    }
  }

  #sent(peers: readonly PeerId[], message: CoreMessage): void {
    check(peers.length > 0 && new Set(peers).size === peers.length, "sends to nobody, or twice");
    const decoded = decodePeerMessage(encodePeerMessage(message));
    check(decoded?.type === message.type, "does not cross the wire");
    if (message.type === "track") this.#scene.slots.set(message.slot, message.track);
    for (const id of peers) {
      const remote = this.#scene.remotes.get(id);
      check(remote?.phase === "open", `sends ${message.type} to a closed link`);
      if (message.type === "track") remote.told.add(message.slot);
      else if ("slot" in message) check(remote.told.has(message.slot), "uses a slot that it has not bound");
      if (message.type === "request") this.#asked(remote, message);
      if (message.type === "cancel") {
        const segment = segmentIdOf(this.#scene.slots.get(message.slot) ?? VIDEO, message.segment);
        for (const chunk of message.chunks) remote.asked.delete(keyOf(segment, chunk));
      }
    }
  }

  #asked(remote: Remote, { slot, segment, chunks }: Extract<PeerMessage, { type: "request" }>): void {
    const id = segmentIdOf(this.#scene.slots.get(slot) ?? VIDEO, segment);
    for (const chunk of chunks) {
      const key = keyOf(id, chunk);
      for (const other of this.#scene.remotes.values()) check(!other.asked.has(key), `asks two peers for ${key}`);
      check(!this.#honest || !this.#scene.store.get(id)?.has(chunk), `asks for ${key}, which it holds`);
      check(remote.announced.get(id)?.has(chunk), `asks for ${key}, which nobody announced`);
      remote.asked.add(key);
      remote.everAsked.add(key);
    }
    check(remote.asked.size <= DEFAULT_TUNING.pipelineMax, "asks too much of one peer");
  }

  /** Whatever is in flight according to the core is in flight. */
  checkStates({ segments }: SwarmStats): void {
    for (const { segment, sources } of segments)
      for (let chunk = sources.indexOf("~"); chunk >= 0; chunk = sources.indexOf("~", chunk + 1)) {
        const asked = [...this.#scene.remotes.values()].some((remote) => remote.asked.has(keyOf(segment, chunk)));
        const fetched = [...this.#scene.fetches.values()].some(
          (fetch) => fetch.segment === segment && fetch.from <= chunk && chunk < (fetch.to ?? Infinity),
        );
        check(asked || fetched, `waits for chunk ${String(chunk)} of ${segment}, which nobody brings`);
      }
  }
}

export function check(holds: unknown, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

/** The links of one driver to its peers, each with its inbox: what goes out on them, and what comes in, decoded. */
import type { Logger } from "../../base/logger.ts";
import type { Bytes } from "../../base/time.ts";
import { segmentIdOf, type PeerId, type SegmentId, type TrackId } from "../../protocol/ids.ts";
import { decodePeerMessage, encodePeerMessage } from "../../protocol/peer-codec.ts";
import { isForCores, type CoreMessage } from "../../protocol/peer-message.ts";
import { ProtocolError } from "../../protocol/protocol-error.ts";
import type { SwarmEvent } from "../core/event.ts";
import { ChunkInbox, type ArrivedChunk } from "./chunk-inbox.ts";
import type { Closing } from "./closing.ts";
import type { Integrity, Verdict } from "./integrity.ts";
import type { PeerLink, PeerLinkEvents } from "./peer-link.ts";

export interface PeerLinksDesk {
  readonly log: Logger;
  readonly closing: Closing;
  readonly integrity: Integrity;
  feed(event: SwarmEvent): void;
  /** Whether a chunk can be kept for a segment that we know. */
  accepts(segment: SegmentId, chunk: number, byteLength: Bytes): boolean;
  /** A parent has a newer playlist. */
  takePlaylist(track: TrackId, text: string): void;
  /** A chunk has come whole and was checked, as far as it can be. */
  take(peer: PeerId, arrived: ArrivedChunk, verdict: Verdict): void;
}

interface OpenLink {
  readonly link: PeerLink;
  readonly inbox: ChunkInbox;
}

export class PeerLinks {
  readonly #at: PeerLinksDesk;
  readonly #links = new Map<PeerId, OpenLink>();
  /** Our own short names, by which peers send us chunks. */
  readonly #slots = new Map<number, TrackId>();

  constructor(desk: PeerLinksDesk) {
    this.#at = desk;
  }

  /** `connect` makes the link, which tells its events to what it is given. */
  open(peer: PeerId, connect: (events: PeerLinkEvents) => PeerLink): void {
    let current: OpenLink | undefined;
    const { feed } = this.#at;
    // A link that was replaced or closed may still have events on their way.
    const alive = (): boolean => current !== undefined && this.#links.get(peer) === current;
    const link = connect({
      signal: (signal) => {
        if (alive()) feed({ type: "link-signal", peer, signal });
      },
      open: () => {
        if (alive()) feed({ type: "peer-opened", peer });
      },
      frame: (frame) => {
        if (alive() && current) this.#receive(peer, current, frame);
      },
      closed: (reason) => {
        if (!alive()) return;
        this.#links.delete(peer);
        feed({ type: "peer-closed", peer, reason });
      },
    });
    current = { link, inbox: new ChunkInbox() };
    this.#links.set(peer, current);
  }

  signal(peer: PeerId, signal: string): void {
    this.#links.get(peer)?.link.signal(signal);
  }

  close(peer: PeerId): void {
    const open = this.#links.get(peer);
    this.#links.delete(peer);
    open?.link.close();
  }

  tell(peers: readonly PeerId[], message: CoreMessage): void {
    if (message.type === "track") this.#slots.set(message.slot, message.track);
    const frame = encodePeerMessage(message);
    for (const peer of peers) {
      const open = this.#links.get(peer);
      const track = "slot" in message ? this.#slots.get(message.slot) : undefined;
      if (open && track !== undefined) open.inbox.asked(message, track);
      open?.link.send(frame);
    }
  }

  send(peer: PeerId, frames: Iterable<Uint8Array>): void {
    for (const frame of frames) this.#links.get(peer)?.link.send(frame);
  }

  /** The end of all. */
  hangUp(): void {
    for (const { link } of this.#links.values()) this.#at.closing.hangUp(link, "leaving");
    this.#links.clear();
  }

  #receive(peer: PeerId, { link, inbox }: OpenLink, frame: Uint8Array): void {
    const { log, closing, integrity, feed } = this.#at;
    try {
      const message = decodePeerMessage(frame);
      if (!message) {
        inbox.ignore(frame.byteLength);
        return;
      }
      if (isForCores(message)) {
        feed({ type: "peer-message", peer, message, byteLength: frame.byteLength });
        return;
      }
      const track = this.#slots.get(message.slot);
      if (track === undefined) throw new ProtocolError("bad-field", "slot must be one we have bound", "slot");
      if (message.type === "hashes") {
        inbox.acceptHashes(message, track);
        integrity.peerHashes(peer, track, message);
        return;
      }
      if (message.type === "playlist") {
        if (!inbox.isSubscribed(track))
          throw new ProtocolError("bad-field", "slot must be one we subscribed to", "slot");
        this.#at.takePlaylist(track, textOf(message.text));
        return;
      }
      if (message.offset === 0 && inbox.isSubscribed(track)) {
        const segment = segmentIdOf(track, message.segment);
        if (this.#at.accepts(segment, message.chunk, message.chunkBytes)) inbox.expect(segment, message.chunk);
      }
      const arrived = inbox.accept(message, track);
      if (!arrived) return;
      integrity.peerChunk(arrived, (verdict) => {
        this.#at.take(peer, arrived, verdict);
      });
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      log.warn("swarm:peer", () => `${peer} broke the protocol: ${error.message}`);
      this.#links.delete(peer);
      closing.hangUp(link, "protocol");
      feed({ type: "peer-closed", peer, reason: error.code });
    }
  }
}

/** Throws ProtocolError unless it is UTF-8. */
function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ProtocolError("bad-field", "a playlist must be UTF-8", "text");
  }
}

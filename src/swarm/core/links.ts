import type { Millis } from "../../base/time.ts";
import type { PeerId, TrackId } from "../../protocol/ids.ts";
import { NOTICE_HOPS_MAX, TRACK_SLOTS_MAX } from "../../protocol/limits.ts";
import type { ByeReason, CoreMessage, UplinkClass } from "../../protocol/peer-message.ts";
import { PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from "../../protocol/version.ts";
import type { SwarmAction } from "./action.ts";
import type { OriginRange } from "./origin-desk.ts";
import { Peer } from "./peer.ts";
import type { RequestTable } from "./request-table.ts";
import type { Segment } from "./segment.ts";
import type { Track } from "./segment-table.ts";
import type { SwarmCoreOptions } from "./options.ts";
import type { SwarmTuning } from "./tuning.ts";
import type { UploadQueue } from "./upload-queue.ts";

/** The open links, and what is said on all of them: who we are, what we follow, what we fetch, what is gone. */
export class Links {
  readonly #options: SwarmCoreOptions;
  readonly #tuning: SwarmTuning;
  readonly #requests: RequestTable;
  readonly #uploads: UploadQueue;
  readonly #peers: Map<PeerId, Peer>;
  #uplink: UplinkClass;

  constructor(
    options: SwarmCoreOptions,
    tuning: SwarmTuning,
    peers: Map<PeerId, Peer>,
    requests: RequestTable,
    uploads: UploadQueue,
  ) {
    this.#options = options;
    this.#uplink = options.uplink;
    this.#tuning = tuning;
    this.#peers = peers;
    this.#requests = requests;
    this.#uploads = uploads;
  }

  open(now: Millis, id: PeerId, tracks: Iterable<Track>): { readonly peer: Peer; readonly actions: SwarmAction[] } {
    const peer = new Peer(id, now, this.#tuning);
    this.#peers.set(id, peer);
    const { viewer, seeder = false } = this.#options;
    const hello: CoreMessage = {
      type: "hello",
      version: PROTOCOL_VERSION,
      versionMin: PROTOCOL_VERSION_MIN,
      viewer,
      uplink: this.#uplink,
      seeder,
    };
    const actions: SwarmAction[] = [{ type: "send", peers: [id], message: hello }];
    for (const track of tracks) actions.push(...say([id], track.slot, trackMessage(track)));
    return { peer, actions };
  }

  /** Closes from our side. `left`: the peer has said bye itself. */
  close(peer: Peer, reason: ByeReason | "left" | "silent"): SwarmAction[] {
    this.drop(peer.id);
    const close = (why: ByeReason | "silent"): SwarmAction => ({ type: "close-peer", peer: peer.id, reason: why });
    if (reason === "left") return [close("leaving")];
    if (reason === "silent") return [close(reason)];
    return [{ type: "send", peers: [peer.id], message: { type: "bye", reason } }, close(reason)];
  }

  /** The link is gone: nothing is owed either way. */
  drop(id: PeerId): void {
    const peer = this.#peers.get(id);
    if (!peer) return;
    this.#requests.dropPeer(peer);
    this.#uploads.dropPeer(peer);
    this.#peers.delete(id);
    peer.holdsNothing();
  }

  tellUplink(uplink: UplinkClass): SwarmAction[] {
    this.#uplink = uplink;
    const peers: PeerId[] = [];
    for (const peer of this.#peers.values()) if (peer.identity) peers.push(peer.id);
    return peers.length > 0 ? [{ type: "send", peers, message: { type: "uplink", uplink } }] : [];
  }

  /** A track is new, or we follow it now, or no longer. */
  tellTrack(track: Track): SwarmAction[] {
    return say([...this.#peers.keys()], track.slot, trackMessage(track));
  }

  /** We were elected and fetch: nobody else need. Told to those who might, and passed on by them. */
  tellFetching({ segment, from, to }: OriginRange, hops: number): SwarmAction[] {
    if (!segment.sharable) return [];
    const { slot, live } = segment.track;
    return say(this.#followers(segment.track.id, 1), slot, {
      type: "fetching",
      slot,
      segment: segment.name,
      from,
      to,
      byteLength: segment.byteLength,
      // VOD viewers are at different places: only neighbours can care.
      hops: live ? hops : 0,
    });
  }

  /** Our playlist is the first to list a segment, as far as we know. */
  tellListed({ track, name }: Segment): SwarmAction[] {
    const { id, slot } = track;
    return say(this.#followers(id), slot, { type: "listed", slot, segment: name, hops: NOTICE_HOPS_MAX });
  }

  tellGone(segment: Segment): SwarmAction[] {
    if (this.#uplink === 0) return [];
    const { slot } = segment.track;
    return say(this.#followers(segment.track.id), slot, { type: "gone", slot, segments: [segment.name] });
  }

  #followers(track: TrackId, uplinkMin: UplinkClass = 0): PeerId[] {
    const followers: PeerId[] = [];
    for (const peer of this.#peers.values())
      if (peer.following.has(track) && (peer.identity?.uplink ?? 0) >= uplinkMin) followers.push(peer.id);
    return followers;
  }
}

/** Nothing is said about tracks beyond the slots of the wire: they are simply not shared. */
const say = (peers: readonly PeerId[], slot: number, message: CoreMessage): SwarmAction[] =>
  peers.length > 0 && slot < TRACK_SLOTS_MAX ? [{ type: "send", peers, message }] : [];

const trackMessage = ({ slot, id, following }: Track): CoreMessage => ({ type: "track", slot, track: id, following });

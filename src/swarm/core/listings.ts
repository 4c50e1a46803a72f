import type { Millis } from "../../base/time.ts";
import type { PeerId } from "../../protocol/ids.ts";
import type { SwarmAction } from "./action.ts";
import type { SwarmEvent } from "./event.ts";
import { forget, type SegmentKeepers } from "./forget.ts";
import type { Intake } from "./intake.ts";
import { learnSizes } from "./peer-desk.ts";
import type { Peer } from "./peer.ts";
import type { Proofs } from "./proofs.ts";
import type { Push } from "./push.ts";
import type { Segment } from "./segment.ts";
import type { Track } from "./segment-table.ts";
import type { Topology } from "./topology.ts";

export interface ListingsDesk extends SegmentKeepers {
  readonly peers: ReadonlyMap<PeerId, Peer>;
  readonly intake: Intake;
  readonly proofs: Proofs;
  readonly push: Push | undefined;
  readonly topology: Topology;
}

/** Takes in what playlists list and which tracks are followed, and says so to whoever must know. Schedules nothing. */
export class Listings {
  readonly #at: ListingsDesk;

  constructor(desk: ListingsDesk) {
    this.#at = desk;
  }

  take(now: Millis, { track: id, live, ...listing }: Extract<SwarmEvent, { type: "playlist" }>): SwarmAction[] {
    const { table, desk, links, proofs, push } = this.#at;
    const actions: SwarmAction[] = [];
    const track = this.#track(id, actions);
    track.live = live;
    track.targetDuration = listing.targetDuration;
    // What peers brought before nobody has checked.
    if (listing.signed) for (const segment of track.sign()) actions.push(...this.drop(segment));
    const newest = listing.segments.at(-1);
    const isNews = newest !== undefined && live && !table.get(newest.id);
    const { replaced } = table.list(now, track, listing.segments, desk.foresees);
    for (const gone of replaced) actions.push(...this.drop(gone));
    const segment = newest && table.get(newest.id);
    if (push) actions.push(...push.listed(id, listing.text));
    if (isNews && segment && track.following) actions.push(...links.tellListed(segment));
    learnSizes(this.#at, track.listed);
    for (const held of track.listed) if (held.originBytes > 0) proofs.prove(now, held);
    return actions;
  }

  follow(now: Millis, tracks: readonly Track["id"][]): SwarmAction[] {
    const { table, links, topology } = this.#at;
    const actions: SwarmAction[] = [];
    for (const id of tracks) this.#track(id, actions);
    for (const track of table.tracks.values())
      if (track.follow(now, tracks.includes(track.id))) actions.push(...links.tellTrack(track));
    return [...actions, ...topology.watch(tracks)];
  }

  /** Nothing is kept of a segment but what the playlist says. */
  drop(segment: Segment): SwarmAction[] {
    this.#at.intake.forgotten(segment);
    return forget(this.#at, segment);
  }

  #track(id: Track["id"], actions: SwarmAction[]): Track {
    const known = this.#at.table.tracks.get(id);
    if (known) return known;
    const track = this.#at.table.track(id);
    actions.push(...this.#at.links.tellTrack(track));
    return track;
  }
}

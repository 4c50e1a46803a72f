import { assertNever } from "../../base/assert.ts";
import type { Millis } from "../../base/time.ts";
import { isDirect, type PeerId, type SegmentName, type TrackId, type ViewerId } from "../../protocol/ids.ts";
import { NOTICE_HOPS_MAX, TRACK_SLOTS_MAX } from "../../protocol/limits.ts";
import type { ByeReason, CoreMessage, HaveEntry, RejectReason } from "../../protocol/peer-message.ts";
import { PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from "../../protocol/version.ts";
import type { SwarmAction } from "./action.ts";
import type { Announcer } from "./announcer.ts";
import type { Liveness } from "./liveness.ts";
import type { Peer } from "./peer.ts";
import type { Push } from "./push.ts";
import type { RequestTable } from "./request-table.ts";
import type { Segment } from "./segment.ts";
import type { SegmentTable } from "./segment-table.ts";
import type { UploadQueue } from "./upload-queue.ts";

/** What peers' messages change. */
export interface PeerDesk {
  readonly self: ViewerId;
  readonly table: SegmentTable;
  readonly peers: ReadonlyMap<PeerId, Peer>;
  readonly requests: RequestTable;
  readonly uploads: UploadQueue;
  readonly announcer: Announcer;
  readonly liveness: Liveness;
  readonly push: Push | undefined;
}

type Sizes = Pick<PeerDesk, "table" | "peers">;

export interface Received {
  readonly actions: readonly SwarmAction[];
  /** The link must be closed for this reason; `left` when the peer closed it. */
  readonly bye?: ByeReason | "left";
}

const DONE: Received = { actions: [] };
const BROKEN: Received = { actions: [], bye: "protocol" };

/** Takes one message of a peer in: facts change, and what must be answered is. Nothing is scheduled here. */
export function receive(now: Millis, desk: PeerDesk, peer: Peer, message: CoreMessage): Received {
  if (!peer.identity && message.type !== "hello" && message.type !== "bye") return BROKEN;
  if ("slot" in message && message.type !== "track" && !peer.tracks.has(message.slot)) return BROKEN;
  switch (message.type) {
    case "hello":
      return hello(desk, peer, message);
    case "track":
      return track(desk, peer, message);
    case "have": {
      const id = peer.tracks.get(message.slot);
      if (id === undefined) return BROKEN;
      let actions = DONE.actions;
      for (const entry of message.segments) {
        const more = have(now, desk, peer, id, entry);
        if (more.length > 0) actions = [...actions, ...more];
      }
      return { actions };
    }
    case "gone": {
      const id = peer.tracks.get(message.slot);
      if (id === undefined) return BROKEN;
      for (const name of message.segments) {
        peer.setGone(id, name);
        const segment = find(desk, id, name);
        if (segment) desk.requests.rejected(peer, segment, owed(peer, segment));
      }
      return DONE;
    }
    case "fetching":
      return fetching(now, desk, peer, message);
    case "request":
      return request(now, desk, peer, message);
    case "cancel": {
      const segment = named(desk, peer, message.slot, message.segment);
      if (segment) desk.uploads.cancel(peer, segment, message.chunks);
      return DONE;
    }
    case "ask-hashes":
      return askHashes(desk, peer, message);
    case "reject": {
      const id = peer.tracks.get(message.slot);
      const segment = named(desk, peer, message.slot, message.segment);
      if (segment) desk.requests.rejected(peer, segment, message.chunks);
      if (message.reason === "busy") desk.requests.suspend(now, peer, Math.min(BUSY_MS_MAX, message.retryInMs));
      else if (id !== undefined) peer.setGone(id, message.segment);
      return DONE;
    }
    case "received":
      return desk.uploads.acknowledged(now, peer, message.bytes) ? DONE : BROKEN;
    case "uplink":
      if (peer.identity) peer.introduce(peer.identity.viewer, message.uplink, peer.identity.seeder);
      if (message.uplink === 0) {
        desk.requests.dropPeer(peer);
        peer.holdsNothing();
      }
      return DONE;
    case "listed": {
      const id = peer.tracks.get(message.slot);
      if (id === undefined) return BROKEN;
      if (find(desk, id, message.segment)) return DONE;
      return { actions: foresee(now, desk, peer, id, message.segment, message.hops) };
    }
    case "subscribe": {
      const id = peer.tracks.get(message.slot);
      if (id === undefined || !isDirect(peer.id)) return BROKEN;
      return { actions: desk.push?.subscribed(peer, id, message.on ? message.slot : undefined) ?? [] };
    }
    case "position":
      peer.position = message;
      return DONE;
    case "ping":
      return { actions: [{ type: "send", peers: [peer.id], message: { type: "pong", nonce: message.nonce } }] };
    case "pong":
      desk.liveness.pong(now, peer, message.nonce);
      return DONE;
    case "bye":
      return { actions: [], bye: "left" };
    default:
      return assertNever(message);
  }
}

function hello(desk: PeerDesk, peer: Peer, message: Extract<CoreMessage, { type: "hello" }>): Received {
  const common = Math.min(PROTOCOL_VERSION, message.version);
  if (common < Math.max(PROTOCOL_VERSION_MIN, message.versionMin)) return BROKEN;
  if (message.viewer === desk.self) return { actions: [], bye: "duplicate" };
  for (const other of desk.peers.values()) {
    if (other === peer || other.identity?.viewer !== message.viewer) continue;
    // Both ends see two links and must keep the same one: the lower viewer id's end closes the newer.
    if (desk.self < message.viewer) return { actions: [], bye: "duplicate" };
  }
  peer.introduce(message.viewer, message.uplink, message.seeder);
  return DONE;
}

function track(desk: PeerDesk, peer: Peer, message: Extract<CoreMessage, { type: "track" }>): Received {
  const bound = peer.tracks.get(message.slot);
  if (bound !== undefined && bound !== message.track) return BROKEN;
  const ours = desk.table.tracks.get(message.track);
  // The very string that our own tables are keyed by: every lookup is then a comparison of pointers.
  peer.tracks.set(message.slot, ours?.id ?? message.track);
  if (!message.following) {
    peer.following.delete(message.track);
    return DONE;
  }
  if (peer.following.has(message.track)) return DONE;
  peer.following.add(ours?.id ?? message.track);
  const tell = ours && desk.uploads.allowed && ours.slot < TRACK_SLOTS_MAX;
  return tell ? { actions: desk.announcer.introduce(peer, ours) } : DONE;
}

function have(now: Millis, desk: PeerDesk, peer: Peer, id: TrackId, entry: HaveEntry): readonly SwarmAction[] {
  const bound = peer.setAvailable(id, entry);
  const known = bound ?? find(desk, id, entry.segment);
  const actions = known ? DONE.actions : foresee(now, desk, peer, id, entry.segment, NOTICE_HOPS_MAX);
  const segment = known ?? find(desk, id, entry.segment);
  if (segment && !bound) peer.bind(segment);
  // A peer's word on the size stands until the origin says otherwise.
  if (segment && segment.byteLength === undefined && entry.byteLength !== undefined && peer.availability(segment))
    learnSize(desk, segment, entry.byteLength);
  return actions;
}

/** Peers may have told the sizes of segments before our playlist listed them. */
export function learnSizes(desk: Sizes, segments: Iterable<Segment>): void {
  for (const segment of segments)
    for (const peer of desk.peers.values()) {
      if (segment.byteLength !== undefined) break;
      const byteLength = peer.availability(segment)?.byteLength;
      if (byteLength !== undefined) learnSize(desk, segment, byteLength);
    }
}

function fetching(
  now: Millis,
  desk: PeerDesk,
  peer: Peer,
  message: Extract<CoreMessage, { type: "fetching" }>,
): Received {
  const id = peer.tracks.get(message.slot);
  if (id === undefined) return BROKEN;
  // The notice itself, passed on, tells others of the segment.
  const actions = find(desk, id, message.segment) ? [] : foresee(now, desk, peer, id, message.segment, 0);
  const segment = find(desk, id, message.segment);
  if (!segment) return DONE;
  if (message.byteLength !== undefined && segment.byteLength === undefined)
    learnSize(desk, segment, message.byteLength);
  // Chunks past the end would be news for ever, and passed on for ever.
  const end = Math.min(
    message.to ?? Math.max(segment.expectedChunks, message.from + 1),
    segment.chunkCount ?? Infinity,
  );
  let news = false;
  for (let chunk = message.from; chunk < end; chunk++) {
    if (now - (segment.noticedAt[chunk] ?? -Infinity) < segment.noticeMs) continue;
    segment.notice(chunk, now);
    news = true;
  }
  if (news && message.to === undefined) segment.noticeRest(message.from, now);
  if (news) actions.push(...passOn(desk, peer, segment, message));
  return { actions };
}

/** Tells all others that follow the track what a peer has told, in our own slot, until its hops are used up. */
function passOn(
  desk: PeerDesk,
  from: Peer,
  { track: { id, slot } }: Segment,
  message: Extract<CoreMessage, { type: "fetching" | "listed" }>,
): SwarmAction[] {
  if (message.hops === 0 || slot >= TRACK_SLOTS_MAX) return [];
  const peers: PeerId[] = [];
  // Who gives nothing elects nobody, and need not know who fetches: half of all control bytes where uplink is short.
  const uplinkMin = message.type === "fetching" ? 1 : 0;
  for (const peer of desk.peers.values())
    if (peer !== from && peer.following.has(id) && (peer.identity?.uplink ?? 0) >= uplinkMin) peers.push(peer.id);
  return peers.length > 0 ? [{ type: "send", peers, message: { ...message, slot, hops: message.hops - 1 } }] : [];
}

function request(
  now: Millis,
  desk: PeerDesk,
  peer: Peer,
  message: Extract<CoreMessage, { type: "request" }>,
): Received {
  const id = peer.tracks.get(message.slot);
  if (id === undefined) return BROKEN;
  const segment = find(desk, id, message.segment);
  const rejected = new Map<RejectReason, number[]>();
  for (const chunk of message.chunks) {
    const reason = desk.uploads.add(now, peer, message.slot, segment, chunk, message.dueInMs);
    if (reason) rejected.set(reason, [...(rejected.get(reason) ?? []), chunk]);
  }
  const ours = desk.table.tracks.get(id);
  if (!ours || ours.slot >= TRACK_SLOTS_MAX || rejected.size === 0) return DONE;
  const actions = [...rejected].map(([reason, chunks]): SwarmAction => {
    const retryInMs = reason === "busy" ? BUSY_MS : 0;
    const reply = { type: "reject", slot: ours.slot, segment: message.segment, chunks, reason, retryInMs } as const;
    return { type: "send", peers: [peer.id], message: reply };
  });
  return { actions };
}

function askHashes(desk: PeerDesk, peer: Peer, message: Extract<CoreMessage, { type: "ask-hashes" }>): Received {
  const segment = named(desk, peer, message.slot, message.segment);
  if (!segment || !desk.uploads.allowed || segment.track.proof === "none") return DONE;
  const chunks = message.chunks.filter((chunk) => segment.knowsHash(chunk));
  const { id, name } = segment;
  if (chunks.length === 0 || !peer.mayAskHashes(segment)) return DONE;
  return { actions: [{ type: "send-hashes", peer: peer.id, slot: message.slot, segment: id, name, chunks }] };
}

/** Chunks of a segment that a peer still owes us. */
const owed = (peer: Peer, segment: Segment): number[] =>
  peer.requests.filter((asked) => asked.segment === segment).map((asked) => asked.chunk);

function learnSize(desk: Sizes, segment: Segment, byteLength: number): void {
  if (!segment.learnSize(byteLength, false)) return;
  desk.table.tracks.get(segment.track.id)?.learnRate(byteLength, segment.duration);
}

function find(desk: PeerDesk, id: TrackId, name: SegmentName): Segment | undefined {
  const segment = desk.table.tracks.get(id)?.bySequence.get(name.sequence);
  return segment?.name.tag === name.tag ? segment : undefined;
}

function named(desk: PeerDesk, peer: Peer, slot: number, name: SegmentName): Segment | undefined {
  const id = peer.tracks.get(slot);
  return id === undefined ? undefined : find(desk, id, name);
}

/**
 * A peer knows a segment that we do not: unless it is nonsense we take it in, ask for its address and say that it is
 * listed, so that nobody waits for a reload of his own.
 */
function foresee(now: Millis, desk: PeerDesk, from: Peer, id: TrackId, name: SegmentName, hops: number): SwarmAction[] {
  const ours = desk.table.tracks.get(id);
  const segment = ours?.following ? desk.table.foresee(now, ours, name) : undefined;
  if (!segment) return [];
  const listed = { type: "listed", slot: segment.track.slot, segment: name, hops } as const;
  return [{ type: "locate-segment", segment: segment.id, track: id, name }, ...passOn(desk, from, segment, listed)];
}

/** How long a peer without uplink is asked to wait when the queue is full, and the longest we would wait. */
const BUSY_MS = 500;
const BUSY_MS_MAX = 5000;

import type { Millis } from "../../base/time.ts";
import type { PeerId } from "../../protocol/ids.ts";
import { HASHES_PER_MESSAGE_MAX, TRACK_SLOTS_MAX } from "../../protocol/limits.ts";
import type { SwarmAction } from "./action.ts";
import { agrees, hasChunk, type Availability, type Peer } from "./peer.ts";
import type { PeerPlan } from "./scheduler.ts";
import { HELD, type Segment } from "./segment.ts";
import type { SegmentTable } from "./segment-table.ts";
import type { UploadQueue } from "./upload-queue.ts";

export interface ProofDesk {
  readonly table: SegmentTable;
  readonly peers: ReadonlyMap<PeerId, Peer>;
  /** Whoever announces nothing need not prove what the origin brought. */
  readonly uploads: UploadQueue;
}

/** Hashes of one segment that are on their way. */
interface Want {
  /** Chunks to be checked, and since when. */
  readonly chunks: Map<number, Millis>;
  /** Asked so far, without an answer. */
  readonly tried: Set<Peer>;
  /** The next one is asked, or the origin, not before; Infinity once the origin was. */
  nextAt: Millis;
}

/**
 * Whose hashes to ask for, and which of ours to tell the tracker (IN10 to IN15). Whoever announces a chunk has checked
 * it, so its hash comes from there, with the chunk itself; from others, or from the origin, only if it does not. Knows
 * which hashes are known here, not what they are.
 */
export class Proofs {
  readonly #at: ProofDesk;
  readonly #wants = new Map<Segment, Want>();
  /** Chunks of the origin's whose hashes are not known: nobody near may have them, and the tracker compares. */
  readonly #fresh = new Map<Segment, number[]>();
  #reportAt: Millis = Infinity;
  wakeAt: Millis = Infinity;

  constructor(desk: ProofDesk) {
    this.#at = desk;
  }

  /** Chunks are asked of a peer in this round: so are the hashes, unless they are known or on their way. */
  ask(now: Millis, { peer, segment, chunks }: PeerPlan): readonly SwarmAction[] {
    const before = this.#wants.get(segment);
    const lacking = chunks.filter((chunk) => !segment.knowsHash(chunk) && !before?.chunks.has(chunk));
    if (lacking.length === 0) return NO_ACTIONS;
    const want = this.#want(now, segment, lacking);
    // One answer, or the file, has all hashes of a segment with a root.
    if (segment.root && (want.tried.size > 0 || want.nextAt === Infinity)) return NO_ACTIONS;
    return [this.#askPeer(now, segment, want, peer, lacking)];
  }

  /** The origin brings chunks of a segment that has a root: to give them to others takes its hashes, a peer's or the file's. */
  prove(now: Millis, segment: Segment): void {
    const { peers, uploads } = this.#at;
    if (!segment.root || !segment.trustsPeers || segment.knowsHash(0) || !uploads.allowed || peers.size === 0) return;
    if (this.#wants.has(segment)) return;
    this.#want(now, segment, [0]);
    this.wakeAt = now;
  }

  /** The origin brought a chunk: without a root it takes an attestation to give it to others. */
  originChunk(now: Millis, segment: Segment, chunk: number): void {
    if (segment.track.proof !== "attested" || segment.suspect || segment.knowsHash(chunk) || !this.#at.uploads.allowed)
      return;
    const fresh = this.#fresh.get(segment);
    if (fresh) fresh.push(chunk);
    else this.#fresh.set(segment, [chunk]);
    this.#reportBy(now + REPORT_MS);
  }

  /** No more comes of this fetch. */
  originClosed(now: Millis, segment: Segment): void {
    if (this.#fresh.has(segment)) this.#reportBy(now);
  }

  /** `mayReport`: there is a tracker, and somebody to share with. */
  evaluate(now: Millis, mayReport: boolean): SwarmAction[] {
    const out: SwarmAction[] = [];
    if (now < this.wakeAt) return out;
    if (now >= this.#reportAt) this.#report(now, mayReport, out);
    this.wakeAt = this.#reportAt;
    for (const [segment, want] of this.#wants) {
      for (const chunk of want.chunks.keys()) if (segment.knowsHash(chunk)) want.chunks.delete(chunk);
      const isOver = want.chunks.size === 0 || !segment.trustsPeers || this.#at.table.get(segment.id) !== segment;
      if (!isOver && now >= want.nextAt) this.#goOn(now, segment, want, out);
      if (isOver) this.#wants.delete(segment);
      else this.wakeAt = Math.min(this.wakeAt, want.nextAt);
    }
    return out;
  }

  /** Asks somebody else, or the origin, which always brings an answer. */
  #goOn(now: Millis, segment: Segment, want: Want, out: SwarmAction[]): void {
    const chunks = [...want.chunks.keys()].sort((a, b) => a - b);
    const covers = (holder: Availability): boolean =>
      segment.root !== undefined || chunks.some((chunk) => hasChunk(holder, chunk));
    for (const holder of segment.holders) {
      if (want.tried.has(holder.peer) || !agrees(holder, segment) || !covers(holder)) continue;
      out.push(this.#askPeer(now, segment, want, holder.peer, chunks));
      return;
    }
    const [oldest = now] = want.chunks.values();
    const giveUpAt = segment.root ? now : oldest + UNANSWERED_MS;
    want.nextAt = now < giveUpAt ? giveUpAt : Infinity;
    if (now >= giveUpAt) out.push({ type: "fetch-hashes", segment: segment.id });
  }

  #askPeer(now: Millis, segment: Segment, want: Want, peer: Peer, chunks: readonly number[]): SwarmAction {
    want.tried.add(peer);
    want.nextAt = now + ANSWER_MS;
    this.wakeAt = Math.min(this.wakeAt, want.nextAt);
    const { name, track } = segment;
    return { type: "send", peers: [peer.id], message: { type: "ask-hashes", slot: track.slot, segment: name, chunks } };
  }

  #want(now: Millis, segment: Segment, chunks: readonly number[]): Want {
    let want = this.#wants.get(segment);
    if (!want) this.#wants.set(segment, (want = { chunks: new Map(), tried: new Set(), nextAt: now }));
    for (const chunk of chunks) want.chunks.set(chunk, now);
    return want;
  }

  #reportBy(at: Millis): void {
    this.#reportAt = Math.min(this.#reportAt, at);
    this.wakeAt = Math.min(this.wakeAt, this.#reportAt);
  }

  /** What peers announce has been attested: only the rest is told to the tracker, in runs of neighbouring chunks. */
  #report(now: Millis, mayReport: boolean, out: SwarmAction[]): void {
    this.#reportAt = Infinity;
    for (const [segment, fresh] of this.#fresh) {
      const { id, track, name, byteLength } = segment;
      const isHere = this.#at.table.get(id) === segment;
      if (isHere && byteLength === undefined) continue; // until its fetch is over, which tells the size
      this.#fresh.delete(segment);
      if (!isHere || byteLength === undefined || !segment.sizeProven || track.slot >= TRACK_SLOTS_MAX) continue;
      const chunks = fresh.filter((chunk) => segment.stateOf(chunk) === HELD && !segment.knowsHash(chunk));
      const runs: { from: number; to: number }[] = [];
      for (const chunk of chunks.sort((a, b) => a - b)) {
        const last = runs.at(-1);
        if (segment.holders.some((holder) => hasChunk(holder, chunk) && agrees(holder, segment)))
          this.#want(now, segment, [chunk]);
        else if (last?.to === chunk && chunk - last.from < HASHES_PER_MESSAGE_MAX) last.to++;
        else runs.push({ from: chunk, to: chunk + 1 });
      }
      if (!mayReport) continue;
      for (const { from, to } of runs)
        out.push({ type: "report-hashes", segment: id, track: track.id, name, byteLength, from, to });
    }
  }
}

const NO_ACTIONS: readonly SwarmAction[] = [];

/** Twice the longest round trip between neighbours: then another one is asked. */
const ANSWER_MS: Millis = 400;

/** Peers whose uplink has a queue answer by then; after it the segment comes from the origin alone. */
const UNANSWERED_MS: Millis = 2000;

/** Chunks of one fetch that come within this span are told together: a quick stripe is one message. */
const REPORT_MS: Millis = 100;

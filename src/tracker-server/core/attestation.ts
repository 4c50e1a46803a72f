import type { Millis } from "../../base/time.ts";
import { attestationInput } from "../../protocol/attestation.ts";
import type { SwarmId } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import type { Send } from "./action.ts";
import { DeadlineQueue } from "./deadline-queue.ts";
import type { Member } from "./member.ts";
import { witnessKeyOf } from "./network.ts";
import type { TrackerLimits } from "./options.ts";
import { TokenBucket } from "./rate-limit.ts";
import { HASH_DIGITS, ReportedSegment, type Attested } from "./reported-segment.ts";
import type { TrackerCounters } from "./stats.ts";
import type { Message, Refusal } from "./viewers.ts";

/** Signs in the tracker's name. */
export interface Attester {
  /** Ed25519, 64 lowercase hex digits: what viewers check signatures with. */
  readonly publicKey: string;
  /** 128 lowercase hex digits. */
  sign(input: Uint8Array): string;
}

/** The segments of one swarm that were reported, the oldest first. */
type Reported = Map<string, ReportedSegment>;

/**
 * The tracker as witness of what the origin serves: compares the hashes that viewers report, signs what two of different
 * networks agree on (TK70 to TK74), and tells it to those who reported it. Everybody else gets it from peers, so a segment
 * costs the same in a swarm of ten and of ten thousand. Never sees a byte of video.
 */
export class Attestation {
  readonly #attester: Attester | undefined;
  readonly #limits: TrackerLimits;
  readonly #counters: TrackerCounters;
  readonly #send: Send;
  readonly #swarms = new Map<SwarmId, Reported>();
  readonly #kept = new DeadlineQueue<ReportedSegment>(KEPT_MS);
  /** Of all swarms. */
  #chunks = 0;

  /** Without an attester nothing is signed, and reports are not listened to. */
  constructor(attester: Attester | undefined, limits: TrackerLimits, counters: TrackerCounters, send: Send) {
    this.#attester = attester;
    this.#limits = limits;
    this.#counters = counters;
    this.#send = send;
  }

  /** What viewers are told when they join; undefined where nothing is attested. */
  get publicKey(): string | undefined {
    return this.#attester?.publicKey;
  }

  /** A viewer says what it found at the origin. */
  report(now: Millis, member: Member, report: Message<"hashes">): Refusal | undefined {
    if (!this.#attester) return undefined;
    this.handleWakeup(now);
    // Nobody can have fetched more than its line carries, so whoever makes chunks up makes few of them up.
    member.hashQuota ??= new TokenBucket(now, this.#limits.reportedBytes);
    if (!member.hashQuota.take(now, (report.hashes.length / HASH_DIGITS) * CHUNK_BYTES)) return TOO_MUCH;
    const segment = this.#segmentOf(now, member, report);
    for (const attested of segment.attestedOf(report)) this.#tell(member, attested);
    const { disputes, size } = segment;
    const settled = segment.report(witnessKeyOf(member), member.trusted, report);
    this.#counters.disputedChunks += segment.disputes - disputes;
    this.#chunks += segment.size - size;
    segment.listen(member, report);
    const { track, sequence, tag, byteLength } = report;
    for (const run of settled) {
      const hashes = { track, sequence, tag, byteLength, ...run };
      const signature = this.#attester.sign(attestationInput(member.joinedAs, hashes));
      this.#counters.attestations++;
      this.#counters.attestedChunks += run.hashes.length / HASH_DIGITS;
      const attested: Attested = { type: "attested", ...hashes, signature };
      for (const reporter of segment.attest(attested)) this.#tell(reporter, attested);
    }
    while (this.#chunks > this.#limits.reportedChunksMax) {
      const oldest = this.#kept.takeOldest();
      if (oldest) this.#forget(oldest);
    }
    return undefined;
  }

  nextWakeup(): Millis {
    return this.#kept.next();
  }

  handleWakeup(now: Millis): void {
    for (const segment of this.#kept.takeDue(now)) this.#forget(segment);
  }

  #tell({ connection }: Member, attested: Attested): void {
    if (connection !== undefined) this.#send(connection, attested);
  }

  /** A size is part of the name: who says another speaks of another segment. */
  #segmentOf(now: Millis, member: Member, { track, sequence, tag, byteLength }: Message<"hashes">): ReportedSegment {
    const { id } = member.swarm;
    let reported = this.#swarms.get(id);
    if (!reported) this.#swarms.set(id, (reported = new Map<string, ReportedSegment>()));
    const key = `${track} ${String(sequence)} ${String(tag)} ${String(byteLength)}`;
    const known = reported.get(key);
    if (known) return known;
    if (reported.size >= this.#limits.reportedSegmentsMax) this.#makeRoom(reported, witnessKeyOf(member));
    const segment = new ReportedSegment(id, key, witnessKeyOf(member));
    reported.set(key, segment);
    this.#kept.add(now, segment);
    return segment;
  }

  /** The oldest goes; who names segments that nobody has pushes out its own, and not those of others. */
  #makeRoom(reported: Reported, newcomer: string): void {
    const all = [...reported.values()];
    const own = all.filter(({ begunBy }) => begunBy === newcomer);
    const oldest = own.length > all.length * OWN_SHARE_MAX ? own[0] : all[0];
    if (oldest) this.#forget(oldest);
  }

  #forget(segment: ReportedSegment): void {
    this.#kept.delete(segment);
    this.#chunks -= segment.size;
    const reported = this.#swarms.get(segment.swarm);
    reported?.delete(segment.key);
    if (reported?.size === 0) this.#swarms.delete(segment.swarm);
  }
}

const TOO_MUCH: Refusal = {
  reason: "too-many-hashes",
  isForgiven: true, // its line may be faster than we thought
  error: { code: "rate-limited", message: "more than can have been fetched since the last hashes: not compared" },
};

/** Longer than a live window; then a stream that begins its numbers anew is compared anew. */
export const KEPT_MS: Millis = 600_000;

/** Of the segments of a swarm, how many one network may have begun before its own make room. */
const OWN_SHARE_MAX = 0.25;

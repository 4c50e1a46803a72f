import type { SwarmId } from "../../protocol/ids.ts";
import type { TrackerToViewer } from "../../protocol/tracker-message.ts";
import type { Member } from "./member.ts";

/** What was signed of a segment, as it is told. */
export type Attested = Extract<TrackerToViewer<never>, { type: "attested" }>;

/** What is known of one chunk. A witness has one opinion, and each opinion that is kept is another: two alike settle it. */
type Chunk =
  | { readonly state: "open"; readonly opinions: Map<string, string> }
  | { readonly state: "agreed"; readonly hash: string }
  | { readonly state: "given-up" };

/** Neighbouring chunks and their hashes, back to back. */
export interface Run {
  readonly from: number;
  readonly hashes: string;
}

/**
 * What reporters found one segment to be made of, and who waits to hear what was agreed on. Signs nothing; knows neither
 * time nor networks: a witness is a name to it.
 */
export class ReportedSegment {
  readonly swarm: SwarmId;
  /** Which of the swarm's segments it is. */
  readonly key: string;
  /** The witness that named it first. */
  readonly begunBy: string;
  /** Reported hashes that contradict others. */
  disputes = 0;
  readonly #chunks = new Map<number, Chunk>();
  readonly #attested: Attested[] = [];
  /** Which part each reporter wants to hear of: from its first chunk to behind its last. */
  readonly #reporters = new Map<Member, { from: number; to: number }>();

  constructor(swarm: SwarmId, key: string, begunBy: string) {
    this.swarm = swarm;
    this.key = key;
    this.begunBy = begunBy;
  }

  /** Chunks that something is remembered of. */
  get size(): number {
    return this.#chunks.size;
  }

  /** Takes a report in. Returns the runs of chunks that it settles. The word of a trusted witness settles all of its. */
  report(witness: string, isTrusted: boolean, { from, hashes }: Run): readonly Run[] {
    const runs: Array<{ from: number; hashes: string }> = [];
    for (let at = 0; at < hashes.length; at += HASH_DIGITS) {
      const chunk = from + at / HASH_DIGITS;
      const hash = hashes.slice(at, at + HASH_DIGITS);
      if (!this.#settles(chunk, witness, isTrusted, hash)) continue;
      const last = runs.at(-1);
      if (last && last.from + last.hashes.length / HASH_DIGITS === chunk) last.hashes += hash;
      else runs.push({ from: chunk, hashes: hash });
    }
    return runs;
  }

  /** From now on `member` hears of what is attested of its part. */
  listen(member: Member, { from, hashes }: Run): void {
    const to = from + hashes.length / HASH_DIGITS;
    const part = this.#reporters.get(member);
    if (part) {
      part.from = Math.min(part.from, from);
      part.to = Math.max(part.to, to);
    } else if (this.#reporters.size < REPORTERS_MAX) {
      this.#reporters.set(member, { from, to });
    }
  }

  /** Keeps what was signed for later reporters. Returns those who wait for it. */
  attest(attested: Attested): readonly Member[] {
    this.#attested.push(attested);
    const waiting: Member[] = [];
    for (const [member, part] of this.#reporters) if (overlaps(attested, part)) waiting.push(member);
    return waiting;
  }

  /** What was attested of a part before. */
  attestedOf({ from, hashes }: Run): readonly Attested[] {
    const part = { from, to: from + hashes.length / HASH_DIGITS };
    return this.#attested.filter((attested) => overlaps(attested, part));
  }

  #settles(index: number, witness: string, isTrusted: boolean, hash: string): boolean {
    const chunk = this.#chunks.get(index);
    if (chunk?.state === "agreed") {
      if (chunk.hash !== hash) this.disputes++;
      return false;
    }
    if (isTrusted) {
      this.#chunks.set(index, { state: "agreed", hash });
      return true;
    }
    if (!chunk) {
      this.#chunks.set(index, { state: "open", opinions: new Map([[witness, hash]]) });
      return false;
    }
    // What a witness says first stands: it cannot try one hash after the other.
    if (chunk.state === "given-up" || chunk.opinions.has(witness)) return false;
    for (const opinion of chunk.opinions.values()) {
      if (opinion !== hash) continue;
      this.#chunks.set(index, { state: "agreed", hash });
      return true;
    }
    this.disputes++;
    if (chunk.opinions.size < OPINIONS_MAX) chunk.opinions.set(witness, hash);
    else this.#chunks.set(index, { state: "given-up" });
    return false;
  }
}

const overlaps = ({ from, hashes }: Run, part: { readonly from: number; readonly to: number }): boolean =>
  from < part.to && part.from < from + hashes.length / HASH_DIGITS;

/** One chunk's hash (IN3). */
export const HASH_DIGITS = 32;

/** Where so many networks say something else each, the origin itself serves everybody something else. */
export const OPINIONS_MAX = 4;

/** Eight stripes with two who fetch each, twice over; whoever comes late is told at once if it is agreed by then. */
export const REPORTERS_MAX = 32;

import type { Rng } from "../../base/random.ts";
import type { SwarmAction } from "./action.ts";
import type { OriginDesk } from "./origin-desk.ts";
import type { Segment } from "./segment.ts";
import type { UploadQueue } from "./upload-queue.ts";

export interface AuditDesk {
  readonly rng: Rng;
  readonly desk: OriginDesk;
  readonly uploads: UploadQueue;
}

/**
 * A segment was handed over: whether a chunk of it, if peers brought that and it was only attested, is compared with the
 * origin's (IN16). Whoever must not upload is spared this, too; and what is played is fetched first.
 */
export function planAudit(segment: Segment, { rng, desk, uploads }: AuditDesk): SwarmAction[] {
  if (segment.track.proof !== "attested" || rng.next() >= AUDITED_SHARE) return [];
  if (!uploads.allowed || !desk.rangesUsable || !desk.isIdle) return [];
  const chunk = Math.floor(rng.next() * segment.expectedChunks);
  return segment.sourceOf(chunk) === "peer" ? [{ type: "audit-chunk", segment: segment.id, chunk }] : [];
}

/** Of segments, one chunk each: about 0.02 % of all bytes at 2 MiB, and 18 chunks in two hours. */
const AUDITED_SHARE = 0.01;

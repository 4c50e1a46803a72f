import { assert } from "../../base/assert.ts";
import type { Logger } from "../../base/logger.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import type { SwarmAction } from "../core/action.ts";
import type { SwarmEvent } from "../core/event.ts";
import type { Origin } from "./origin.ts";
import type { SegmentStore } from "./segment-store.ts";

/**
 * Fetches a chunk that a peer brought from the origin again, and compares them (`docs/protocol.md`, IN16). What is held
 * was checked against its hash before it was kept, so that no hash is needed. Keeps nothing.
 */
export function auditChunk(
  origin: Origin,
  store: SegmentStore,
  log: Logger,
  { segment, chunk }: Extract<SwarmAction, { type: "audit-chunk" }>,
  feed: (event: SwarmEvent) => void,
): void {
  const held = store.get(segment, chunk);
  assert(held, "a chunk that the core audits is not in the store");
  let receivedBytes = 0;
  let isSame = true;
  const end = (fits?: boolean): void => {
    if (fits === false) log.warn("swarm", () => `${segment}: attested, and not what the origin has`);
    feed({ type: "audited", segment, receivedBytes, fits });
  };
  const from = chunk * CHUNK_BYTES;
  const reading = origin.fetch(
    { segment, from, to: from + held.byteLength },
    {
      opened({ ranged, suspect }) {
        if (ranged && !suspect) return;
        reading.abort();
        end();
      },
      data(bytes) {
        isSame &&= bytes.every((byte, i) => byte === held[receivedBytes + i]);
        receivedBytes += bytes.byteLength;
      },
      closed({ outcome }) {
        end(outcome === "complete" ? isSame && receivedBytes === held.byteLength : undefined);
      },
    },
  );
}

import { expect, test } from "vitest";
import { BOB, LinkedViewer, ROOT, idOf } from "../../../testkit/linked-viewer.ts";
import { nameOf } from "../../../testkit/swarm-parts.ts";

/** A viewer with peers fetches a segment, which the origin serves as it does. Returns what it then says. */
function fetched({ suspect, signed = false }: { suspect: boolean; signed?: boolean }) {
  const viewer = new LinkedViewer(signed ? [12] : [], signed);
  const segment = idOf(12);
  viewer.tell({ type: "segment-wanted", segment });
  viewer.pass(3000);
  const { fetch } = viewer.originBrings(12, [0, 1], suspect);
  const { byteLength } = ROOT;
  viewer.tell({ type: "origin-closed", fetch, outcome: "complete", status: 200, receivedBytes: byteLength });
  expect(viewer.of("segment-complete")).toEqual([{ type: "segment-complete", segment, byteLength }]);
  if (signed) for (const chunk of [0, 1]) viewer.tell({ type: "chunk-proven", segment, chunk });
  viewer.pass(3000);
  viewer.says(BOB, { type: "request", slot: 0, segment: nameOf(12), chunks: [0], dueInMs: 5000 });
  return { announced: viewer.sent("have").length > 0, served: viewer.of("send-chunk").length > 0 };
}

test("[T7] [IN28] what the origin served as something else the player has, and nobody else", () => {
  expect(fetched({ suspect: false })).toEqual({ announced: true, served: true });
  expect(fetched({ suspect: true })).toEqual({ announced: false, served: false });
});

test("[IN28] a root proves it all the same", () => {
  expect(fetched({ suspect: true, signed: true })).toEqual({ announced: true, served: true });
});

/** The kinds of streams that most sites have; the rest are in tests/matrix/streams. */
import { describe, test } from "vitest";
import { KINDS } from "../../testkit/streams/kinds.ts";
import { useStage } from "../../testkit/streams/stage.ts";
import { judge } from "../../testkit/streams/verdict.ts";

describe.concurrent("streams", () => {
  const stage = useStage();
  for (const kind of [KINDS.ts, KINDS.fmp4Ranges, KINDS.aes128, KINDS.advertsByQuery, KINDS.signed])
    test(kind.name, async ({ expect }) => {
      expect(judge(kind, await stage.play(kind)).faults).toEqual([]);
    });
});

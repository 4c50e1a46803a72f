/** Every kind of stream in a real browser: plain, alone with the swarm, and three viewers with a real tracker. */
import { describe, test } from "vitest";
import { KINDS } from "../../../testkit/streams/kinds.ts";
import { useStage } from "../../../testkit/streams/stage.ts";
import { judge } from "../../../testkit/streams/verdict.ts";
import { tried } from "../rows.ts";

describe.concurrent("streams", () => {
  const stage = useStage();
  for (const kind of Object.values(KINDS))
    test(kind.name, async ({ expect }) => {
      const { faults, told } = judge(kind, await stage.play(kind));
      expect(faults).toEqual([]);
      tried({ section: "streams", what: kind.name, versions: stage.versions, result: told });
    });
});

/** The ways into a player and into its requests, of every hls.js that we support. */
import { afterAll, afterEach, describe } from "vitest";
import { handsOf, proveDoors } from "../../loader/doors.ts";
import type { Version } from "../../loader/page-players.ts";
import { useStage } from "../../loader/stage.ts";
import { tried } from "../rows.ts";

const stage = useStage();

describe.each<Version>(["1.5", "1.6", "1.7", "1.7 light"])("hls.js %s", (version) => {
  const count = { passed: 0, failed: 0 };
  afterEach(({ task }) => {
    count[task.result?.state === "fail" ? "failed" : "passed"]++;
  });
  proveDoors(stage, version, handsOf(version));
  afterAll(async () => {
    if (count.failed > 0 || count.passed === 0) return;
    tried({
      section: "hls.js",
      what: "attach late, detach, reload, two players; xhrSetup, fetchSetup, loaders inside and around, CMCD; child players",
      versions: await stage.versions(version),
      result: `${count.passed} cases: played to the end, bytes identical, requests as the page wants them`,
    });
  });
});

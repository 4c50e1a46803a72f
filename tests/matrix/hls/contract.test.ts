/** The loader's contract, of every hls.js that we support. One of them is in `npm test` too. */
import { afterAll, afterEach, describe } from "vitest";
import { OUR_KINDS, proveContract } from "../../loader/contract.ts";
import type { Version } from "../../loader/page-players.ts";
import { useStage } from "../../loader/stage.ts";
import { tried } from "../rows.ts";

const stage = useStage();

describe.each<Version>(["1.5", "1.6", "1.7", "1.7 light"])("hls.js %s", (version) => {
  const count = { passed: 0, failed: 0 };
  afterEach(({ task }) => {
    count[task.result?.state === "fail" ? "failed" : "passed"]++;
  });
  proveContract(stage, version, OUR_KINDS);
  afterAll(async () => {
    if (count.failed > 0 || count.passed === 0) return;
    tried({
      section: "hls.js",
      what: "the loader's contract, beside hls.js's own XhrLoader and FetchLoader",
      versions: await stage.versions(version),
      result: `${count.passed} cases: the CDN alone, a swarm, half and all of it from peers; same callbacks, order and statistics`,
    });
  });
});

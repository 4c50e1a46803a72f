import { expect, test } from "vitest";
import { createClusterStage } from "../../../testkit/cluster-stage.ts";
import type { PeerId } from "../../protocol/ids.ts";
import { ANSWER_MS } from "./far-viewers.ts";
import { TRACKER_LIMITS } from "./options.ts";
import { PREFIX_PEERS_MAX } from "./peer-selection.ts";

/** Two processes on a bus, and what a viewer of the first has learnt in all when it asks every five seconds. */
function startTwo() {
  const stage = createClusterStage();
  const [here, there] = [stage.start("AA"), stage.start("BB")];
  stage.wait(100);
  const learntBy = (asker: ReturnType<typeof here.viewer>, times: number): ReadonlySet<PeerId> => {
    for (let time = 0; time < times; time++) {
      stage.wait(5_000);
      asker.say({ type: "need", peersWanted: 16, connected: 0 });
    }
    stage.wait(ANSWER_MS);
    return new Set(asker.peers());
  };
  return { stage, here, there, learntBy };
}

test("[T13] [TK88] of one network at another process a viewer knows three, however often it asks", () => {
  const { stage, here, there, learntBy } = startTwo();
  for (let n = 0; n < 40; n++) there.viewer({ peersWanted: 0 }, { prefixKey: "fleet" });
  const victim = here.viewer({}, { prefixKey: "home" });
  stage.wait(ANSWER_MS);
  expect(learntBy(victim, 12).size).toBe(PREFIX_PEERS_MAX);
});

test("[T13] [TK88] nor do more of them get to know it, by asking over there", () => {
  const { stage, here, there } = startTwo();
  const victim = here.viewer({ peersWanted: 0 }, { prefixKey: "home" });
  stage.wait(100);
  const fleet = Array.from({ length: 20 }, () => there.viewer({ peersWanted: 16 }, { prefixKey: "fleet" }));
  stage.wait(ANSWER_MS);
  expect(fleet.filter((viewer) => viewer.peers().includes(victim.id)).length).toBe(PREFIX_PEERS_MAX);
});

test("[T10] [TK85] viewers of other processes come out of the same ration", () => {
  const { stage, here, there, learntBy } = startTwo();
  for (let n = 0; n < 120; n++) there.viewer({ peersWanted: 0 }, { prefixKey: `home-${String(n)}` });
  const harvester = here.viewer({ peersWanted: 16 }, { prefixKey: "harvester" });
  stage.wait(ANSWER_MS);
  const { burst, perSecond } = TRACKER_LIMITS.introductionsPerPrefix;
  const learnt = learntBy(harvester, 12).size;
  expect(learnt).toBeGreaterThan(burst / 2);
  expect(learnt).toBeLessThanOrEqual(burst + perSecond * 61);
});

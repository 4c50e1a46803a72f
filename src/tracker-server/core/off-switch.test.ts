import { expect, test } from "vitest";
import { createTrackerStage, OTHER_SWARM, SWARM } from "../../../testkit/tracker-stage.ts";

test("[TK68] [TR48] who is in a stream that is switched off is told and closed, and nobody tells neighbours", () => {
  const stage = createTrackerStage();
  const [alice, bob, other] = [stage.viewer(), stage.viewer(), stage.viewer({ swarm: OTHER_SWARM })];
  for (const viewer of [alice, bob, other]) viewer.news();
  stage.tell({ type: "switch-off", streams: [SWARM] });
  for (const viewer of [alice, bob]) {
    expect(viewer.news()).toEqual([{ type: "off", message: "the operator has switched the swarm off" }]);
    expect(viewer.closedWith).toBe(4003);
  }
  expect(other.news()).toEqual([]);
  expect(stage.stats()).toMatchObject({ viewers: 1, refusals: { off: 2 } });
});

test("[TK68] who comes later, or comes back, is told the same", () => {
  const stage = createTrackerStage();
  const { resume } = stage.viewer().last("joined");
  stage.tell({ type: "switch-off", streams: ["*"] });
  for (const viewer of [stage.viewer(), stage.viewer({ resume }), stage.viewer({ swarm: OTHER_SWARM })]) {
    expect(viewer.news().map(({ type }) => type)).toEqual(["off"]);
    expect(viewer.closedWith).toBe(4003);
  }
});

test("[TK68] what is switched off replaces what was: the rest is on again", () => {
  const stage = createTrackerStage();
  stage.tell({ type: "switch-off", streams: [SWARM] });
  stage.tell({ type: "switch-off", streams: [OTHER_SWARM] });
  expect(stage.viewer().last("joined").viewers).toBe(1);
  expect(stage.viewer({ swarm: OTHER_SWARM }).closedWith).toBe(4003);
});

import { expect, test } from "vitest";
import { createOrigin } from "../../../testkit/origin/origin.mjs";
import { Fmp4Timing } from "./fmp4-timing.ts";

test("the sample stream covers what its playlist says, wherever in its endless course", async () => {
  const origin = await createOrigin({ pictures: "light", segmentSeconds: 4, bitsPerSecond: 1e6 });
  const timing = new Fmp4Timing();
  expect(timing.read(origin.init)).toEqual([]);
  for (const sequence of [0, 7, 21_600]) {
    const covered = timing.read(origin.segment(sequence));
    expect(covered[0]?.startSeconds).toBe(sequence * 4);
    expect(covered.at(-1)?.endSeconds).toBe((sequence + 1) * 4);
  }
  await origin.close();
});

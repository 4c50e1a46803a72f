import { expect, test } from "vitest";
import { LinkedViewer } from "../../../testkit/linked-viewer.ts";

test("a viewer knows what its peers call it once the tracker has let it in", () => {
  const alice = new LinkedViewer([]);
  expect(alice.core.stats().self).toBeUndefined();
  alice.join();
  expect(alice.core.stats().self).toBe("me________");
});

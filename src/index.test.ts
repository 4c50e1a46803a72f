import { expect, test } from "vitest";

test("can be imported and used where there is no browser, and does nothing there", async () => {
  const { createSwarm, isSupported } = await import("./index.ts");
  expect(isSupported()).toBe(false);
  const swarm = createSwarm({ tracker: "wss://tracker.example" });
  expect(swarm.isSupported()).toBe(false);
  expect(swarm.stats).toMatchObject({ peerBytes: 0, originBytes: 0, tracker: "off", peers: [], segments: [] });
});

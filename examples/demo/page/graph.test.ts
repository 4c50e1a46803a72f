import { expect, test } from "vitest";
import { layoutOf } from "./graph-layout.js";
import { graphOf, type GraphMember } from "./graph-model.js";

const peer = (id: string, receivedBytes: number, sentBytes: number, seeder = false) => ({
  ...{ peer: id, state: "open", seeder, receivedBytes, sentBytes },
});
const member = (self: string, originReceivedBytes: number, peers: GraphMember["peers"]): GraphMember => ({
  ...{ self, tracker: "joined", originReceivedBytes, peers },
});

const OWN = member("me", 10, [peer("edge", 90, 0, true), peer("bob", 5, 7), peer("stranger", 1, 0)]);
const SERVERS = [
  { ...member("edge", 0, [peer("ingress", 100, 0, true), peer("me", 0, 95)]), name: "edge", kind: "seeder" as const },
  { ...member("ingress", 100, [peer("edge", 0, 100, true)]), name: "ingress", kind: "seeder" as const },
];
const BOB = { ...member("bob", 20, [peer("me", 6, 5)]), name: "viewer-1", kind: "viewer" as const };

test("everybody is in the graph once, whoever speaks of them", () => {
  const { nodes } = graphOf([...SERVERS, BOB], OWN);
  expect(nodes.map(({ id, kind, name }) => [id, kind, name])).toEqual([
    ["cdn", "cdn", "CDN"],
    ["tracker", "tracker", "tracker"],
    ["me", "you", "you"],
    ["edge", "seeder", "edge"],
    ["bob", "viewer", "viewer-1"],
    ["stranger", "viewer", "str"],
    ["ingress", "seeder", "ingress"],
  ]);
  expect(nodes.find(({ id }) => id === "stranger")?.speaks).toBeUndefined();
});

test("a link has the bytes of the end that saw more of them", () => {
  const bytes = new Map(graphOf([...SERVERS, BOB], OWN).links.map((link) => [link.id, link.bytes]));
  expect(bytes.get("edge me")).toBe(95);
  expect(bytes.get("me bob")).toBe(7);
  expect(bytes.get("bob me")).toBe(5);
  expect(bytes.get("cdn ingress")).toBe(100);
});

test("without peers there is no tracker in the picture", () => {
  const { nodes } = graphOf([], { tracker: "off", originReceivedBytes: 5, peers: [] });
  expect(nodes.map(({ id }) => id)).toEqual(["cdn", "you"]);
});

test("from left to right: CDN, seeders as they feed each other, viewers", () => {
  const places = layoutOf(graphOf([...SERVERS, BOB], OWN), { width: 1000, height: 400 });
  const across = ["cdn", "ingress", "edge", "stranger"].map((id) => places.get(id)?.x ?? NaN);
  expect(across).toEqual([...across].sort((a, b) => a - b));
  expect(new Set(across).size).toBe(4);
});

test("a narrow picture goes from top to bottom", () => {
  const places = layoutOf(graphOf(SERVERS, OWN), { width: 340, height: 480 });
  const down = ["cdn", "ingress", "edge"].map((id) => places.get(id)?.y ?? NaN);
  expect(down).toEqual([...down].sort((a, b) => a - b));
});

test("nobody stands on another or outside, with a crowd on a phone too", () => {
  const crowd = Array.from({ length: 12 }, (_, i) => ({
    ...member(`v${String(i)}`, 0, []),
    ...{ name: `viewer-${String(i)}`, kind: "viewer" as const },
  }));
  for (const size of [
    { width: 1000, height: 400 },
    { width: 340, height: 480 },
  ]) {
    const places = [...layoutOf(graphOf([...SERVERS, ...crowd], OWN), size).values()];
    for (const [i, a] of places.entries()) {
      expect(a.x).toBeGreaterThan(15);
      expect(a.x).toBeLessThan(size.width - 15);
      expect(a.y).toBeGreaterThan(15);
      expect(a.y).toBeLessThan(size.height - 15);
      for (const b of places.slice(0, i)) expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeGreaterThan(32);
    }
  }
});

import { expect, test } from "vitest";
import { hash32 } from "../../base/random.ts";
import type { PeerId } from "../../protocol/ids.ts";
import { INTRODUCTION_MS, Introductions, INTRODUCTIONS_MAX } from "./introductions.ts";

const peer = (n: number): PeerId => `peer-${String(n).padStart(5, "0")}` as PeerId;

test("an introduction is fresh for half a minute, and remembered after", () => {
  const introductions = new Introductions();
  introductions.add(1_000, peer(1), "home");
  expect(introductions.isFresh(1_000 + INTRODUCTION_MS - 1, peer(1))).toBe(true);
  expect(introductions.isFresh(1_000 + INTRODUCTION_MS, peer(1))).toBe(false);
  expect(introductions.has(peer(1))).toBe(true);
});

test("being introduced again makes it fresh again", () => {
  const introductions = new Introductions();
  introductions.add(0, peer(1), "home");
  introductions.add(INTRODUCTION_MS, peer(1), "home");
  expect(introductions.isFresh(INTRODUCTION_MS + 1, peer(1))).toBe(true);
});

test("only the newest are kept", () => {
  const introductions = new Introductions();
  for (let n = 0; n <= INTRODUCTIONS_MAX; n++) introductions.add(n, peer(n), "home");
  expect([...introductions.peers()]).toHaveLength(INTRODUCTIONS_MAX);
  expect(introductions.has(peer(0))).toBe(false);
  expect(introductions.has(peer(INTRODUCTIONS_MAX))).toBe(true);
});

test("[TK88] those of one network are counted, as long as they are among the newest", () => {
  const introductions = new Introductions();
  introductions.add(0, peer(0), "fleet");
  introductions.add(0, peer(1), "fleet");
  introductions.add(1, peer(1), "fleet");
  expect(introductions.countOf(hash32("fleet"))).toBe(2);
  for (let n = 2; n <= INTRODUCTIONS_MAX; n++) introductions.add(n, peer(n), "elsewhere");
  expect(introductions.countOf(hash32("fleet"))).toBe(1);
  expect(introductions.countOf(hash32("elsewhere"))).toBe(INTRODUCTIONS_MAX - 1);
});

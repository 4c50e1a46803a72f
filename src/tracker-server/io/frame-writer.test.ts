import { expect, test } from "vitest";
import { FlushQueue, frameBytesOf, writeFrames, type FramePayload } from "./frame-writer.ts";

const framesOf = (...payloads: FramePayload[]): Buffer =>
  writeFrames(
    payloads,
    payloads.reduce((sum, payload) => sum + frameBytesOf(payload), 0),
  );

test("a short text has its length in one byte, a longer one in two (RFC 6455 section 5.2)", () => {
  expect(framesOf("abc").toString("hex")).toBe("8103616263");
  expect(framesOf("x".repeat(125)).subarray(0, 2).toString("hex")).toBe("817d");
  expect(framesOf("x".repeat(126)).subarray(0, 4).toString("hex")).toBe("817e007e");
  expect(framesOf("x".repeat(65_535)).subarray(0, 4).toString("hex")).toBe("817effff");
});

test("frames follow each other without a gap, whether their payloads are bytes or text", () => {
  expect(framesOf("a", Buffer.from("bc"), "")).toEqual(Buffer.from([0x81, 1, 0x61, 0x81, 2, 0x62, 0x63, 0x81, 0]));
});

test("text is counted in bytes of UTF-8", () => {
  expect(framesOf("€").toString("hex")).toBe("8103e282ac");
  expect(framesOf("€".repeat(42))).toHaveLength(4 + 126);
});

test("a text that no tracker sends is a bug, not a frame", () => {
  expect(() => framesOf("x".repeat(65_536))).toThrow("64 KiB");
});

test("whoever was sent something is flushed once, when the turn is over", async () => {
  const queue = new FlushQueue(() => 0);
  const flushed: string[] = [];
  const source = (name: string) => ({ flush: () => flushed.push(name) });
  queue.add(source("alice"));
  queue.add(source("bob"));
  expect(flushed).toEqual([]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(flushed).toEqual(["alice", "bob"]);
});

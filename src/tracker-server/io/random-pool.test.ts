import { expect, test } from "vitest";
import { drawRandomBytes } from "./random-pool.ts";

test("no byte is handed out twice: of ten thousand draws none is like another", () => {
  const drawn = Array.from({ length: 10_000 }, () => drawRandomBytes(8).toString("hex"));
  expect(new Set(drawn).size).toBe(10_000);
  expect(new Set(drawn.map((hex) => hex.length))).toEqual(new Set([16]));
});

import { expect, test } from "vitest";
import { RefusalWarnings } from "./refusal-warnings.ts";

test("each kind of warning comes once an hour, and a deliberate refusal never", () => {
  let now = 0;
  const said: string[] = [];
  const logger = { info: () => undefined, warn: (text: string) => said.push(text), error: () => undefined };
  const warnings = new RefusalWarnings(() => now, logger);
  for (const cause of ["address-rate", "address-full", "prefix-full", "memory-full", "origin", "draining"] as const)
    warnings.note(cause);
  expect(said).toEqual([expect.stringContaining("--trust-proxy"), expect.stringContaining("memoryBytesMax")]);
  now = 3_599_999;
  warnings.note("memory-full");
  expect(said).toHaveLength(2);
  now = 3_600_000;
  warnings.note("memory-full");
  expect(said).toHaveLength(3);
});

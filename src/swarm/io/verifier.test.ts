import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, expectTypeOf, test, vi } from "vitest";
import type { SwarmOptions } from "../../loader/swarm.ts";
import { segmentIdOf, trackIdOf } from "../../protocol/ids.ts";
import { Verifier } from "./verifier.ts";

const SEGMENT = segmentIdOf(trackIdOf("video"), { sequence: 7, tag: 1 });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Why what answers so is refused; undefined when it is let through. */
async function refusal(question: () => unknown): Promise<string | undefined> {
  const told: (string | undefined)[] = [];
  new Verifier().ask(SEGMENT, question, (reason) => told.push(reason));
  expect(told).toEqual([]);
  await vi.advanceTimersByTimeAsync(2000);
  expect(told).toHaveLength(1);
  return told[0];
}

describe("[T5] [IN20] a verifier that answers", () => {
  test("with a clear yes, at once or within 2 s, lets the segment through", async () => {
    expect(await refusal(() => ({ ok: true }))).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
    expect(await refusal(() => new Promise((resolve) => setTimeout(resolve, 1999, { ok: true })))).toBeUndefined();
  });

  test.each<[string, () => unknown, string]>([
    ["a no", () => ({ ok: false, reason: "not ours" }), "not ours"],
    ["a no without a reason", () => ({ ok: false }), "no reason given"],
    ["the promise of a no", () => Promise.resolve({ ok: false, reason: "late" }), "late"],
    ["undefined", () => undefined, "no verdict"],
    ["null", () => null, "no verdict"],
    ["true", () => true, "no verdict"],
    ["something like a yes", () => ({ ok: "true" }), "no reason given"],
    ["a list", () => [{ ok: true }], "no verdict"],
    ["a yes behind a function", () => () => ({ ok: true }), "no verdict"],
    ["a promise that is never kept", () => new Promise(() => undefined), "it took longer than 2 s"],
    ["a yes after 2 s", () => new Promise((resolve) => setTimeout(resolve, 2001, { ok: true })), "it took longer"],
    ["a rejection", () => Promise.reject(new Error("no network")), "no network"],
    ["a rejection with anything", () => Promise.reject(Object.create(null) as Error), "it threw"],
  ])("with %s refuses it", async (_, question, reason) => {
    expect(await refusal(question)).toContain(reason);
  });

  test("by throwing refuses it, be it from inside the answer", async () => {
    const fail = (): never => {
      throw new Error("a bug of the site");
    };
    expect(await refusal(fail)).toBe("a bug of the site");
    expect(await refusal(() => Object.defineProperty({}, "ok", { get: fail }))).toBe("a bug of the site");
    expect(await refusal(() => Object.defineProperty({}, "then", { get: fail }))).toBe("a bug of the site");
  });

  test("with anything whatever refuses it, unless `ok` is true", async () => {
    const promised = fc.anything().map((answer) => Promise.resolve(answer));
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.anything({ withNullPrototype: true }), promised), async (answer) => {
        const settled: unknown = await answer;
        fc.pre(!(typeof settled === "object" && settled !== null && "ok" in settled && settled.ok === true));
        expect(await refusal(() => answer)).toBeTypeOf("string");
      }),
      { numRuns: 300 },
    );
  });
});

test("[IN20] an answer about bytes that are gone is not told, nor is any after the end", async () => {
  const verifier = new Verifier();
  const told = vi.fn();
  verifier.ask(SEGMENT, () => ({ ok: true }), told);
  verifier.forget(SEGMENT);
  verifier.ask(SEGMENT, () => ({ ok: true }), told);
  verifier.close();
  await vi.advanceTimersByTimeAsync(3000);
  expect(told).not.toHaveBeenCalled();
});

test("[T5] what only may be a verdict is none to the compiler", () => {
  type Verify = NonNullable<SwarmOptions["verify"]>;
  expectTypeOf<() => { ok: true }>().toExtend<Verify>();
  expectTypeOf<() => Promise<{ ok: false; reason: string }>>().toExtend<Verify>();
  expectTypeOf<() => boolean>().not.toExtend<Verify>();
  expectTypeOf<() => undefined>().not.toExtend<Verify>();
  expectTypeOf<() => Promise<void>>().not.toExtend<Verify>();
  expectTypeOf<() => { ok: boolean }>().not.toExtend<Verify>();
  expectTypeOf<() => { ok: false }>().not.toExtend<Verify>();
});

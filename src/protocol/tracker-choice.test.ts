import { describe, expect, test } from "vitest";
import { createRng } from "../base/random.ts";
import { TrackerChoice } from "./tracker-choice.ts";

const choose = (urls: readonly string[], seed = 1): TrackerChoice => new TrackerChoice(urls, createRng(seed));
const seeds = Array.from({ length: 1_000 }, (_, seed) => seed);

describe("[TR30] where a viewer turns to", () => {
  test("the next on the list when one does not let it in, round and round", () => {
    const choice = choose(["a", "b", "c"]);
    const called = Array.from({ length: 7 }, () => {
      const { url } = choice;
      choice.failed(0);
      return url;
    });
    expect(called.join("")).toBe("abcabca");
  });

  test("the same again when it is lost, then the others that it named, and those of its own configuration last", () => {
    const choice = choose(["a", "own"]);
    choice.joined(["b", "a", "c"]);
    choice.lost(0);
    const called = Array.from({ length: 5 }, () => {
      const { url } = choice;
      choice.failed(0);
      return url;
    });
    expect(called).toEqual(["a", "b", "c", "own", "a"]);
  });

  test("from one tracker to the next at once, and after each round of all twice as long", () => {
    const spans = [0, 1, 2, 3, 4, 5].map((nth) =>
      Math.max(
        ...seeds.map((seed) => {
          const choice = choose(["a", "b"], seed);
          for (let n = 0; n < nth; n++) choice.failed(0);
          return choice.failed(0);
        }),
      ),
    );
    expect(spans.map((span) => Math.round(span / 500) * 500)).toEqual([500, 500, 500, 1_000, 500, 2_000]);
  });

  test("after what it asked for, when it is the only one", () => {
    expect(choose(["a"]).failed(0, 30_000)).toBeGreaterThanOrEqual(30_000);
    expect(choose(["a", "b"]).failed(0, 30_000)).toBeLessThanOrEqual(500);
  });
});

describe("[TR32] sent elsewhere", () => {
  test("it goes there at once, or when it was told to", () => {
    const choice = choose(["list"]);
    expect(choice.sentAway(5, 0, ["a", "b"])).toBe(5);
    expect(choice.url).toBe("a");
    choice.joined();
    expect(choice.sentAway(5, 250, ["b"])).toBe(255);
    expect(choice.url).toBe("b");
  });

  test("in circles, it takes its time after the fourth", () => {
    const choice = choose(["a"]);
    const waits = Array.from({ length: 40 }, (_, n) => choice.sentAway(0, 0, [n % 2 ? "a" : "b"]));
    expect(waits.slice(0, 4)).toEqual([0, 0, 0, 0]);
    expect(Math.min(...waits.slice(4))).toBeGreaterThan(0);
    expect(Math.max(...waits)).toBeGreaterThan(10_000);
    choice.joined();
    expect(choice.sentAway(0, 0, ["b"])).toBe(0);
  });
});

describe("[TR33] those who lose a tracker at one moment", () => {
  const returns = (withinMs: number | undefined): number[] =>
    seeds
      .map((seed) => {
        const choice = choose(["a"], seed);
        choice.joined();
        choice.spread(withinMs);
        return choice.lost(0);
      })
      .sort((a, b) => a - b);

  test("come back evenly over the span that it told, few of them within half a second", () => {
    const large = returns(10_000);
    expect(large.filter((at) => at < 1_000).length).toBeLessThan(130);
    expect(large.filter((at) => at > 9_000).length).toBeGreaterThan(70);
    expect(returns(undefined).at(-1)).toBeLessThanOrEqual(500);
    expect(returns(3_600_000).at(-1)).toBeLessThanOrEqual(30_000);
  });

  test("and that find it still down keep to that span", () => {
    const again = seeds.map((seed) => {
      const choice = choose(["a"], seed);
      choice.spread(10_000);
      return choice.failed(0);
    });
    expect(again.filter((at) => at < 1_000).length).toBeLessThan(130);
  });
});

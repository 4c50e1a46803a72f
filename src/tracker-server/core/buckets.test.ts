import { expect, test } from "vitest";
import { createCrowd } from "../../../testkit/tracker-crowd.ts";
import { createRng } from "../../base/random.ts";
import { Buckets } from "./buckets.ts";
import type { Member } from "./member.ts";

const contents = (buckets: Buckets, key: string, asker: object = {}): Set<Member | undefined> => {
  const list = buckets.around(key, asker);
  return new Set(Array.from({ length: list?.size ?? 0 }, (_, i) => list?.at(i)));
};

test("[TK7] a bucket holds what a set would hold, whatever is added and removed", () => {
  const rng = createRng(5);
  const crowd = createCrowd().addMany(12, 1);
  const buckets = new Buckets();
  const keys = ["DE", "FR", "JP"];
  const expected = new Map(keys.map((key) => [key, new Set<Member>()]));
  for (let step = 0; step < 2_000; step++) {
    const key = keys[Math.floor(rng.next() * keys.length)] ?? "";
    const member = crowd[Math.floor(rng.next() * crowd.length)];
    if (!member) throw new Error("a crowd of twelve");
    if (rng.next() < 0.4) {
      buckets.add(key, member);
      expected.get(key)?.add(member);
    } else {
      buckets.delete(key, member);
      expected.get(key)?.delete(member);
    }
    expect(contents(buckets, key)).toEqual(expected.get(key));
  }
});

test("whoever is alone with its key finds nobody there, and whoever has no key is found by nobody", () => {
  const [one, other] = createCrowd().addMany(2, 1);
  if (!one || !other) throw new Error("a crowd of two");
  const buckets = new Buckets();
  buckets.add("DE", one);
  buckets.add(undefined, other);
  expect(buckets.around("DE", one)).toBeUndefined();
  expect(contents(buckets, "DE", other)).toEqual(new Set([one]));
  expect(buckets.around(undefined, one)).toBeUndefined();
  buckets.delete(undefined, other);
  buckets.delete("FR", one);
  expect(contents(buckets, "DE", other)).toEqual(new Set([one]));
});

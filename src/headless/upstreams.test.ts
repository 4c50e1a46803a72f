import { expect, test } from "vitest";
import { Upstreams } from "./upstreams.ts";

test("[SE34] one that fails rests for longer each time, together failures count once, and work ends it", () => {
  let now = 0;
  const upstreams = new Upstreams(["https://a.example/", "https://b.example/"], () => now);
  const [a, b] = upstreams.all;
  const restMs = (): number => {
    upstreams.failed(a!);
    upstreams.failed(a!); // of another request at the same time
    const rest = a!.restsUntil - now;
    now = a!.restsUntil;
    return rest;
  };
  expect(Array.from({ length: 6 }, restMs)).toEqual([2000, 4000, 8000, 16_000, 30_000, 30_000]);
  a!.worked();
  expect(restMs()).toBe(2000);
  expect(upstreams.states()[0]).toMatchObject({ healthy: true, failures: 14 });
  expect(upstreams.inOrder()).toEqual([a, b]);
  upstreams.failed(a!);
  expect(upstreams.inOrder()).toEqual([b, a]);
  now += 100;
  upstreams.failed(b!);
  expect(upstreams.inOrder()).toEqual([b, a]); // all rest: first the one that will be back first
});

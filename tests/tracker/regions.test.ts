import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { startTracker, type RunningTracker } from "../../src/tracker-server/index.ts";
import type { TrackerLogger } from "../../src/tracker-server/io/logger.ts";
import { mmdbOf } from "../../testkit/mmdb.ts";
import { TestViewer } from "./test-viewer.ts";

const directory = mkdtempSync(path.join(tmpdir(), "regions-"));
const countries = path.join(directory, "countries.mmdb");
writeFileSync(
  countries,
  mmdbOf("Countries", {
    "198.18.0.0/16": { country: { iso_code: "DE" } },
    "198.19.0.0/16": { country: { iso_code: "JP" } },
  }),
);

let tracker: RunningTracker | undefined;
afterEach(() => tracker?.close());
afterAll(() => {
  rmSync(directory, { recursive: true });
});

const TRACK = "00000000000000aa";

/** Ten viewers of each of two regions, every one in a network of its own, and those that a newcomer to each meets. */
async function meetings(headersOf: (address: string, region: string) => Record<string, string>) {
  const running = tracker;
  if (!running) throw new Error("no tracker is running");
  const join = (region: "DE" | "JP", n: number): Promise<TestViewer> => {
    const address = `198.${region === "DE" ? "18" : "19"}.${String(n)}.7`;
    return TestViewer.join(running, { track: TRACK, peersWanted: 8 }, { headers: headersOf(address, region) });
  };
  const regions = new Map<string, string>();
  for (let n = 0; n < 10; n++)
    for (const region of ["DE", "JP"] as const) regions.set((await join(region, n)).id, region);
  const met = (viewer: TestViewer): (string | undefined)[] =>
    viewer.joined.peers.map(({ peer }) => regions.get(peer)).slice(0, NEARBY);
  return { german: met(await join("DE", 10)), japanese: met(await join("JP", 10)) };
}

/** All but the one of eight that is drawn from everywhere. */
const NEARBY = 7;
const all = (region: string): string[] => new Array<string>(NEARBY).fill(region);

describe("viewers of two regions behind a proxy", () => {
  test("[TK21] [TK25] meet those of their own, by their addresses in the database", async () => {
    const lines: string[] = [];
    const note = (text: string): void => void lines.push(text);
    const logger: TrackerLogger = { info: note, warn: note, error: note };
    tracker = await startTracker({ port: 0, trustProxy: ["loopback"], geoip: [countries], logger });
    const met = await meetings((address) => ({ "x-forwarded-for": address }));
    expect(met).toEqual({ german: all("DE"), japanese: all("JP") });
    expect(lines.join()).not.toMatch(/198\.1[89]/);
    expect(JSON.stringify(tracker.stats())).not.toMatch(/198\.1[89]/);
  });

  test("[TK21] [TK25] meet those of their own, by what the proxy says", async () => {
    tracker = await startTracker({ port: 0, trustProxy: ["loopback"], regionHeader: "CF-IPCountry" });
    const met = await meetings((address, region) => ({ "x-forwarded-for": address, "cf-ipcountry": region }));
    expect(met).toEqual({ german: all("DE"), japanese: all("JP") });
  });

  test("[TK25] meet anybody where the header is not believed", async () => {
    tracker = await startTracker({ port: 0, regionHeader: "CF-IPCountry" });
    const met = await meetings((_, region) => ({ "cf-ipcountry": region }));
    expect(met).not.toEqual({ german: all("DE"), japanese: all("JP") });
  });
});

test("a database that cannot be read keeps the tracker from starting", async () => {
  await expect(startTracker({ port: 0, geoip: ["/nowhere.mmdb"] })).rejects.toThrow("cannot read /nowhere.mmdb");
});

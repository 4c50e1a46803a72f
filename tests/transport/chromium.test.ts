import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bundleForPage } from "../../testkit/bundle.ts";
import { launchChromium } from "../../testkit/chromium.ts";
import { peerLinkContract } from "../../testkit/peer-link-contract.ts";

let browser: Browser;
let script: string;
/** Whether ICE finds a candidate here: it needs a network interface and a default route. */
let isReachable: boolean;

async function openPage(): Promise<Page> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addScriptTag({ content: script });
  return page;
}

/** Calls a function of `page.ts`. */
const call = <Result>(page: Page, name: string, ...args: readonly unknown[]): Promise<Result> =>
  page.evaluate(`Transport.${name}(${args.map((arg) => JSON.stringify(arg)).join(", ")})`);

beforeAll(async () => {
  script = await bundleForPage(new URL("page.ts", import.meta.url), "Transport");
  browser = await launchChromium();
  isReachable = await call<boolean>(await openPage(), "hasCandidates");
});

beforeEach(({ skip }) => {
  skip(!isReachable, "ICE finds no candidate here, so no two peers can meet");
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser.close();
});

describe("simple-peer in Chromium", () => {
  test.each(peerLinkContract.map(({ name }) => name))("%s", async (name) => {
    const page = await openPage();
    await call(page, "proveClause", name);
  });

  test("a hundred pairs opened and closed leave nothing behind", async () => {
    const page = await openPage();
    expect(await call(page, "openAndClosePairs", 100)).toEqual({
      connectionsMade: 200,
      connectionsOpen: 0,
      timers: 0,
      pageHideListeners: 0,
    });
  });

  test("everything passes through a small application window", async () => {
    const page = await openPage();
    const byteLength = 8 * 1024 * 1024;
    const { receivedBytes, bitsPerSecond } = await call<{ receivedBytes: number; bitsPerSecond: number }>(
      page,
      "sendThroughWindow",
      byteLength,
      64 * 1024,
    );
    console.log(`64 KiB window, 16 KiB frames, one page: ${(bitsPerSecond / 1e6).toFixed(0)} Mbit/s`);
    expect(receivedBytes).toBe(byteLength);
  });

  test("a peer learns at once that the other's tab was closed", async () => {
    const [leaving, staying] = [await openPage(), await openPage()];
    for (const [from, to] of [
      [leaving, staying],
      [staying, leaving],
    ] as const)
      await from.exposeFunction("relay", (signal: string) => call(to, "signalSide", signal));
    await call(staying, "openSide", false);
    await call(leaving, "openSide", true);
    await Promise.all([call(leaving, "sideOpened"), call(staying, "sideOpened")]);
    const closedAt = performance.now();
    await leaving.close();
    await call(staying, "sideClosed");
    // Untold, ICE calls the path disconnected after five seconds at the earliest.
    expect(performance.now() - closedAt).toBeLessThan(4_000);
  });
});

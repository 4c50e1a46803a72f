import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { runDemo, spawnDemo } from "./running-demo.ts";

async function outcomeOf(args: readonly string[]) {
  const child = spawnDemo(args);
  const [said, complained, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once("close", resolve)),
  ]);
  return { code, said, complained };
}

test("a wrong option is named, with what would be right", async () => {
  for (const [args, complaint] of [
    [["--port", "many"], /--port must be a number from 0/],
    [["--segment-seconds", "3"], /--segment-seconds must be 2 or 4/],
    [["--bitrate", "0.1"], /--bitrate must be a number from 0\.5/],
    [["--colour"], /--colour/],
  ] as const) {
    const { code, complained } = await outcomeOf(args);
    expect(code).toBe(2);
    expect(complained).toMatch(complaint);
    expect(complained).toContain("Usage: npm start");
  }
});

test("--help tells the options and starts nothing", async () => {
  const { code, said } = await outcomeOf(["--help"]);
  expect(code).toBe(0);
  expect(said).toContain("--viewers <number>");
});

test("a taken port is passed over; headless viewers come; Ctrl-C ends it all", async () => {
  const squatter = createServer().listen(0, "127.0.0.1");
  await once(squatter, "listening");
  const address = squatter.address();
  const taken = typeof address === "object" && address ? address.port : 0;
  const demo = await runDemo(["--port", String(taken), "--viewers", "2"]);
  try {
    expect(Number(new URL(demo.pageUrl).port)).toBeGreaterThan(taken);
    expect(demo.output()).toContain("2 headless");
    const viewers = async () => {
      const health: unknown = await (await fetch(`${demo.trackerUrl.replace("ws:", "http:")}/healthz`)).json();
      return health;
    };
    await expect.poll(viewers, { timeout: 30_000 }).toMatchObject({ viewers: 2 });
  } finally {
    expect(await demo.stop()).toBe(0);
    squatter.close();
  }
  await expect(fetch(demo.pageUrl)).rejects.toThrow();
});

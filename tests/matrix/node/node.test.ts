/** The packed server side in each Node that it promises to run in. 22 and 24 come with the matrix, for Linux on x64. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createConsumer, ROOT, type Consumer } from "../../package/consumer.ts";
import { SERVER_RENDERING, SERVER_RENDERING_SAYS, TRACKER } from "../../package/node-scripts.ts";
import { TestViewer } from "../../tracker/test-viewer.ts";
import { tried } from "../rows.ts";

let consumer: Consumer;

beforeAll(async () => {
  consumer = await createConsumer();
  await consumer.write("tracker.mjs", TRACKER);
  await consumer.write("ssr.mjs", SERVER_RENDERING);
});
afterAll(async () => {
  await consumer.close();
});

/** The second viewer that joins is told of the first. */
async function expectIntroduction(port: string): Promise<void> {
  const tracker = { url: `ws://127.0.0.1:${port}` };
  const first = await TestViewer.join(tracker);
  const second = await TestViewer.join(tracker);
  const introduced = [...first.joined.peers, ...second.joined.peers];
  expect(introduced.map(({ peer }) => peer)).toEqual([first.id]);
  await Promise.all([first.leave(), second.leave()]);
}

const ownMajor = process.versions.node.split(".")[0] ?? "";
const bundled = (major: string): string => `${ROOT}tests/matrix/node_modules/node-${major}/bin/node`;
const NODES = ["20", "22", "24"].map((major) => ({
  major,
  node: major === ownMajor ? process.execPath : bundled(major),
}));

describe.each(NODES)("Node $major", ({ major, node }) => {
  test("the command, the import, and rendering on a server", async ({ skip }) => {
    skip(!existsSync(node), `no Node ${major} here: an optional package of tests/matrix brings it`);
    const command = ["node_modules/hls-swarm/dist/cli.js", "tracker", "--port", "0"];
    for (const script of [command, ["tracker.mjs"]]) {
      const tracker = await consumer.start(/ws:\/\/\S+?:(\d+)/, node, ...script);
      try {
        expect((await fetch(`http://127.0.0.1:${tracker.said}/healthz`)).status).toBe(200);
        await expectIntroduction(tracker.said);
      } finally {
        await tracker.stop();
      }
    }
    expect(await consumer.run(node, "ssr.mjs")).toBe(SERVER_RENDERING_SAYS);
    tried({
      section: "node",
      what: "hls-swarm tracker, hls-swarm/tracker, importing hls-swarm on a server",
      versions: `Node ${execFileSync(node, ["--version"], { encoding: "utf8" }).trim().slice(1)}`,
      result: "viewers join over WebSocket and are introduced; the browser's entry changes and starts nothing",
    });
  });
});

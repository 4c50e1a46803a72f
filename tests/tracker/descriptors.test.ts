import { spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, get, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/* A process that has no file descriptor left, which a crowd brings about wherever the operator did not raise the limit. */

const CLI = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const DESCRIPTORS = 40;

test("a tracker out of file descriptors goes on with the sockets it has", async () => {
  const tracker = spawn("sh", [
    "-c",
    `ulimit -n ${String(DESCRIPTORS)}; exec "$0" "$@"`,
    process.execPath,
    CLI,
    "tracker",
    "--port",
    "0",
  ]);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const crowd: Socket[] = [];
  try {
    const port = await portOf(tracker.stdout);
    const ask = async (path: string): Promise<number | undefined> => {
      const [response] = (await once(get({ port, path, agent }), "response")) as [IncomingMessage];
      response.resume();
      await once(response, "end");
      return response.statusCode;
    };
    expect(await ask("/healthz")).toBe(200);
    for (let n = 0; n < 2 * DESCRIPTORS; n++) crowd.push(connect(port, "127.0.0.1").on("error", () => undefined));
    // Those beyond the limit are taken from the queue only to be closed.
    await Promise.race(crowd.map((socket) => once(socket, "close")));
    expect(await ask("/debug.json")).toBe(200);
  } finally {
    agent.destroy();
    for (const socket of crowd) socket.destroy();
    tracker.kill("SIGKILL");
  }
});

async function portOf(out: NodeJS.ReadableStream): Promise<number> {
  for (let said = ""; ;) {
    const [chunk] = (await once(out, "data")) as [Buffer];
    said += chunk.toString();
    const port = /127\.0\.0\.1:(\d+)/.exec(said)?.[1];
    if (port !== undefined) return Number(port);
  }
}

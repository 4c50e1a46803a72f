import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { TrackerStats } from "../../src/tracker-server/core/stats.ts";
import type { TrackerOptions } from "../../src/tracker-server/index.ts";

/** A tracker in a process of its own, whose memory is nobody else's, and which can be stopped as the system would. */
export class TrackerProcess {
  readonly url: string;
  readonly port: number;
  readonly child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.child = child;
    this.url = url;
    this.port = Number(new URL(url).port);
  }

  static async start(options: TrackerOptions = {}): Promise<TrackerProcess> {
    await mkdir(FOLDER, { recursive: true });
    await build({
      stdin: { contents: PROGRAM, resolveDir: ROOT, loader: "ts" },
      outfile: `${FOLDER}/tracker.mjs`,
      bundle: true,
      packages: "external",
      platform: "node",
      format: "esm",
      logLevel: "error",
    });
    const child = fork(`${FOLDER}/tracker.mjs`, [JSON.stringify(options)], { execArgv: ["--expose-gc"] });
    const [url] = (await Promise.race([once(child, "message"), endOf(child)])) as [string];
    return new TrackerProcess(child, url);
  }

  async stats(): Promise<TrackerStats> {
    return (await this.#ask("stats")) as TrackerStats;
  }

  /** What is on the heap once the garbage is gone, and all that the process takes. */
  async memory(): Promise<{ readonly heapBytes: number; readonly rssBytes: number }> {
    return (await this.#ask("memory")) as { heapBytes: number; rssBytes: number };
  }

  async #ask(question: "stats" | "memory"): Promise<unknown> {
    const answer = Promise.race([once(this.child, "message"), endOf(this.child)]);
    this.child.send(question);
    return ((await answer) as [unknown])[0];
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const end = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await end;
    await rm(FOLDER, { recursive: true, force: true });
  }
}

async function endOf(child: ChildProcess): Promise<never> {
  await once(child, "exit");
  throw new Error("the tracker's process ended");
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FOLDER = `${ROOT}node_modules/.cache/tracker-process-${String(process.pid)}`;

const PROGRAM = `
import { startTracker } from "./src/tracker-server/index.ts";
const tracker = await startTracker({ port: 0, host: "127.0.0.1", ...JSON.parse(process.argv[2]) });
const answers = {
  stats: () => tracker.stats(),
  memory() {
    for (let round = 0; round < 3; round++) globalThis.gc();
    const { heapUsed, external, rss } = process.memoryUsage();
    return { heapBytes: heapUsed + external, rssBytes: rss };
  },
};
process.on("message", (question) => process.send(answers[question]()));
process.on("SIGTERM", () => void tracker.drain().then(() => process.connected && process.disconnect()));
process.send(tracker.url);
`;

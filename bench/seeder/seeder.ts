/** The seeder under test: the command itself, in a process of its own, and what it tells on its status pages. */
import { setTimeout as sleep } from "node:timers/promises";
import type { SeederStatus } from "../../src/seeder/status.ts";
import { findFreePort } from "../../tests/matrix/proxies/proxy.ts";
import { PEERS_MAX, type BenchOptions } from "./options.ts";
import { cpuSecondsOf } from "./process-usage.ts";
import { Program } from "./program.ts";

export interface SeederReport {
  readonly cpuSeconds: number;
  /** Without the segments in its cache, which are as many with one peer as with a hundred. */
  readonly rssBytes: number;
  readonly links: number;
}

export class Seeder {
  readonly #program: Program;
  readonly #statusUrl: string;

  private constructor(program: Program, statusUrl: string) {
    this.#program = program;
    this.#statusUrl = statusUrl;
  }

  static async open(cli: string, streamUrl: string, trackerUrl: string, options: BenchOptions): Promise<Seeder> {
    const { uplinkMbps, profile } = options;
    const port = await findFreePort();
    const uplink = uplinkMbps === undefined ? [] : ["--uplink-mbps", String(uplinkMbps)];
    const profiling = profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`];
    const limits = ["--max-peers", String(PEERS_MAX), ...uplink];
    const args = ["seeder", streamUrl, "--tracker", trackerUrl, "--status-port", String(port), ...limits];
    const program = Program.run(cli, args, profiling);
    const seeder = new Seeder(program, `http://127.0.0.1:${port}/status`);
    await seeder.#untilReady();
    return seeder;
  }

  async report(): Promise<SeederReport> {
    const { memory, peers } = await this.#status();
    return {
      cpuSeconds: cpuSecondsOf(this.#program.pid),
      rssBytes: memory.rssBytes - memory.cacheBytes,
      links: peers.open,
    };
  }

  async close(): Promise<void> {
    await this.#program.stop();
  }

  async #untilReady(): Promise<void> {
    for (let left = READY_SECONDS_MAX * 10; left > 0; left--) {
      const isReady = await this.#status().then(
        ({ tracker }) => tracker === "joined",
        () => false,
      );
      if (isReady) return;
      await sleep(100);
    }
    await this.close();
    throw new Error("the seeder does not come up");
  }

  async #status(): Promise<SeederStatus> {
    const answer = await fetch(this.#statusUrl);
    return (await answer.json()) as SeederStatus;
  }
}

const READY_SECONDS_MAX = 20;

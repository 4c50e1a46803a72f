/** The command `seeder` in a process of its own, whose memory is nobody else's. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { SeederStatus } from "../../src/seeder/status.ts";
import type { PeerStats } from "../../src/swarm/core/stats.ts";
import { findFreePort } from "../matrix/proxies/proxy.ts";
import { until } from "./until.ts";

/** What it holds once its garbage is gone. */
export interface Footprint {
  readonly heapBytes: number;
  readonly sockets: number;
  readonly timers: number;
  readonly files: number;
}

export class SeederProcess {
  readonly peerUrl: string;
  readonly #child: ChildProcess;
  readonly #statusUrl: string;

  private constructor(child: ChildProcess, statusPort: number, peerPort: number) {
    this.#child = child;
    this.#statusUrl = `http://127.0.0.1:${String(statusPort)}`;
    this.peerUrl = `ws://127.0.0.1:${String(peerPort)}`;
  }

  /** Resolves when it is at its tracker, and has something to give. */
  static async start(playlist: string, tracker: string): Promise<SeederProcess> {
    const [statusPort, peerPort] = [await findFreePort(), await findFreePort()];
    const ports = [
      "--status-port",
      String(statusPort),
      "--listen-ws",
      String(peerPort),
      "--listen-ws-host",
      "127.0.0.1",
    ];
    const child = fork(CLI, ["seeder", playlist, "--tracker", tracker, "--warm", ...ports], {
      execArgv: ["--expose-gc", "--import", FOOTPRINT],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    const seeder = new SeederProcess(child, statusPort, peerPort);
    await until(() =>
      seeder.status().then(
        ({ tracker: at, memory }) => at === "joined" && memory.cacheBytes > 0,
        () => false,
      ),
    );
    return seeder;
  }

  async status(): Promise<SeederStatus> {
    return (await this.#page("/status")) as SeederStatus;
  }

  async peers(): Promise<readonly PeerStats[]> {
    return (await this.#page("/peers")) as readonly PeerStats[];
  }

  async footprint(): Promise<Footprint> {
    const answer = once(this.#child, "message");
    this.#child.send("?");
    return ((await answer) as [Footprint])[0];
  }

  async stop(): Promise<void> {
    const end = once(this.#child, "exit");
    this.#child.kill();
    await end;
  }

  async #page(path: string): Promise<unknown> {
    return (await fetch(this.#statusUrl + path, { headers: { connection: "close" } })).json();
  }
}

const CLI = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const FOOTPRINT = fileURLToPath(new URL("footprint.mjs", import.meta.url));

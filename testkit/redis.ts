import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A real redis-server of a test's own, that can be killed and come back on the same port. */
export interface TestRedis {
  readonly port: number;
  readonly url: string;
  /** What `redis-cli` answers. */
  command(...args: readonly string[]): Promise<string>;
  /** Stops reading and answering, as a machine does that swaps. */
  signal(name: NodeJS.Signals): void;
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Kills it and removes its files. */
  close(): Promise<void>;
}

export async function startRedis(...options: readonly string[]): Promise<TestRedis> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "hls-swarm-redis-"));
  const fixed = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no"];
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    child = spawn("redis-server", [...fixed, ...options], { stdio: ["ignore", "pipe", "ignore"] });
    const { stdout } = child;
    if (!stdout) throw new Error("redis-server has no output");
    for await (const text of stdout) if (String(text).includes("Ready to accept connections")) break;
  };
  const kill = async (): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };
  await start();
  return {
    port,
    url: `redis://127.0.0.1:${String(port)}`,
    command: async (...args) => (await run("redis-cli", ["-p", String(port), ...args])).stdout,
    signal: (name) => child?.kill(name),
    kill,
    restart: async () => {
      await kill();
      await start();
    },
    close: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Three masters of a Redis cluster. */
export async function startRedisCluster(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const options = ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"];
  const nodes = await Promise.all([1, 2, 3].map(() => startRedis(...options)));
  const addresses = nodes.map(({ port }) => `127.0.0.1:${String(port)}`);
  await run("redis-cli", ["--cluster", "create", ...addresses, "--cluster-yes"]);
  return {
    url: `redis-cluster://${addresses.join(",")}`,
    close: async () => {
      await Promise.all(nodes.map((node) => node.close()));
    },
  };
}

/** A port that is free now, and so that the one 10,000 above, which a cluster takes as well, exists. */
async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    server.close();
    await once(server, "close");
    if (typeof address === "object" && address && address.port < 55_000) return address.port;
  }
}

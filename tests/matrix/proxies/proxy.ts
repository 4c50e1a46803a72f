/** A real proxy in a process of its own, on files in a folder of its own; gone when the test says so. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";

export interface RunningProxy {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Resolves once the proxy has said that it serves. Rejects with what it said instead. `folder` is its home. */
export async function startProxy(
  folder: string,
  command: string,
  args: readonly string[],
  serves: RegExp,
): Promise<RunningProxy> {
  const child = spawn(command, args, {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, HOME: folder },
  });
  const ended = once(child, "close");
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  while (!serves.test(said)) {
    const isOver = await Promise.race([once(child.stderr, "data").then(() => false), ended.then(() => true)]);
    if (isOver) throw new Error(`${command} ended: ${said}`);
  }
  return {
    pid: child.pid ?? 0,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** A port that was free a moment ago: a proxy cannot be asked to choose. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (typeof address !== "object" || !address) throw new Error("no port");
  return address.port;
}

import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

/** `npm start`, or another example that prints the same addresses, as a process of its own. */
export interface RunningDemo {
  readonly pageUrl: string;
  readonly cdnUrl: string;
  readonly trackerUrl: string;
  /** What it has printed so far. */
  output(): string;
  /** Ctrl-C. Resolves with the exit code. */
  stop(): Promise<number | null>;
}

const DEMO = "examples/demo/start.mjs";
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Resolves when it has printed its addresses. */
export async function runDemo(args: readonly string[], program = DEMO): Promise<RunningDemo> {
  const child = spawnDemo(args, program);
  const gone = once(child, "close").then(([code]) => (typeof code === "number" ? code : null));
  let output = "";
  const ready = new Promise<void>((resolve) => {
    const hear = (piece: Buffer): void => {
      output += piece.toString();
      if (output.includes("Ctrl-C stops it")) resolve();
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
  });
  await Promise.race([ready, gone.then((code) => Promise.reject(new Error(`ended with ${String(code)}:\n${output}`)))]);
  const portIn = (name: string): string => {
    const port = new RegExp(`${name} +http://localhost:(\\d+)`).exec(output)?.[1];
    if (port === undefined) throw new Error(`no port of the ${name} in:\n${output}`);
    return port;
  };
  return {
    // Not "localhost": a browser would try IPv6 first, where nobody listens.
    pageUrl: `http://127.0.0.1:${portIn("page")}`,
    cdnUrl: `http://127.0.0.1:${portIn("CDN")}`,
    trackerUrl: `ws://127.0.0.1:${portIn("tracker")}`,
    output: () => output,
    stop() {
      child.kill("SIGINT");
      return gone;
    },
  };
}

export function spawnDemo(args: readonly string[], program = DEMO): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, [program, ...args], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

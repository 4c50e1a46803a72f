/** A contender's tracker, in a process of its own. */
import { fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

export type TrackerKind = "bittorrent" | "hls-swarm";

export interface RunningTracker {
  readonly url: string;
  /** Without a word to its viewers. Idempotent. */
  kill(): Promise<void>;
}

export async function startTracker(kind: TrackerKind, root: string): Promise<RunningTracker> {
  const child = fork(path.join(root, "bench/browser/tracker-process.mjs"), [kind], {
    stdio: ["ignore", process.stderr, process.stderr, "ipc"],
  });
  const ended = once(child, "exit");
  const started = once(child, "message").then(([message]: unknown[]) => addressOf(message));
  const failed = ended.then(() => undefined);
  const url = await Promise.race([started, failed]);
  if (url === undefined) throw new Error(`the ${kind} tracker did not start`);
  return {
    url,
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function addressOf(message: unknown): string {
  if (typeof message === "object" && message !== null && "url" in message && typeof message.url === "string")
    return message.url;
  throw new Error("the tracker told no address");
}

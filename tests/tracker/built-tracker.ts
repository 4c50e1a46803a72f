import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("built-tracker.mjs", import.meta.url));

/** Starts `built-tracker.mjs`; resolves when it listens. The test that started it kills it. */
export async function startBuiltTracker(bus: string, workers = 0) {
  const child = spawn(process.execPath, [PROGRAM, bus, String(workers)], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit").then(([code]: unknown[]) => code);
  const workerPids: number[] = [];
  let url = "";
  const lines = createInterface({ input: child.stdout });
  await new Promise<void>((resolve, reject) => {
    lines.on("line", (line) => {
      const [word, value = ""] = line.split(" ");
      if (word === "worker") workerPids.push(Number(value));
      if (word !== "listening") return;
      url = value;
      resolve();
    });
    child.once("exit", () => {
      reject(new Error("the tracker did not come up"));
    });
  });
  return {
    url,
    workerPids,
    /** Resolves with its exit status. */
    ended,
    signal: (name: NodeJS.Signals) => child.kill(name),
    async kill(): Promise<void> {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

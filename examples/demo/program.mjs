/** A command of ours as a process of its own, whose lines are handed on. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const CLI = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

/**
 * @param {readonly string[]} args
 * @param {(line: string) => void} heard  of both outputs
 * @returns {{ readonly gone: Promise<unknown>, close(): Promise<void> }}
 */
export function startProgram(args, heard) {
  // A group of its own: Ctrl-C at the terminal must reach it through us alone, in our order.
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ["ignore", "pipe", "pipe"], detached: true });
  for (const output of [child.stdout, child.stderr]) createInterface({ input: output }).on("line", heard);
  const gone = once(child, "close");
  return {
    gone,
    async close() {
      child.kill("SIGTERM");
      const impatience = setTimeout(() => child.kill("SIGKILL"), CLOSE_MS_MAX);
      await gone;
      clearTimeout(impatience);
    },
  };
}

/** A goodbye takes a fraction of a second. */
const CLOSE_MS_MAX = 5000;

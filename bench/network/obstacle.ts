/** Whether this machine can run the network benchmark at all. */
import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { findChromium } from "../../scripts/find-chromium.mjs";

/** What is missing, for a person; undefined when nothing is. */
export function obstacleFor({ witnesses }: { readonly witnesses: number }): string | undefined {
  if (process.platform !== "linux") return "it needs Linux with network namespaces";
  if (process.getuid?.() !== 0) return "it needs root, for network namespaces and TUN devices";
  if (!canOpen("/dev/net/tun")) return "it needs /dev/net/tun";
  if (!runs("ip", ["-V"])) return "it needs the command ip (apt-get install iproute2)";
  if (!runs("cc", ["--version"])) return "it needs a C compiler (apt-get install gcc libc6-dev)";
  if (!canMakeNamespaces()) return "it may not make network namespaces here";
  if (witnesses > 0 && !findChromium())
    return "it needs a Chromium for its witnesses (npm run setup installs one; --witnesses 0 does without)";
  return undefined;
}

function canMakeNamespaces(): boolean {
  const name = `hls-swarm-probe-${process.pid}`;
  const made = runs("ip", ["netns", "add", name]) && runs("ip", ["netns", "exec", name, "true"]);
  runs("ip", ["netns", "delete", name]);
  return made;
}

const runs = (command: string, args: readonly string[]): boolean =>
  spawnSync(command, args, { stdio: "ignore" }).status === 0;

function canOpen(path: string): boolean {
  try {
    closeSync(openSync(path, "r+"));
    return true;
  } catch {
    return false;
  }
}

/**
 * A network of access lines around one middle: each in a network namespace of its own, joined by the switch (switch.c).
 * Starts processes inside of them, and leaves nothing behind. What runs there is not its business.
 */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { parseSwitchReport, type SwitchReport } from "./switch-report.ts";

export interface AccessLine {
  /** 0: without limit. */
  readonly uplinkBitsPerSecond: number;
  readonly downlinkBitsPerSecond: number;
  /** One way, of this line alone: a path has two. */
  readonly delayMs: number;
  readonly lossShare: number;
  /** Of its router, in time at the line's rate, each way. */
  readonly queueMs: number;
}

export class ShapedNetwork {
  readonly #namespaces: readonly string[];
  readonly #children = new Set<ChildProcess>();
  readonly #reports: SwitchReport[] = [];

  private constructor(count: number) {
    this.#namespaces = Array.from({ length: count }, (_, port) => `${NAME}-${process.pid}-${port + 1}`);
  }

  /** `program` is the compiled switch. */
  static async open(program: string, lines: readonly AccessLine[], seed: number): Promise<ShapedNetwork> {
    clearRemains();
    const network = new ShapedNetwork(lines.length);
    try {
      await network.#connect(program, lines, seed);
      return network;
    } catch (error) {
      await network.close();
      throw error;
    }
  }

  /** What every line has carried, twice a second since the beginning. */
  get reports(): readonly SwitchReport[] {
    return this.#reports;
  }

  /** The address at the end of a line, by its index. */
  addressOf(line: number): string {
    return `${SUBNET}.${line + 1}`;
  }

  /** What to put before a command so that it runs at the end of a line. */
  prefixFor(line: number): readonly string[] {
    return ["ip", "netns", "exec", this.#namespaces[line] ?? ""];
  }

  /** A Node process at the end of a line, that we can talk to. It must end when we go: see conversation.ts. */
  startNode(line: number, script: string, argument: unknown): ChildProcess {
    const [command = "", ...rest] = this.prefixFor(line);
    const child = spawn(command, [...rest, process.execPath, script, JSON.stringify(argument)], {
      stdio: ["ignore", process.stderr, process.stderr, "ipc"],
      serialization: "advanced",
      detached: true, // Ctrl-C is for us, who will close it
    });
    this.#children.add(child);
    child.once("exit", () => this.#children.delete(child));
    return child;
  }

  /** Ends every process that was started here. Idempotent. */
  async close(): Promise<void> {
    await Promise.all(
      [...this.#children].map(async (child) => {
        const ended = once(child, "exit");
        child.kill("SIGKILL");
        await ended;
      }),
    );
    for (const namespace of this.#namespaces) removeNamespace(namespace);
  }

  async #connect(program: string, lines: readonly AccessLine[], seed: number): Promise<void> {
    for (const namespace of this.#namespaces) ip(["netns", "add", namespace]);
    const ports = lines.map((line, index) =>
      [
        this.#namespaces[index],
        line.uplinkBitsPerSecond,
        line.downlinkBitsPerSecond,
        line.delayMs * 1000,
        line.lossShare * 1e6,
        line.queueMs,
      ].join(","),
    );
    // Ends when its standard input does, so also when we are killed.
    const child = spawn(program, [String(seed), ...ports], { stdio: ["pipe", "pipe", process.stderr], detached: true });
    this.#children.add(child);
    child.once("exit", () => this.#children.delete(child));
    const output = createInterface(child.stdout);
    const [word] = (await Promise.race([once(output, "line"), once(child, "exit")])) as unknown[];
    if (word !== "ready") throw new Error("the switch did not start");
    output.on("line", (line) => this.#reports.push(parseSwitchReport(line)));
    for (const [index, namespace] of this.#namespaces.entries()) {
      ip(["-n", namespace, "link", "set", "lo", "up"]);
      // No IPv6: its own addresses would be candidates that lead nowhere.
      ip(["-n", namespace, "link", "set", "eth0", "addrgenmode", "none"]);
      ip(["-n", namespace, "address", "add", `${this.addressOf(index)}/24`, "dev", "eth0"]);
      ip(["-n", namespace, "link", "set", "eth0", "up"]);
      // ICE gathers no candidates without a default route.
      ip(["-n", namespace, "route", "add", "default", "dev", "eth0"]);
    }
  }
}

/** Of benchmarks that were killed: what they started has ended with them, their namespaces have not. */
function clearRemains(): void {
  if (!existsSync(NAMESPACES)) return;
  for (const name of readdirSync(NAMESPACES)) {
    const pid = new RegExp(`^${NAME}-(\\d+)-\\d+$`).exec(name)?.[1];
    if (pid !== undefined && (pid === String(process.pid) || !existsSync(`/proc/${pid}`))) removeNamespace(name);
  }
}

function removeNamespace(name: string): void {
  if (existsSync(`${NAMESPACES}/${name}`)) ip(["netns", "delete", name]);
}

const ip = (args: readonly string[]): void => {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "inherit"] });
};

const NAMESPACES = "/run/netns";
const NAME = "hls-swarm";
/** Nobody outside of the namespaces sees it. */
const SUBNET = "10.77.0";

/** A program that the benchmark runs beside itself: one of its own that answers questions, or a command of ours that prints JSON. */
import { fork, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export class Program {
  readonly #child: ChildProcess;
  /** Rejects when it is over, whoever waits for it by then. */
  readonly #ended: Promise<never>;
  /** What it printed last. */
  last: unknown;

  private constructor(name: string, child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, "exit").then(() => {
      throw new Error(`${name} ended`);
    });
    this.#ended.catch(() => undefined); // most end when nobody waits
  }

  /** One of the benchmark's own, that has said its first word: what it said is `last`. */
  static async fork(file: string, setup: object): Promise<Program> {
    const program = new Program(
      file,
      fork(file, [JSON.stringify(setup)], { stdio: ["ignore", "inherit", "inherit", "ipc"] }),
    );
    program.last = await program.#word();
    return program;
  }

  /** A command of the library, which says nothing that is of interest here. */
  static run(cli: string, args: readonly string[], nodeArgs: readonly string[]): Program {
    return new Program(args[0] ?? cli, spawn(process.execPath, [...nodeArgs, cli, ...args], { stdio: "ignore" }));
  }

  /** A command of the library that prints lines of JSON: each is `last` until the next. Resolves with the first. */
  static async command(cli: string, args: readonly string[]): Promise<Program> {
    const child = spawn(process.execPath, [cli, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    const program = new Program(args[0] ?? cli, child);
    const lines = createInterface(child.stdout);
    lines.on("line", (line) => {
      program.last = JSON.parse(line);
    });
    await Promise.race([once(lines, "line"), program.#ended]);
    return program;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Of one that answers questions. */
  async ask(): Promise<unknown> {
    const answer = this.#word();
    this.#child.send("?");
    return answer;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await exit;
  }

  async #word(): Promise<unknown> {
    const [word] = (await Promise.race([once(this.#child, "message"), this.#ended])) as unknown[];
    return word;
  }
}

/** One server under test, in a process of its own that tells what it has used. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

export interface Usage {
  /** User and system time of the whole process since it started. */
  readonly cpuSeconds: number;
  readonly rssBytes: number;
}

export class ServerUnderTest {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  static async start(name: string, root: string): Promise<ServerUnderTest> {
    const program = path.join(root, "bench/tracker/server-process.mjs");
    const child = fork(program, [name], { execArgv: ["--expose-gc"], stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const { url } = (await answerOf(child)) as { url: string };
    return new ServerUnderTest(child, url);
  }

  async usage(question: "cpu" | "memory"): Promise<Usage> {
    const answer = answerOf(this.#child);
    this.#child.send(question);
    return (await answer) as Usage;
  }

  async stop(): Promise<void> {
    const exit = once(this.#child, "exit");
    this.#child.disconnect();
    await exit;
  }
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const ended = once(child, "exit").then(() => {
    throw new Error("the server ended");
  });
  const [answer] = (await Promise.race([once(child, "message"), ended])) as [unknown];
  return answer;
}

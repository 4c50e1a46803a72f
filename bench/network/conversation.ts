/** Questions of the benchmark to a process that it has started, and their answers: both ends. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** Asks. One question at a time; rejects when the process has ended. */
export async function ask(child: ChildProcess, question: string): Promise<unknown> {
  if (child.exitCode !== null || child.signalCode !== null) throw new Error(`a process ended before "${question}"`);
  const waiting = new AbortController();
  const { signal } = waiting;
  const answered = once(child, "message", { signal });
  const ended = once(child, "exit", { signal }).then((): never => {
    throw new Error(`a process ended at "${question}"`);
  });
  child.send(question);
  try {
    const [answer] = (await Promise.race([answered, ended])) as unknown[];
    return answer;
  } finally {
    waiting.abort();
    await Promise.allSettled([answered, ended]);
  }
}

/** Answers, until whoever asks is gone. */
export function answerAll(answers: Readonly<Record<string, () => unknown>>): void {
  process.on("message", (question) => {
    process.send?.(answers[String(question)]?.() ?? null);
  });
  process.on("disconnect", () => {
    process.exit();
  });
}

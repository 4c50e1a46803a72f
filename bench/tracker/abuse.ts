/** What each attack does to viewers who have nothing to do with it: the p99 of their signals with it, over that without. */
import { fork } from "node:child_process";
import { once } from "node:events";
import os from "node:os";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { quantile } from "../../src/base/quantile.ts";
import { ATTACKS } from "../../tests/tracker/attacks.ts";
import { TestViewer } from "../../tests/tracker/test-viewer.ts";
import { ServerUnderTest } from "./server.ts";

interface AbuseFigures {
  readonly attack: string;
  readonly calmMsP99: number;
  readonly attackedMsP99: number;
  readonly ratio: number;
}

export async function runAbuseBench(args: readonly string[], root: string, program: string): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { json: { type: "boolean" }, quick: { type: "boolean" } } });
  const spanMs = values.quick ? 1_000 : 4_000;
  const server = await ServerUnderTest.start("hls-swarm-bounded", root);
  const figures: AbuseFigures[] = [];
  try {
    await measure(server.url, spanMs); // warms the server
    for (const [index, { name }] of ATTACKS.entries()) {
      console.error(name);
      const before = await measure(server.url, spanMs);
      const attacker = fork(program, ["--attack", String(index), "--port", new URL(server.url).port]);
      const end = once(attacker, "exit");
      os.setPriority(attacker.pid ?? 0, os.constants.priority.PRIORITY_LOW); // attackers bring cores of their own
      await once(attacker, "message");
      const attacked = await measure(server.url, spanMs);
      attacker.disconnect();
      await end;
      const after = await measure(server.url, spanMs);
      const calm = quantile([...before, ...after], 0.99) ?? NaN;
      const p99 = quantile(attacked, 0.99) ?? NaN;
      figures.push({ attack: name, calmMsP99: calm, attackedMsP99: p99, ratio: p99 / calm });
    }
  } finally {
    await server.stop();
  }
  console.log(values.json ? JSON.stringify({ attacks: figures }) : tableOf(figures));
}

/** In a process of its own, until its parent goes: attacks. */
export async function runAttack(index: number, port: number): Promise<void> {
  const stop = new AbortController();
  process.on("disconnect", () => {
    stop.abort();
  });
  const attacking = ATTACKS[index]?.run(port, stop.signal);
  process.send?.("started");
  await attacking;
  process.exit();
}

/** Pairs of viewers send each other signals at a steady rate; the spans from when each was due until it arrived. */
async function measure(url: string, spanMs: number): Promise<number[]> {
  const latencies: number[] = [];
  const pairs: Array<readonly [TestViewer, TestViewer]> = [];
  const localAddress = `127.0.3.${String(++addresses)}`; // each crowd from an address of its own, as far as limits go
  for (let pair = 0; pair < PAIRS; pair++) {
    const swarm = `a-swarm-of-pair-${String(pair)}`;
    const receiver = await TestViewer.join({ url }, { swarm }, { localAddress });
    pairs.push([await TestViewer.join({ url }, { swarm }, { localAddress }), receiver]);
    receiver.ws.on("message", (data: Buffer) => {
      const sentAt = Number(/^S.{10}(\d+\.?\d*) /.exec(data.toString("latin1"))?.[1]);
      if (sentAt > 0) latencies.push(performance.now() - sentAt);
    });
  }
  const startedAt = performance.now();
  let sent = 0;
  for (let at = 0; at < spanMs; at = performance.now() - startedAt) {
    for (; sent < (at * SIGNALS_PER_SECOND) / 1000; sent++) {
      const [sender, receiver] = pairs[sent % PAIRS] ?? [];
      const dueAt = startedAt + (sent * 1000) / SIGNALS_PER_SECOND;
      if (sender && receiver) sender.signal(receiver, `${dueAt.toFixed(3)} ${"x".repeat(SIGNAL_CHARS)}`);
    }
    await sleep(1);
  }
  await Promise.all(pairs.map(([sender]) => sender.settled()));
  await Promise.all(pairs.map(([, receiver]) => receiver.settled()));
  await Promise.all(pairs.flat().map((viewer) => viewer.leave()));
  if (latencies.length < sent) throw new Error(`${String(sent - latencies.length)} signals were lost`);
  return latencies;
}

const tableOf = (figures: readonly AbuseFigures[]): string =>
  [
    "attack".padEnd(44) + "calm p99, ms".padStart(14) + "attacked".padStart(10) + "ratio (aim <= 2)".padStart(18),
    ...figures.map(
      ({ attack, calmMsP99, attackedMsP99, ratio }) =>
        attack.padEnd(44) +
        calmMsP99.toFixed(1).padStart(14) +
        attackedMsP99.toFixed(1).padStart(10) +
        ratio.toFixed(2).padStart(18),
    ),
  ].join("\n");

let addresses = 0;

const PAIRS = 20;
/** All pairs together: what some hundred viewers that connect to each other do, a fortieth of what a core carries. */
const SIGNALS_PER_SECOND = 500;
const SIGNAL_CHARS = 700;

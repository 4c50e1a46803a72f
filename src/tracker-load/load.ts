import { performance } from "node:perf_hooks";
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import { quantile } from "../base/quantile.ts";
import type { Millis } from "../base/time.ts";
import { swarmIdOf } from "../protocol/ids.ts";
import { LoadViewer, type LoadLog } from "./load-viewer.ts";

export interface LoadOptions {
  /** The tracker, `ws://` or `wss://`. */
  readonly tracker: string;
  readonly viewers: number;
  /** How fast they come. */
  readonly joinsPerSecond: number;
  /** How long they stay once all are there, in seconds. */
  readonly holdSeconds: number;
  /** Swarms that they spread over. */
  readonly swarms: number;
  /** Peers that each asks for, and connects to. */
  readonly peers: number;
  /** Signals beyond those that connecting takes, of all viewers together. */
  readonly relaysPerSecond: number;
}

/** Spans in ms, `undefined` where nothing was measured. */
export interface LoadFigures {
  readonly viewers: number;
  readonly joined: number;
  readonly failed: number;
  readonly seconds: number;
  readonly joinMsP50: Millis | undefined;
  readonly joinMsP99: Millis | undefined;
  readonly introductions: number;
  readonly answers: number;
  readonly answerMsP50: Millis | undefined;
  readonly answerMsP99: Millis | undefined;
  readonly relays: number;
  readonly relayMsP50: Millis | undefined;
  readonly relayMsP99: Millis | undefined;
  readonly gone: number;
  readonly refusals: Readonly<Record<string, number>>;
}

/**
 * Sends a crowd to a tracker: viewers come at a steady rate, connect to whom they are introduced to, exchange signals,
 * stay, and leave. The times are those that this process saw: its own work is in them.
 */
export async function runLoad(options: LoadOptions, say: (text: string) => void): Promise<LoadFigures> {
  const { tracker, viewers, joinsPerSecond, holdSeconds, relaysPerSecond } = options;
  const relayMs: Millis[] = [];
  const log: LoadLog = { joinMs: [], answerMs: [], relayMs, introductions: 0, gone: 0, refusals: new Map() };
  const inside: LoadViewer[] = [];
  const startedAt = performance.now();
  let failed = 0;

  const come = async (index: number): Promise<void> => {
    const swarm = swarmIdOf(`load ${String(index % options.swarms)}`);
    const viewer = new LoadViewer({ url: tracker, swarm, localAddress: homeOf(tracker, index) }, log);
    try {
      await viewer.open();
      await viewer.join(options.peers);
      inside.push(viewer);
      await viewer.link();
    } catch {
      failed++; // why is in the log's refusals
    }
  };

  const coming: Promise<void>[] = [];
  for (let index = 0; index < viewers; index++) {
    const lateMs = performance.now() - startedAt - (index / joinsPerSecond) * 1000;
    await (lateMs < 0 ? sleep(-lateMs) : turn()); // those who have come want to be heard, however late the next one is
    coming.push(come(index));
    if ((index + 1) % SAY_EVERY === 0) say(`${String(index + 1)} have come, ${String(inside.length)} have joined`);
  }
  await Promise.all(coming);
  await chat(inside, relaysPerSecond, holdSeconds * 1000);
  const figures = figuresOf(options, { ...log, relayMs }, inside.length, failed, performance.now() - startedAt);
  await Promise.all(inside.map(leave));
  return figures;
}

/** Open loop: a slow tracker is not asked less. */
async function chat(viewers: readonly LoadViewer[], perSecond: number, forMs: Millis): Promise<void> {
  const startedAt = performance.now();
  let sent = 0;
  for (let elapsedMs = 0; elapsedMs < forMs; elapsedMs = performance.now() - startedAt) {
    for (; sent < (elapsedMs * perSecond) / 1000; sent++) viewers[sent % viewers.length]?.relay();
    await sleep(Math.min(STEP_MS, forMs - elapsedMs));
  }
}

function leave(viewer: LoadViewer): Promise<void> {
  return new Promise((resolve) => {
    if (viewer.ws.readyState === viewer.ws.CLOSED) {
      resolve();
      return;
    }
    viewer.ws.once("close", () => {
      resolve();
    });
    viewer.leave();
  });
}

/**
 * Viewers live in many homes of many networks, and a tracker counts the sockets of each. On the machine itself all of 127/8 is ours to
 * come from; to another one all come from one address, and its limits have to be raised for it.
 */
export function homeOf(tracker: string, index: number): string | undefined {
  const { hostname } = new URL(tracker);
  if (hostname !== "localhost" && !hostname.startsWith("127.")) return undefined;
  const home = Math.floor(index / VIEWERS_PER_HOME);
  return `127.1.${String(home & 255)}.${String((home >> 8) & 255)}`;
}

function figuresOf(
  options: LoadOptions,
  log: LoadLog & { readonly relayMs: readonly Millis[] },
  joined: number,
  failed: number,
  elapsedMs: Millis,
): LoadFigures {
  return {
    viewers: options.viewers,
    joined,
    failed,
    seconds: elapsedMs / 1000,
    joinMsP50: quantile(log.joinMs, 0.5),
    joinMsP99: quantile(log.joinMs, 0.99),
    introductions: log.introductions,
    answers: log.answerMs.length,
    answerMsP50: quantile(log.answerMs, 0.5),
    answerMsP99: quantile(log.answerMs, 0.99),
    relays: log.relayMs.length,
    relayMsP50: quantile(log.relayMs, 0.5),
    relayMsP99: quantile(log.relayMs, 0.99),
    gone: log.gone,
    refusals: Object.fromEntries(log.refusals),
  };
}

/** Fewer than a tracker lets one address open at once. */
const VIEWERS_PER_HOME = 50;
/** How finely the open loop keeps its rate. */
const STEP_MS: Millis = 5;
const SAY_EVERY = 1_000;

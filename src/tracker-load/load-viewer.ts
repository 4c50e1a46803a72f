import { once } from "node:events";
import { performance } from "node:perf_hooks";
import { WebSocket } from "ws";
import type { Millis } from "../base/time.ts";
import type { PeerId, SwarmId } from "../protocol/ids.ts";
import { encodeTrackerMessage, parseTrackerToViewer } from "../protocol/tracker-codec.ts";
import type { TrackerToViewer, ViewerToTracker } from "../protocol/tracker-message.ts";
import { PROTOCOL_VERSION, TRACKER_SUBPROTOCOL } from "../protocol/version.ts";

/** What viewers do is noted here, by all of them together. Spans in ms. */
export interface LoadLog {
  readonly joinMs: Millis[];
  /** From an offer to its answer: two relays, and the time that this process takes. */
  readonly answerMs: Millis[];
  readonly relayMs: { push(ms: Millis): unknown };
  introductions: number;
  /** Signals sent whose addressee was gone. */
  gone: number;
  /** Errors that the tracker answered with, and closes, by what they say. */
  readonly refusals: Map<string, number>;
}

export interface LoadViewerOptions {
  readonly url: string;
  readonly swarm: SwarmId;
  /** Where it comes from, if not from this machine's usual address. */
  readonly localAddress?: string | undefined;
  /** Size of the signals it sends. Default 800: a short SDP. */
  readonly signalBytes?: number;
  /** The token of its last time, and the links that it still has. */
  readonly resume?: string | undefined;
  readonly links?: number;
}

/**
 * A viewer as a tracker sees it, and no more: it joins, offers a connection to whom it is introduced to, answers what it
 * is offered, and reports. Speaks the wire of docs/protocol.md, to any tracker that does.
 */
export class LoadViewer {
  readonly ws: WebSocket;
  readonly #log: LoadLog;
  readonly #back: Pick<LoadViewerOptions, "swarm" | "resume" | "links">;
  /** Where to turn to next, by the tracker's own word. */
  sentAway: Extract<TrackerToViewer, { type: "drain" | "redirect" }> | undefined;
  /** As what the tracker let it in. */
  welcome: Extract<TrackerToViewer, { type: "joined" }> | undefined;
  readonly #padding: string;
  readonly #answers = new Map<PeerId, () => void>();
  readonly #peers: PeerId[] = [];
  #joined: ((message: Extract<TrackerToViewer, { type: "joined" }>) => void) | undefined;
  #joinedAt: Millis = 0;
  #isLinking = false;
  #reporting: ReturnType<typeof setInterval> | undefined;

  constructor({ url, localAddress, signalBytes = SIGNAL_BYTES, ...back }: LoadViewerOptions, log: LoadLog) {
    this.#back = back;
    this.#log = log;
    this.#padding = "x".repeat(Math.max(0, signalBytes - STAMP_CHARS - 1));
    this.ws = new WebSocket(url, TRACKER_SUBPROTOCOL, {
      perMessageDeflate: false,
      ...(localAddress !== undefined && { localAddress }),
    });
    this.ws.on("message", (data) => {
      this.#handle(parseTrackerToViewer(Buffer.isBuffer(data) ? data.toString() : ""));
    });
    this.ws.on("error", (error) => {
      count(log.refusals, error.message);
    });
    this.ws.on("close", (code) => {
      clearInterval(this.#reporting);
      if (code !== LEFT) count(log.refusals, `closed with ${String(code)}`);
      for (const settle of this.#answers.values()) settle();
    });
  }

  /** Rejects when the tracker does not let it in. */
  async open(): Promise<void> {
    if (this.ws.readyState !== WebSocket.OPEN) await once(this.ws, "open");
  }

  /** Joins; resolves with those it was introduced to. */
  async join(peersWanted: number, uplink: 0 | 1 | 2 = 2): Promise<readonly PeerId[]> {
    const startedAt = performance.now();
    const answer = new Promise<Extract<TrackerToViewer, { type: "joined" }>>((resolve, reject) => {
      this.#joined = resolve;
      this.ws.once("close", () => {
        reject(new Error("closed before it had joined"));
      });
    });
    const versions = { version: PROTOCOL_VERSION, versionMin: PROTOCOL_VERSION };
    this.#send({ type: "join", ...versions, ...this.#back, peersWanted, uplink });
    this.welcome = await answer;
    const { peers, reportEveryMs } = this.welcome;
    this.#joinedAt = performance.now();
    this.#log.joinMs.push(this.#joinedAt - startedAt);
    this.#log.introductions += peers.length;
    this.#reporting = setInterval(() => {
      this.report();
    }, reportEveryMs);
    for (const { peer } of peers) this.#peers.push(peer);
    return this.#peers;
  }

  /** Offers a connection to everybody it was introduced to; resolves when all have answered, or are gone. */
  async link(): Promise<void> {
    this.#isLinking = true;
    await Promise.all(this.#peers.map((peer) => this.#offer(peer)));
  }

  /** One more signal, a candidate say, to somebody that it was introduced to. */
  relay(): void {
    const peer = this.#peers[Math.floor(Math.random() * this.#peers.length)];
    if (peer !== undefined) this.#signal("c", peer);
  }

  leave(): void {
    this.#send({ type: "leave" });
  }

  async #offer(peer: PeerId): Promise<void> {
    const startedAt = performance.now();
    await new Promise<void>((resolve) => {
      this.#answers.set(peer, resolve);
      this.#signal("o", peer);
    });
    this.#log.answerMs.push(performance.now() - startedAt);
  }

  #handle(message: TrackerToViewer): void {
    switch (message.type) {
      case "joined":
        this.#joined?.(message);
        break;
      case "peers": // viewers of other processes, which take a while to be found
        this.#log.introductions += message.peers.length;
        for (const { peer } of message.peers) {
          this.#peers.push(peer);
          if (this.#isLinking) void this.#offer(peer);
        }
        break;
      case "signal":
        this.#handleSignal(message.from, message.signal);
        break;
      case "gone":
        this.#log.gone++;
        this.#settle(message.peer);
        break;
      case "drain":
      case "redirect":
        this.sentAway = message;
        break;
      case "error":
        count(this.#log.refusals, message.code);
        break;
      default: // what the tracker deals and lists besides
    }
  }

  #handleSignal(from: PeerId, signal: string): void {
    const side = signal[0];
    if (side === "o") this.#signal("a", from);
    else if (side === "a") this.#settle(from);
    else this.#log.relayMs.push(clock() - Number(signal.slice(1, 1 + STAMP_CHARS)));
  }

  #settle(peer: PeerId): void {
    this.#answers.get(peer)?.();
    this.#answers.delete(peer);
  }

  #signal(side: string, to: PeerId): void {
    this.#send({ type: "signal", to, signal: side + clock().toFixed(STAMP_DECIMALS) + this.#padding });
  }

  /** Done by itself as often as the tracker asks for it. */
  report(): void {
    const bytes = Math.floor(performance.now() - this.#joinedAt) * BYTES_PER_MS;
    const counters = { peerBytes: bytes, originBytes: bytes, uploadedBytes: bytes, wastedBytes: 0 };
    this.#send({ type: "report", ...counters, peers: this.#peers.length });
  }

  #send(message: ViewerToTracker): void {
    if (this.ws.readyState === WebSocket.OPEN) this.ws.send(encodeTrackerMessage(message));
  }
}

function count(refusals: Map<string, number>, what: string): void {
  refusals.set(what, (refusals.get(what) ?? 0) + 1);
}

const SIGNAL_BYTES = 800;
/** Steady, and the same in every process of the machine: two crowds may talk to each other. */
const clock = (): Millis => performance.timeOrigin + performance.now();

/** When a signal was sent travels in it: `1767225600000.125`. */
const STAMP_DECIMALS = 3;
const STAMP_CHARS = 17;
/** Close code after a `leave` (docs/protocol.md, TR16). */
const LEFT = 1000;
/** A stream of 4 Mbit/s. */
const BYTES_PER_MS = 500;

/** The wire of hls-swarm: the viewer is that of `hls-swarm load`. */
import { once } from "node:events";
import { hashHex } from "../../src/base/random.ts";
import type { PeerId, SwarmId } from "../../src/protocol/ids.ts";
import { encodeTrackerMessage } from "../../src/protocol/tracker-codec.ts";
import { LoadViewer, type LoadLog } from "../../src/tracker-load/load-viewer.ts";
import { PEERS, SIGNAL_CHARS, type Client, type Wire } from "./client.ts";

export const ownWire: Wire = {
  name: "hls-swarm",
  heartbeat: { bytes: 2 + 6, everyMs: 30_000 },
  client: (url, swarm) => new OwnClient(url, swarm),
};

class OwnClient implements Client {
  readonly #viewer: LoadViewer;
  readonly #log: LoadLog;
  #peers: readonly PeerId[] = [];
  readonly routine = {
    everyMs: 30_000,
    perform: (): void => {
      this.#viewer.report();
    },
  };

  constructor(url: string, swarm: string) {
    this.#log = { joinMs: [], answerMs: [], relayMs: [], introductions: 0, gone: 0, refusals: new Map() };
    this.#viewer = new LoadViewer({ url, swarm: hashHex(swarm, 4) as SwarmId, signalBytes: SIGNAL_CHARS }, this.#log);
  }

  get ws() {
    return this.#viewer.ws;
  }
  open(): Promise<void> {
    return this.#viewer.open();
  }
  async join(): Promise<void> {
    this.#peers = await this.#viewer.join(8);
  }
  async connect(): Promise<number> {
    await this.#viewer.join(PEERS);
    await this.#viewer.link();
    return this.#log.answerMs.length;
  }
  /** Whoever joins second is introduced to the first. */
  signalTo(): string {
    const [to] = this.#peers;
    if (!to) throw new Error("was introduced to nobody");
    return encodeTrackerMessage({ type: "signal", to, signal: "x".repeat(SIGNAL_CHARS) });
  }
  async settled(): Promise<void> {
    this.ws.ping();
    await once(this.ws, "pong");
  }
  close(): void {
    this.#viewer.leave();
  }
}

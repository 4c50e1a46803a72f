/** The wire of the bare relay: a name, then frames that begin with the name of whom they are for. */
import { once } from "node:events";
import { performance } from "node:perf_hooks";
import { WebSocket } from "ws";
import { SIGNAL_CHARS, type Client, type Wire } from "./client.ts";

export const bareWire: Wire = {
  name: "bare-ws",
  relaysOnly: true,
  heartbeat: { bytes: 0, everyMs: Infinity },
  client: (url, _swarm, relayed) => new BareClient(url, relayed),
};

class BareClient implements Client {
  readonly ws: WebSocket;
  readonly routine = { everyMs: Infinity, perform: () => undefined };
  readonly #name = String(named++).padStart(10, "0");
  #friend = "";

  constructor(url: string, relayed: (ms: number) => void) {
    this.ws = new WebSocket(url, { perMessageDeflate: false });
    this.ws.on("message", (data: Buffer) => {
      const sentAt = Number(data.toString("latin1", 11, 11 + STAMP_CHARS));
      if (sentAt > 0) relayed(performance.now() - sentAt);
    });
  }

  async open(): Promise<void> {
    if (this.ws.readyState !== WebSocket.OPEN) await once(this.ws, "open");
  }
  async join(): Promise<void> {
    this.ws.send(`S${this.#name}`);
    await once(this.ws, "message");
  }
  connect(): Promise<number> {
    return Promise.reject(new Error("a bare relay introduces nobody"));
  }
  befriend(other: Client): void {
    if (other instanceof BareClient) this.#friend = other.#name;
  }
  relay(): void {
    const stamp = performance.now().toFixed(3).padStart(STAMP_CHARS, "0");
    this.ws.send(`S${this.#friend}${stamp.padEnd(SIGNAL_CHARS, "x")}`);
  }
  async settled(): Promise<void> {
    this.ws.ping();
    await once(this.ws, "pong");
  }
  close(): void {
    this.ws.close();
  }
}

let named = 1;
const STAMP_CHARS = 14;

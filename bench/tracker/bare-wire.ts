/** The wire of the bare relay: a name, then frames that begin with the name of whom they are for. */
import { once } from "node:events";
import { WebSocket } from "ws";
import { SIGNAL_CHARS, type Client, type Wire } from "./client.ts";

export const bareWire: Wire = {
  name: "bare-ws",
  relaysOnly: true,
  heartbeat: { bytes: 0, everyMs: Infinity },
  client: (url) => new BareClient(url),
};

class BareClient implements Client {
  readonly ws: WebSocket;
  readonly routine = { everyMs: Infinity, perform: () => undefined };
  readonly #name = String(named++).padStart(10, "0");

  constructor(url: string) {
    this.ws = new WebSocket(url, { perMessageDeflate: false });
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
  signalTo(other: Client): string {
    return `S${other instanceof BareClient ? other.#name : ""}${"x".repeat(SIGNAL_CHARS)}`;
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

/**
 * The wire of bittorrent-tracker (BEP draft "WebTorrent WebSocket tracker"), as its own client speaks it: whoever comes
 * announces with full offers, which the tracker hands to peers of its choice; every two minutes again.
 */
import { once } from "node:events";
import { WebSocket } from "ws";
import { PEERS, SIGNAL_CHARS, type Client, type Wire } from "./client.ts";

export const bittorrentWire: Wire = {
  name: "bittorrent-tracker",
  heartbeat: { bytes: 0, everyMs: Infinity },
  client: (url, swarm) => new BittorrentClient(url, swarm),
};

interface Message {
  readonly offer?: unknown;
  readonly answer?: { readonly sdp: string };
  readonly offer_id?: string;
  readonly peer_id?: string;
}

class BittorrentClient implements Client {
  readonly ws: WebSocket;
  /** `interval` of its first answer: 120 s. */
  readonly routine = {
    everyMs: 120_000,
    perform: (): void => {
      this.#announce(PEERS, {});
    },
  };
  readonly #infoHash: string;
  readonly #peer = String(named++).padStart(20, "p");
  #answers = 0;
  #answered: () => void = () => undefined;

  constructor(url: string, swarm: string) {
    this.#infoHash = swarm.padEnd(20, "-").slice(-20);
    this.ws = new WebSocket(url, { perMessageDeflate: false });
    this.ws.on("message", (data: Buffer) => {
      const message = JSON.parse(data.toString()) as Message;
      if (message.offer !== undefined) this.#answer(message);
      else if (message.answer !== undefined) this.#handleAnswer();
    });
  }

  async open(): Promise<void> {
    if (this.ws.readyState !== WebSocket.OPEN) await once(this.ws, "open");
  }
  async join(): Promise<void> {
    this.#announce(PEERS, { event: "started" });
    await once(this.ws, "message");
  }
  async connect(): Promise<number> {
    const answered = new Promise<void>((resolve) => (this.#answered = resolve));
    this.#announce(PEERS, { event: "started" });
    await answered;
    return this.#answers;
  }
  /** Of its messages only an answer goes to one peer. */
  signalTo(other: Client): string {
    const friend = other instanceof BittorrentClient ? other.#peer : "";
    return this.#text({ to_peer_id: friend, offer_id: OFFER_ID, answer: sdp("answer") });
  }
  async settled(): Promise<void> {
    this.ws.ping();
    await once(this.ws, "pong");
  }
  close(): void {
    this.ws.close();
  }

  #announce(offers: number, more: object): void {
    const list = Array.from({ length: offers }, (_, index) => ({
      offer: sdp("offer"),
      offer_id: String(index).padStart(20, "o"),
    }));
    this.#say({ numwant: offers, uploaded: 0, downloaded: 0, left: 1, offers: list, ...more });
  }
  #answer({ offer_id, peer_id }: Message): void {
    this.#say({ to_peer_id: peer_id, offer_id, answer: sdp("answer") });
  }
  #handleAnswer(): void {
    if (++this.#answers === PEERS) this.#answered();
  }
  #say(fields: object): void {
    this.ws.send(this.#text(fields));
  }
  #text(fields: object): string {
    return JSON.stringify({ action: "announce", info_hash: this.#infoHash, peer_id: this.#peer, ...fields });
  }
}

const sdp = (type: string) => ({ type, sdp: "x".repeat(SIGNAL_CHARS) });

let named = 1;
const OFFER_ID = "o".repeat(20);

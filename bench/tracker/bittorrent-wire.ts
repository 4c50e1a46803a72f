/**
 * The wire of bittorrent-tracker (BEP draft "WebTorrent WebSocket tracker"), as its own client speaks it: whoever comes
 * announces with full offers, which the tracker hands to peers of its choice; every two minutes again.
 */
import { once } from "node:events";
import { performance } from "node:perf_hooks";
import { WebSocket } from "ws";
import { PEERS, SIGNAL_CHARS, type Client, type Wire } from "./client.ts";

export const bittorrentWire: Wire = {
  name: "bittorrent-tracker",
  heartbeat: { bytes: 0, everyMs: Infinity },
  client: (url, swarm, relayed) => new BittorrentClient(url, swarm, relayed),
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
  #friend = "";
  #answers = 0;
  #answered: () => void = () => undefined;

  constructor(url: string, swarm: string, relayed: (ms: number) => void) {
    this.#infoHash = swarm.padEnd(20, "-").slice(-20);
    this.ws = new WebSocket(url, { perMessageDeflate: false });
    this.ws.on("message", (data: Buffer) => {
      const message = JSON.parse(data.toString()) as Message;
      if (message.offer !== undefined) this.#answer(message);
      else if (message.answer !== undefined) this.#handleAnswer(message.answer.sdp, relayed);
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
  befriend(other: Client): void {
    if (other instanceof BittorrentClient) this.#friend = other.#peer;
  }
  /** Of its messages only an answer goes to one peer. */
  relay(): void {
    const stamp = performance.now().toFixed(3).padStart(STAMP_CHARS, "0");
    this.#say({ to_peer_id: this.#friend, offer_id: OFFER_ID, answer: sdp("answer", `c${stamp}`) });
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
      offer: sdp("offer", ""),
      offer_id: String(index).padStart(20, "o"),
    }));
    this.#say({ numwant: offers, uploaded: 0, downloaded: 0, left: 1, offers: list, ...more });
  }
  #answer({ offer_id, peer_id }: Message): void {
    this.#say({ to_peer_id: peer_id, offer_id, answer: sdp("answer", "a") });
  }
  #handleAnswer(text: string, relayed: (ms: number) => void): void {
    if (text.startsWith("c")) relayed(performance.now() - Number(text.slice(1, 1 + STAMP_CHARS)));
    else if (++this.#answers === PEERS) this.#answered();
  }
  #say(fields: object): void {
    this.ws.send(JSON.stringify({ action: "announce", info_hash: this.#infoHash, peer_id: this.#peer, ...fields }));
  }
}

const sdp = (type: string, text: string) => ({ type, sdp: text.padEnd(SIGNAL_CHARS, "x") });

let named = 1;
const STAMP_CHARS = 14;
const OFFER_ID = "o".repeat(20);

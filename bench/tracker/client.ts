/** What the benchmark has a viewer do, whatever its server's wire. Each wire is a file of its own. */
import type { WebSocket } from "ws";

export interface Client {
  readonly ws: WebSocket;
  /** The handshake of the socket. Not counted: it is Node's and the same for all. */
  open(): Promise<void>;
  /** Becomes known to the server and hears of others, as that wire does it when a viewer comes. */
  join(): Promise<void>;
  /** Joins, and has an offer answered by each of `PEERS` others. Resolves with how many did. */
  connect(): Promise<number>;
  /** The text of a signal to `other`, which joined the same swarm just before this one. */
  signalTo(other: Client): string;
  /** What a viewer that stays says every so often. */
  readonly routine: { readonly everyMs: number; perform(): void };
  /** Resolves once the server has dealt with all that was sent before. */
  settled(): Promise<void>;
  close(): void;
}

export interface Wire {
  readonly name: "hls-swarm" | "bittorrent-tracker" | "bare-ws";
  /** Of no use to compare: it introduces nobody. */
  readonly relaysOnly?: true;
  /** A heartbeat that the server sends, both ways together, frame headers included; 0 for none. */
  readonly heartbeat: { readonly bytes: number; readonly everyMs: number };
  client(url: string, swarm: string): Client;
}

/** Peers that a viewer connects to. */
export const PEERS = 5;
/** A description of a data channel with its candidates. */
export const SIGNAL_CHARS = 800;

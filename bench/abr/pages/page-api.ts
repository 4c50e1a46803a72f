/** What the harness and a viewer's page say to each other. Plain data: it crosses the DevTools protocol. */
import type { Stall } from "../../browser/pages/page-api.ts";

export interface PlayerSetup {
  readonly streamUrl: string;
  /** Empty for plain hls.js. */
  readonly trackerUrl: string;
  readonly bufferSeconds: number;
  /** The level to stay at, and only to hold for others; undefined to play at whatever hls.js chooses. */
  readonly seededLevel: number | undefined;
  /** Cap of what the page sends to peers; 0 for none. */
  readonly uplinkBitsPerSecond: number;
}

/** A level came to the playhead. Milliseconds since 1970. */
export interface LevelChange {
  readonly at: number;
  readonly level: number;
}

export interface PlayerReport {
  readonly now: number;
  readonly startedAt: number | undefined;
  readonly levels: readonly LevelChange[];
  readonly stalls: readonly Stall[];
  /** Bytes handed to the player, by who brought them; 0 of plain hls.js. */
  readonly peerBytes: number;
  readonly originBytes: number;
  /** Open links to peers. */
  readonly links: number;
  readonly bufferedSeconds: number;
  /** hls.js's estimate, after each fragment. */
  readonly estimates: readonly number[];
  /** Levels that hls.js gave up while they loaded. */
  readonly abandoned: number;
  /** Fatal errors of hls.js. */
  readonly errors: readonly string[];
}

/** What a page offers the harness. */
export interface AbrPage {
  /** Makes one player; a page of seeders makes one for each level. */
  start(setup: PlayerSetup): void;
  /** Of each player, in the order in which they were made. */
  report(): readonly PlayerReport[];
}

declare global {
  var abrPage: AbrPage;
}

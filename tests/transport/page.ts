/** The part of the transport tests that runs inside a page, as the global `Transport`. */
import { peerLinkContract, provePeerLinkClause } from "../../testkit/peer-link-contract.ts";
import {
  hasCandidates as hasCandidatesOver,
  introducePeerLinks,
  ownPeerLinks,
  watchPeerLink,
  type WatchedPeerLink,
} from "../../testkit/watched-peer-link.ts";
import { FRAME_PAYLOAD_BYTES_MAX } from "../../src/protocol/limits.ts";
import { openSimplePeerLink } from "../../src/swarm/io/simple-peer-link.ts";
import { watchResources, type Resources } from "./page-resources.ts";

const resources = watchResources();

export const hasCandidates = (): Promise<boolean> => hasCandidatesOver(openSimplePeerLink);

export async function proveClause(name: string): Promise<void> {
  const clause = peerLinkContract.find((other) => other.name === name);
  if (!clause) throw new Error(`there is no clause "${name}"`);
  await provePeerLinkClause(clause, openSimplePeerLink);
}

/** Opens and closes pairs of links, some of them before they are open, and tells what is left. */
export async function openAndClosePairs(count: number): Promise<Resources> {
  for (let done = 0; done < count; done += PAIRS_AT_ONCE) {
    const own = ownPeerLinks(openSimplePeerLink);
    const pairs = Array.from({ length: PAIRS_AT_ONCE }, () => introducePeerLinks(own.open));
    pairs[0]?.alice.link.close();
    for (const { alice } of pairs.slice(1)) await alice.until("open", () => alice.log.includes("open"));
    await own.closeAll();
  }
  return resources.whatIsLeft();
}

/** Sends bytes with no more than `windowBytes` unacknowledged; returns how many arrived, and how fast. */
export async function sendThroughWindow(
  byteLength: number,
  windowBytes: number,
): Promise<{ receivedBytes: number; bitsPerSecond: number }> {
  const frame = new Uint8Array(FRAME_PAYLOAD_BYTES_MAX);
  const acknowledgement = new Uint8Array(1);
  const framesInAll = byteLength / frame.byteLength;
  let sent = 0;
  const own = ownPeerLinks(openSimplePeerLink);
  const { alice, bob } = introducePeerLinks(own.open, {
    atFrame: (self) => {
      if (self === bob) bob.link.send(acknowledgement);
      else fillWindow();
    },
  });
  const fillWindow = (): void => {
    for (; sent < framesInAll && (sent - alice.frames.length + 1) * frame.byteLength <= windowBytes; sent++)
      alice.link.send(frame);
  };
  for (const side of [alice, bob]) await side.until("open", () => side.log.includes("open"));
  const startedAt = performance.now();
  fillWindow();
  await alice.until("the last acknowledgement", () => alice.frames.length === framesInAll);
  const seconds = (performance.now() - startedAt) / 1_000;
  await own.closeAll();
  const receivedBytes = bob.frames.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return { receivedBytes, bitsPerSecond: (receivedBytes * 8) / seconds };
}

let side: WatchedPeerLink | undefined;

/** Opens one end of a link whose other end is in another page; signals go to the page's `relay` function. */
export function openSide(initiator: boolean): void {
  side = watchPeerLink(openSimplePeerLink, { initiator, atSignal: (signal) => void relay(signal) });
}

export const signalSide = (signal: string): void => side?.link.signal(signal);
export const sideOpened = (): Promise<void> | undefined =>
  side?.until("open", () => side?.log.includes("open") === true);
export const sideClosed = (): Promise<void> | undefined => side?.until("closed", () => side?.isClosed === true);

/** Given to the page by the test. */
declare const relay: (signal: string) => Promise<void>;

const PAIRS_AT_ONCE = 10;

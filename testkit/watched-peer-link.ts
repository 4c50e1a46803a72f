import type { PeerId } from "../src/protocol/ids.ts";
import type { OpenPeerLink, PeerLink } from "../src/swarm/io/peer-link.ts";

/** A peer link whose every event is written down, so that a test can wait for one and look at the order of all. */
export interface WatchedPeerLink {
  readonly link: PeerLink;
  readonly log: readonly ("signal" | "open" | "frame" | "closed")[];
  readonly signals: readonly string[];
  readonly frames: readonly Uint8Array[];
  readonly isClosed: boolean;
  readonly closeReason: string | undefined;
  /** Resolves when an event has made `isTrue` so; rejects, naming `what`, when none does within ten seconds. */
  until(what: string, isTrue: () => boolean): Promise<void>;
}

export interface WatchOptions {
  /** Default: somebody. */
  readonly peer?: PeerId;
  readonly initiator: boolean;
  readonly connectTimeoutMs?: number;
  readonly atSignal?: (signal: string) => void;
  readonly atOpen?: (self: WatchedPeerLink) => void;
  readonly atFrame?: (self: WatchedPeerLink) => void;
}

export function watchPeerLink(open: OpenPeerLink, options: WatchOptions): WatchedPeerLink {
  const log: WatchedPeerLink["log"][number][] = [];
  const signals: string[] = [];
  const frames: Uint8Array[] = [];
  let closeReason: string | undefined;
  const waiters = new Set<() => void>();
  const note = (entry: WatchedPeerLink["log"][number]): void => {
    log.push(entry);
    for (const look of waiters) look();
  };
  const self: WatchedPeerLink = {
    link: open({
      peer: options.peer ?? PEER,
      initiator: options.initiator,
      rtc: { iceServers: [] },
      connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_MS_MAX,
      events: {
        signal(text) {
          signals.push(text);
          note("signal");
          options.atSignal?.(text);
        },
        open() {
          note("open");
          options.atOpen?.(self);
        },
        frame(frame) {
          frames.push(frame);
          note("frame");
          options.atFrame?.(self);
        },
        closed(reason) {
          closeReason = reason;
          note("closed");
        },
      },
    }),
    log,
    signals,
    frames,
    get isClosed() {
      return closeReason !== undefined;
    },
    get closeReason() {
      return closeReason;
    },
    until: (what, isTrue) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (isTrue()) settle(resolve);
        };
        const timer = setTimeout(() => {
          settle(() => {
            reject(
              new Error(`no ${what} within ${String(WAIT_MS_MAX)} ms; log: ${log.join(" ")}; ${closeReason ?? ""}`),
            );
          });
        }, WAIT_MS_MAX);
        const settle = (settled: () => void): void => {
          clearTimeout(timer);
          waiters.delete(look);
          settled();
        };
        waiters.add(look);
        look();
      }),
  };
  return self;
}

/** Two links that get each other's signals, always as a later task, as from a tracker. */
export function introducePeerLinks(
  open: OpenPeerLink,
  options: Omit<WatchOptions, "initiator" | "atSignal"> = {},
): PeerLinkPair {
  const alice: WatchedPeerLink = watchPeerLink(open, {
    ...options,
    initiator: true,
    atSignal: (signal) => {
      setTimeout(() => {
        bob.link.signal(signal);
      });
    },
  });
  const bob: WatchedPeerLink = watchPeerLink(open, {
    ...options,
    initiator: false,
    atSignal: (signal) => {
      setTimeout(() => {
        alice.link.signal(signal);
      });
    },
  });
  return { alice, bob };
}

export type PeerLinkPair = { readonly alice: WatchedPeerLink; readonly bob: WatchedPeerLink };

export async function connectPeerLinks(open: OpenPeerLink): Promise<PeerLinkPair> {
  const pair = introducePeerLinks(open);
  for (const side of [pair.alice, pair.bob]) await side.until("open", () => side.log.includes("open"));
  return pair;
}

/** `open`, and what closes every link that was opened with it and waits for their end. */
export function ownPeerLinks(open: OpenPeerLink): { readonly open: OpenPeerLink; closeAll(): Promise<void> } {
  const links = new Map<PeerLink, Promise<void>>();
  return {
    open: (options) => {
      let end: () => void = () => undefined;
      const ended = new Promise<void>((resolve) => (end = resolve));
      const closed = (reason: string): void => {
        options.events.closed(reason);
        end();
      };
      const link = open({ ...options, events: { ...options.events, closed } });
      links.set(link, ended);
      return link;
    },
    async closeAll() {
      for (const link of links.keys()) link.close();
      await Promise.all(links.values());
      links.clear();
    },
  };
}

/** Whether this machine gives ICE a candidate at all: without a network interface and a default route none appears. */
export async function hasCandidates(open: OpenPeerLink): Promise<boolean> {
  const { alice, bob } = introducePeerLinks(open, { connectTimeoutMs: CANDIDATE_MS_MAX });
  const isTold = (): boolean => bob.signals.some((signal) => signal.includes("candidate:"));
  await bob.until("candidate", () => bob.isClosed || isTold());
  for (const side of [alice, bob]) side.link.close();
  return isTold();
}

/** Two that a test introduces need no names. */
const PEER = "somebody--" as PeerId;

const CONNECT_MS_MAX = 8_000;
const WAIT_MS_MAX = 10_000;
const CANDIDATE_MS_MAX = 3_000;

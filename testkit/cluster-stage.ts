import { createRng } from "../src/base/random.ts";
import type { PeerId, SwarmId, TrackId } from "../src/protocol/ids.ts";
import type { TrackerToViewer, ViewerToTracker } from "../src/protocol/tracker-message.ts";
import type { BusRecord } from "../src/tracker-server/core/bus-record.ts";
import type { TrackerEvent } from "../src/tracker-server/core/event.ts";
import type { Network } from "../src/tracker-server/core/network.ts";
import { TRACKER_LIMITS } from "../src/tracker-server/core/options.ts";
import { Tracker } from "../src/tracker-server/core/tracker.ts";
import { createAttester } from "../src/tracker-server/io/attestation-key.ts";

type Join = Extract<ViewerToTracker, { type: "join" }>;
type Of<Type extends TrackerToViewer["type"]> = Extract<TrackerToViewer, { type: Type }>;

export const SWARM = "the-swarm-of-tests" as SwarmId;

/** Something that will happen to a process at a certain time. */
interface Due {
  readonly at: number;
  readonly run: () => void;
}

/**
 * Several tracker cores on one clock and one bus that delivers after `BUS_MS`. The bus can be cut, processes can be
 * killed; viewers remember what they were told. No sockets, no waiting.
 */
export function createClusterStage() {
  let now = 0;
  let made = 0;
  let isCut = false;
  const channels = new Map<string, Set<(from: string, record: BusRecord) => void>>();
  const due: Due[] = [];
  const nodes = new Set<{ wake(): void; nextWakeup(): number }>();

  const start = (id: string, laterIds: readonly string[] = []) => {
    const ids = [id, ...laterIds];
    const boot = `boot-${String(++made).padStart(3, "0")}`;
    const viewers = new Map<number, TrackerToViewer[]>();
    let isAlive = true;
    let renewals = 0;
    const tracker = new Tracker(
      now,
      TRACKER_LIMITS,
      createRng(made),
      {
        attester: createAttester("the secret of tests, which is no secret"),
        newPeerId: (node) => `${node}${String(++made).padStart(8, "0")}` as PeerId,
        resumeToken: (peer) => `token of ${peer}`,
        ownerOf: () => undefined,
      },
      { publicUrl: `wss://${id}.example` },
      { hasBus: true, boot, newNodeId: () => ids.shift() ?? "zz" },
    );
    const hear = (from: string, record: BusRecord): void => {
      if (isAlive) tell({ type: "bus-message", from, record });
    };
    const tell = (event: TrackerEvent): void => {
      for (const action of tracker.handle(now, event)) {
        switch (action.type) {
          case "send":
            viewers.get(action.connection)?.push(action.message);
            break;
          case "subscribe":
            channels.set(action.channel, (channels.get(action.channel) ?? new Set()).add(hear));
            break;
          case "unsubscribe":
            channels.get(action.channel)?.delete(hear);
            break;
          case "publish":
            if (!isCut) publish(action.channel, action.from, action.record);
            break;
          case "renew-bus":
            renewals++;
            break;
          case "close":
            tell({ type: "connection-closed", connection: action.connection });
            break;
          default:
        }
      }
    };
    const node = {
      wake(): void {
        if (isAlive) tell({ type: "wakeup" });
      },
      nextWakeup: () => (isAlive ? tracker.nextWakeup() : Infinity),
    };
    nodes.add(node);
    return {
      tell,
      tracker,
      stats: () => tracker.stats(now),
      renewals: () => renewals,
      /** As SIGKILL would: nothing is said to anybody. */
      kill(): void {
        isAlive = false;
      },
      viewer(options: Partial<Join> = {}, network: Network = HOME) {
        const connection = ++made;
        const inbox: TrackerToViewer[] = [];
        viewers.set(connection, inbox);
        tell({ type: "connection-asked", connection, addressKey: "home", network, origin: undefined });
        const say = (message: ViewerToTracker): void => tell({ type: "message", connection, message, bytes: 100 });
        const join: Join = { type: "join", version: 1, versionMin: 1, swarm: SWARM, peersWanted: 8, uplink: 2 };
        say({ ...join, ...options });
        const received = <Type extends TrackerToViewer["type"]>(type: Type): Array<Of<Type>> =>
          inbox.filter((message): message is Of<Type> => message.type === type);
        return {
          say,
          received,
          get id(): PeerId {
            const [joined] = received("joined");
            if (!joined) throw new Error("has not joined");
            return joined.peer;
          },
          /** Everybody it was introduced to. */
          peers: () => [...received("joined"), ...received("peers")].flatMap(({ peers }) => peers.map((p) => p.peer)),
          seats: (track: TrackId) =>
            received("assign")
              .filter((assign) => assign.track === track)
              .at(-1)?.seats ?? [],
          drop: () => tell({ type: "connection-closed", connection }),
        };
      },
    };
  };

  const publish = (channel: string, from: string, record: BusRecord): void => {
    for (const hear of channels.get(channel) ?? []) due.push({ at: now + BUS_MS, run: () => hear(from, record) });
  };

  /** Lets time pass: messages arrive, processes wake when they want to. */
  const wait = (ms: number): void => {
    const until = now + ms;
    for (;;) {
      const [message] = due; // the delay is the same for all: they arrive in order
      let next = message?.at ?? Infinity;
      for (const node of nodes) next = Math.min(next, node.nextWakeup());
      if (next > until) break;
      now = Math.max(now, next);
      while (due[0] && due[0].at <= now) due.shift()?.run();
      for (const node of nodes) if (node.nextWakeup() <= now) node.wake();
    }
    now = until;
  };

  return {
    start,
    wait,
    now: () => now,
    cut: () => (isCut = true),
    heal: () => (isCut = false),
    /** Says something on the bus as if it came from a process. */
    forge: publish,
  };
}

const BUS_MS = 2;
const HOME = { prefixKey: "home" };

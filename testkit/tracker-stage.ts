import { createRng } from "../src/base/random.ts";
import type { PeerId, SwarmId } from "../src/protocol/ids.ts";
import { encodeTrackerMessage } from "../src/protocol/tracker-codec.ts";
import type { PlayCounts, TrackerToViewer, ViewerToTracker } from "../src/protocol/tracker-message.ts";
import type { TrackerAction } from "../src/tracker-server/core/action.ts";
import type { ConnectionFault, TrackerEvent } from "../src/tracker-server/core/event.ts";
import type { IdSource } from "../src/tracker-server/core/joining.ts";
import type { Network } from "../src/tracker-server/core/network.ts";
import { TRACKER_LIMITS, type TrackerLimits } from "../src/tracker-server/core/options.ts";
import { reportStream } from "../src/tracker-server/core/stream-report.ts";
import type { Pass } from "../src/tracker-server/core/ticket.ts";
import type { TrackerSite } from "../src/tracker-server/core/tracker-list.ts";
import { Tracker } from "../src/tracker-server/core/tracker.ts";
import { createAttester } from "../src/tracker-server/io/attestation-key.ts";

export const SWARM = "the-swarm-of-tests" as SwarmId;
export const OTHER_SWARM = "another-swarm-here" as SwarmId;

const bytesOf = (message: ViewerToTracker): number => encodeTrackerMessage(message).length;

type Join = Extract<ViewerToTracker, { type: "join" }>;
type Of<Type extends TrackerToViewer["type"]> = Extract<TrackerToViewer, { type: Type }>;

/** A tracker core on a clock of its own, and viewers that remember what they were told. No sockets, no waiting. */
export function createTrackerStage(
  limits: Partial<TrackerLimits> = {},
  site: TrackerSite = {},
  readTicket?: IdSource["readTicket"],
  readSeederTicket?: IdSource["readSeederTicket"],
) {
  let now = 0;
  let connections = 0;
  let ids = 0;
  const passes = new Map<string, Pass | undefined>();
  const tracker = new Tracker(
    0,
    { ...TRACKER_LIMITS, ...limits },
    createRng(1),
    {
      attester: createAttester("the secret of tests, which is no secret"),
      newPeerId: () => `peer-${String(++ids).padStart(5, "0")}` as PeerId,
      resumeToken(peer, swarm, pass) {
        const token = `token of ${peer} in ${swarm}`;
        passes.set(token, pass);
        return token;
      },
      ownerOf: (token, swarm) => {
        const [, peer, named] = /^token of (.{10}) in (.+)$/.exec(token) ?? [];
        return named === swarm ? { peer: peer as PeerId, pass: passes.get(token) } : undefined;
      },
      readTicket,
      readSeederTicket,
    },
    site,
  );
  const inboxes = new Map<number, TrackerToViewer[]>();
  const closes = new Map<number, number>();
  const refusals: Array<Extract<TrackerAction, { type: "refuse" }>> = [];

  const tell = (event: TrackerEvent): void => {
    for (const action of tracker.handle(now, event)) {
      if (action.type === "send") inboxes.get(action.connection)?.push(action.message);
      if (action.type === "close") closes.set(action.connection, action.code);
      if (action.type === "refuse") refusals.push(action);
    }
  };

  /** A socket, and what a viewer does with it. */
  const connect = (addressKey = "home", origin?: string, network: Network = { prefixKey: addressKey }) => {
    const connection = ++connections;
    const inbox: TrackerToViewer[] = [];
    let read = 0;
    inboxes.set(connection, inbox);
    tell({ type: "connection-asked", connection, addressKey, network, origin });
    const received = <Type extends TrackerToViewer["type"]>(type: Type): Array<Of<Type>> =>
      inbox.filter((message): message is Of<Type> => message.type === type);
    return {
      received,
      /** What came since this was last asked. */
      news: (): readonly TrackerToViewer[] => inbox.slice(read, (read = inbox.length)),
      /** The newest message of a type, which must be there. */
      last<Type extends TrackerToViewer["type"]>(type: Type): Of<Type> {
        const message = received(type).at(-1);
        if (!message) throw new Error(`no ${type} was received`);
        return message;
      },
      get id(): PeerId {
        return this.last("joined").peer;
      },
      get closedWith(): number | undefined {
        return closes.get(connection);
      },
      say(message: ViewerToTracker): void {
        tell({ type: "message", connection, message, bytes: bytesOf(message) });
      },
      join(options: Partial<Join> = {}) {
        const message: Join = {
          type: "join",
          version: 1,
          versionMin: 1,
          swarm: SWARM,
          peersWanted: 8,
          uplink: 2,
          ...options,
        };
        this.say(message);
        return this;
      },
      signal(to: PeerId, signal = "an offer"): void {
        this.say({ type: "signal", to, signal });
      },
      report(peerBytes: number, originBytes: number, counts: Partial<PlayCounts> = {}): void {
        this.say({ type: "report", peerBytes, originBytes, uploadedBytes: 0, wastedBytes: 0, peers: 1, ...counts });
      },
      speakNonsense(): void {
        tell({ type: "bad-message", connection, code: "bad-field", field: "swarm", text: "swarm must be a swarm" });
      },
      ping(): void {
        tell({ type: "ping", connection });
      },
      drop(fault?: ConnectionFault): void {
        tell({ type: "connection-closed", connection, ...(fault && { fault }) });
      },
      losesWhatIsSent(): void {
        for (const message of this.news()) tell({ type: "send-dropped", connection, message });
      },
    };
  };

  return {
    connect,
    tell,
    refusals,
    viewer: (options: Partial<Join> = {}) => connect().join(options),
    stats: () => tracker.stats(now),
    trackersFor: (region?: string, turn = 0) => tracker.trackersFor(region, turn),
    stream(id = SWARM) {
      const sums = tracker.stream(now, id);
      return sums && reportStream(sums);
    },
    /** Lets time pass; the tracker wakes whenever it wants to. */
    wait(ms: number): void {
      const until = now + ms;
      for (let at = tracker.nextWakeup(); at <= until; at = tracker.nextWakeup()) {
        now = Math.max(now, at);
        tell({ type: "wakeup" });
      }
      now = until;
    },
  };
}

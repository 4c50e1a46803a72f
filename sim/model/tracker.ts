import { createRng } from "../../src/base/random.ts";
import type { Millis } from "../../src/base/time.ts";
import type { PeerId, SwarmId } from "../../src/protocol/ids.ts";
import type { Ticket } from "../../src/protocol/ticket.ts";
import { encodeTrackerMessage, parseTrackerToViewer, parseViewerToTracker } from "../../src/protocol/tracker-codec.ts";
import type { TrackerToViewer, ViewerToTracker } from "../../src/protocol/tracker-message.ts";
import type { ConnectionId, TrackerEvent } from "../../src/tracker-server/core/event.ts";
import { TRACKER_LIMITS } from "../../src/tracker-server/core/options.ts";
import { Tracker } from "../../src/tracker-server/core/tracker.ts";
import type { Clock } from "./clock.ts";

/** A viewer's end of its tracker socket. */
export interface TrackerClient {
  readonly index: number;
  /** As far as the tracker knows. */
  readonly region: string | undefined;
  /** What its address begins with: those of one network share it. */
  readonly prefix: string;
  trackerOpened(socket: ConnectionId): void;
  trackerSaid(socket: ConnectionId, message: TrackerToViewer): void;
  trackerClosed(socket: ConnectionId): void;
}

/** The real tracker core behind sockets that take a while. Remembers who got which PeerId, as the network must know. */
export class TrackerHost<Client extends TrackerClient> {
  readonly #clock: Clock;
  readonly #seed: number;
  readonly #attests: boolean;
  #core: Tracker;
  readonly #sockets = new Map<ConnectionId, Client>();
  readonly #byPeer = new Map<PeerId, Client>();
  #nextSocket: ConnectionId = 1;
  #nextId = 1;
  #wakeAt: Millis = Infinity;
  #isUp = true;

  constructor(clock: Clock, seed: number, attests: boolean) {
    this.#clock = clock;
    this.#seed = seed;
    this.#attests = attests;
    this.#core = this.#boot();
  }

  byPeerId(peer: PeerId): Client | undefined {
    return this.#byPeer.get(peer);
  }

  /** A viewer opens a socket. Answered with `trackerOpened` or `trackerClosed`. */
  open(client: Client): ConnectionId {
    const socket = this.#nextSocket++;
    this.#clock.after(2 * TRACKER_DELAY_MS, () => {
      if (!this.#isUp) {
        client.trackerClosed(socket);
        return;
      }
      this.#sockets.set(socket, client);
      const addressKey = String(client.index);
      const network = { prefixKey: client.prefix, region: client.region };
      this.#feed({ type: "connection-asked", connection: socket, addressKey, network, origin: undefined });
    });
    return socket;
  }

  tell(socket: ConnectionId, message: ViewerToTracker): void {
    const text = encodeTrackerMessage(message);
    this.#clock.after(TRACKER_DELAY_MS, () => {
      if (this.#sockets.has(socket))
        this.#feed({ type: "message", connection: socket, message: parseViewerToTracker(text), bytes: text.length });
    });
  }

  /** The viewer's socket is gone; the tracker sees it after a while. */
  close(socket: ConnectionId, afterMs: Millis): void {
    this.#clock.after(afterMs, () => {
      if (this.#sockets.delete(socket)) this.#feed({ type: "connection-closed", connection: socket });
    });
  }

  /** The process dies, and a new one starts later with an empty memory. */
  setUp(isUp: boolean): void {
    if (this.#isUp && !isUp) {
      for (const [socket, client] of this.#sockets) client.trackerClosed(socket);
      this.#sockets.clear();
      this.#core = this.#boot();
    }
    this.#isUp = isUp;
  }

  #boot(): Tracker {
    this.#wakeAt = Infinity;
    const ids = {
      attester: this.#attests ? ATTESTER : undefined,
      newPeerId: () => `peer${String(this.#nextId++).padStart(6, "0")}` as PeerId,
      resumeToken: (peer: PeerId, swarm: SwarmId) => peer + swarm,
      ownerOf: (token: string, swarm: SwarmId) => {
        const peer = token.slice(0, PEER_ID_CHARS) as PeerId;
        return token === peer + swarm ? { peer } : undefined;
      },
      readSeederTicket: trustedTicket,
    };
    const rng = createRng(this.#seed).fork(`tracker ${this.#clock.now}`);
    return new Tracker(this.#clock.now, TRACKER_LIMITS, rng, ids);
  }

  #feed(event: TrackerEvent): void {
    for (const action of this.#core.handle(this.#clock.now, event)) {
      if (!("connection" in action)) continue; // it is alone: nothing for a bus
      const client = this.#sockets.get(action.connection);
      if (!client) continue;
      const socket = action.connection;
      switch (action.type) {
        case "accept":
          client.trackerOpened(socket);
          break;
        case "refuse":
          this.#sockets.delete(socket);
          client.trackerClosed(socket);
          break;
        case "close":
          this.#sockets.delete(socket);
          this.#clock.after(TRACKER_DELAY_MS, () => client.trackerClosed(socket));
          this.#feed({ type: "connection-closed", connection: socket });
          break;
        case "send": {
          if (action.message.type === "joined") this.#byPeer.set(action.message.peer, client);
          const text = encodeTrackerMessage(action.message);
          this.#clock.after(TRACKER_DELAY_MS, () => {
            client.trackerSaid(socket, parseTrackerToViewer(text));
          });
          break;
        }
      }
    }
    this.#plan();
  }

  #plan(): void {
    const at = this.#core.nextWakeup();
    if (at >= this.#wakeAt || at === Infinity) return;
    const core = this.#core;
    this.#wakeAt = at;
    this.#clock.at(at, {
      run: () => {
        if (this.#wakeAt !== at || this.#core !== core) return;
        this.#wakeAt = Infinity;
        this.#feed({ type: "wakeup" });
      },
    });
  }
}

const trustedTicket = (jti: string): Ticket => ({
  claims: { jti, exp: Infinity, swarms: [SWARM], role: "trusted" },
  expiresInMs: Infinity,
});

export const SWARM = "the-only-swarm--" as SwarmId;

const PEER_ID_CHARS = 10;

/** Nobody checks its signatures here. */
const ATTESTER = { publicKey: "0".repeat(64), sign: () => "0".repeat(128) };

/** One way between any viewer and the tracker. */
const TRACKER_DELAY_MS: Millis = 25;

import { once } from "node:events";
import { WebSocket, type ClientOptions } from "ws";
import type { PeerId } from "../../src/protocol/ids.ts";
import { encodeTrackerMessage, parseTrackerToViewer } from "../../src/protocol/tracker-codec.ts";
import type { TrackerToViewer, ViewerToTracker } from "../../src/protocol/tracker-message.ts";
import { TRACKER_SUBPROTOCOL } from "../../src/protocol/version.ts";
import type { RunningTracker } from "../../src/tracker-server/index.ts";

export const SWARM = "a-swarm-over-sockets";

type Type = TrackerToViewer["type"];
type Of<T extends Type> = Extract<TrackerToViewer, { type: T }>;

/** One viewer as a tracker sees it, without a player: a real WebSocket, and messages that can be awaited. */
export class TestViewer {
  readonly ws: WebSocket;
  /** Close code and reason, once it is closed. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #unread: TrackerToViewer[] = [];
  #wake: () => void = () => undefined;
  #joined: Of<"joined"> | undefined;

  constructor(url: string, options: ClientOptions = {}) {
    this.ws = new WebSocket(url, TRACKER_SUBPROTOCOL, options);
    this.closed = new Promise((resolve) => {
      this.ws.on("close", (code, reason) => {
        resolve({ code, reason: reason.toString() });
        this.#wake();
      });
    });
    this.ws.on("error", () => undefined); // a refused or broken socket is closed as well, which is what tests look at
    this.ws.on("message", (data) => {
      this.#unread.push(parseTrackerToViewer(Buffer.isBuffer(data) ? data.toString() : ""));
      this.#wake();
    });
  }

  static async open(tracker: Pick<RunningTracker, "url">, options?: ClientOptions): Promise<TestViewer> {
    const viewer = new TestViewer(tracker.url, options);
    await once(viewer.ws, "open");
    return viewer;
  }

  /** Opens and joins. */
  static async join(
    tracker: Pick<RunningTracker, "url">,
    join: Record<string, unknown> = {},
    options?: ClientOptions,
  ): Promise<TestViewer> {
    const viewer = await TestViewer.open(tracker, options);
    viewer.sendRaw(JSON.stringify({ ...JOIN, ...join }));
    viewer.#joined = await viewer.next("joined");
    return viewer;
  }

  get joined(): Of<"joined"> {
    if (!this.#joined) throw new Error("has not joined");
    return this.#joined;
  }

  get id(): PeerId {
    return this.joined.peer;
  }

  send(message: ViewerToTracker): void {
    this.ws.send(encodeTrackerMessage(message));
  }

  sendRaw(text: string): void {
    this.ws.send(text);
  }

  signal(to: TestViewer, signal: string): void {
    this.send({ type: "signal", to: to.id, signal });
  }

  /** The next message of a type; those of other types stay for later. Rejects when the socket closes first. */
  async next<T extends Type>(type: T): Promise<Of<T>> {
    const isWanted = (message: TrackerToViewer): message is Of<T> => message.type === type;
    for (;;) {
      const found = this.#unread.find(isWanted);
      if (found) {
        this.#unread.splice(this.#unread.indexOf(found), 1);
        return found;
      }
      if (this.ws.readyState === WebSocket.CLOSED) throw new Error(`closed while waiting for ${type}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Everything received and not yet asked for. */
  get unread(): readonly TrackerToViewer[] {
    return this.#unread;
  }

  /** Resolves once the tracker has dealt with all that was sent before. */
  async settled(): Promise<void> {
    this.ws.ping();
    await once(this.ws, "pong");
  }

  async leave(): Promise<void> {
    this.send({ type: "leave" });
    await this.closed;
  }

  /** As a crash would: no close frame. */
  async drop(): Promise<void> {
    this.ws.terminate();
    await this.closed;
  }
}

export const JOIN = { type: "join", version: 1, versionMin: 1, swarm: SWARM, peersWanted: 8, uplink: 2 };

import type { Millis } from "../../base/time.ts";
import type { PeerId } from "../../protocol/ids.ts";
import { inboxOf, PRESENCE_CHANNEL, type BusAction, type BusRecord, type NodeId, type Presence } from "./bus-record.ts";
import { DeadlineQueue } from "./deadline-queue.ts";
import type { AnySignal } from "./event.ts";
import { PeerRoutes } from "./peer-routes.ts";
import type { TrackerSite } from "./tracker-list.ts";
import type { Headcount, TrackerNode } from "./tracker-node.ts";

/** What a process is told of itself when it starts. */
export interface ClusterOptions {
  /** Without one the process is alone. */
  readonly hasBus: boolean;
  /** Random and of no other use: tells two processes apart that drew the same node id. */
  readonly boot: string;
  newNodeId(): NodeId;
}

/** How a process stands with the others. */
export interface ClusterStats {
  /** Processes on the bus, this one included. */
  readonly nodes: number;
  /** Whether what this process sends to itself comes back. */
  readonly busUp: boolean;
  /** Records. */
  readonly sent: number;
  readonly received: number;
  /** Could not be sent, could not be read, or was of no use to anybody here. */
  readonly dropped: number;
  /** How long the last record to itself took; undefined before the first. */
  readonly lagMs: Millis | undefined;
}

/** Told of what changes among the processes. */
export interface ClusterListener {
  handleNodeGone(now: Millis, node: NodeId): void;
  /** The bus carries again, or for the first time: whatever was told meanwhile is lost. */
  handleBusUp(now: Millis): void;
}

/**
 * This process among the others on the bus: its name, who else is there, whether the bus carries anything. All of it is
 * soft state: told again and again, and forgotten when it is not. Knows no swarms and no viewers.
 */
export class Cluster<Signal extends AnySignal = string> {
  readonly #options: ClusterOptions;
  readonly #site: TrackerSite;
  readonly #viewersMax: number;
  readonly #headcount: () => Headcount;
  readonly #act: (action: BusAction<Signal>) => void;
  readonly #fellows = new Map<NodeId, Presence>();
  readonly #heardOf = new DeadlineQueue<NodeId>(SILENT_MS);
  readonly #routes = new PeerRoutes();
  #listener: ClusterListener | undefined;
  #node: NodeId;
  #isDraining = false;
  #isFollowing = false;
  #isUp = false;
  #echoAt: Millis = Infinity;
  #presenceAt: Millis = Infinity;
  /** When the last echo came, or the bus was last renewed for want of one. */
  #echoedAt: Millis;
  #lagMs: Millis | undefined;
  #sent = 0;
  #received = 0;
  #dropped = 0;

  constructor(
    now: Millis,
    options: ClusterOptions,
    site: TrackerSite,
    viewersMax: number,
    headcount: () => Headcount,
    act: (action: BusAction<Signal>) => void,
  ) {
    this.#options = options;
    this.#site = site;
    this.#viewersMax = viewersMax;
    this.#headcount = headcount;
    this.#act = act;
    this.#node = options.newNodeId();
    this.#echoedAt = now;
    if (options.hasBus) this.#presenceAt = this.#echoAt = now;
  }

  /** The two characters that ids of new viewers begin with. */
  get node(): NodeId {
    return this.#node;
  }

  get hasBus(): boolean {
    return this.#options.hasBus;
  }

  /** Whether it is worth asking anybody. */
  get isUp(): boolean {
    return this.#isUp;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  listen(listener: ClusterListener): void {
    this.#listener = listener;
  }

  /** This process first. */
  nodes(): readonly TrackerNode[] {
    const known: ReadonlyArray<readonly [NodeId, Presence]> = [[this.#node, this.#self()], ...this.#fellows];
    return known.map(([node, { publicUrl, region, viewers, seeders, viewersMax, draining }]) => ({
      node,
      publicUrl,
      region,
      viewers,
      seeders,
      viewersMax,
      draining,
    }));
  }

  stats(): ClusterStats {
    return {
      nodes: this.#fellows.size + 1,
      busUp: this.#isUp,
      sent: this.#sent,
      received: this.#received,
      dropped: this.#dropped,
      lagMs: this.#lagMs,
    };
  }

  /** The process that a viewer who is not here can be reached through now. */
  reach(peer: PeerId): NodeId | undefined {
    const node = this.#routes.nodeOf(peer);
    return this.#isUp && this.#fellows.has(node) ? node : undefined;
  }

  learn(now: Millis, peer: PeerId, node: NodeId): void {
    this.#routes.learn(now, peer, node);
  }

  send(node: NodeId, record: BusRecord<Signal>): void {
    this.publish(inboxOf(node), record);
  }

  publish(channel: string, record: BusRecord<Signal>): void {
    if (!this.#options.hasBus) return;
    this.#sent++;
    this.#act({ type: "publish", channel, from: this.#node, record });
  }

  follow(channel: string): void {
    if (this.#options.hasBus) this.#act({ type: "subscribe", channel });
  }

  unfollow(channel: string): void {
    if (this.#options.hasBus) this.#act({ type: "unsubscribe", channel });
  }

  countReceived(): void {
    this.#received++;
  }

  countDropped(records = 1): void {
    this.#dropped += records;
  }

  /** Others are to send nobody here any more. */
  drain(now: Millis): void {
    this.#isDraining = true;
    if (this.#options.hasBus) this.#presenceAt = now;
  }

  handlePresence(now: Millis, node: NodeId, presence: Presence): void {
    if (node === this.#node) {
      if (presence.boot > this.#options.boot) this.#rename(now); // the other, seeing ours, stays
      return;
    }
    const former = this.#fellows.get(node);
    if (former && former.boot !== presence.boot) this.#listener?.handleNodeGone(now, node);
    this.#fellows.set(node, presence);
    this.#heardOf.add(now, node);
    // Whoever is new should know us before it hands anybody a viewer of ours.
    if (former?.boot !== presence.boot) this.#presenceAt = Math.min(this.#presenceAt, now);
  }

  handleEcho(now: Millis, { boot, sentAt }: { readonly boot: string; readonly sentAt: number }): void {
    if (boot !== this.#options.boot) return;
    this.#echoedAt = now;
    this.#lagMs = Math.max(0, now - sentAt);
    if (this.#isUp) return;
    this.#isUp = true;
    this.#echoAt = now + ECHO_MS;
    this.#presenceAt = now;
    this.#listener?.handleBusUp(now);
  }

  nextWakeup(): Millis {
    return Math.min(this.#presenceAt, this.#echoAt, this.#heardOf.next());
  }

  handleWakeup(now: Millis): void {
    for (const node of this.#heardOf.takeDue(now)) {
      this.#fellows.delete(node);
      this.#listener?.handleNodeGone(now, node);
    }
    if (!this.#isFollowing && this.#options.hasBus) {
      this.#isFollowing = true;
      this.follow(PRESENCE_CHANNEL);
      this.follow(inboxOf(this.#node));
    }
    if (now >= this.#presenceAt) {
      this.#presenceAt = now + PRESENCE_MS;
      this.publish(PRESENCE_CHANNEL, this.#self());
    }
    if (now < this.#echoAt) return;
    if (now - this.#echoedAt >= ECHO_MISSED_MS) {
      this.#isUp = false;
      this.#echoedAt = now; // the fresh connection gets as long
      this.#act({ type: "renew-bus" });
    }
    this.#echoAt = now + (this.#isUp ? ECHO_MS : ECHO_MS_WHILE_DOWN);
    this.send(this.#node, { type: "echo", boot: this.#options.boot, sentAt: now });
  }

  #self(): Presence {
    return {
      type: "presence",
      boot: this.#options.boot,
      publicUrl: this.#site.publicUrl,
      region: this.#site.region,
      ...this.#headcount(),
      viewersMax: this.#viewersMax,
      draining: this.#isDraining,
    };
  }

  /** Viewers keep their ids; others learn from what comes from them that they are here. */
  #rename(now: Millis): void {
    this.unfollow(inboxOf(this.#node));
    do this.#node = this.#options.newNodeId();
    while (this.#fellows.has(this.#node));
    this.follow(inboxOf(this.#node));
    this.#presenceAt = now;
    this.#listener?.handleBusUp(now);
  }
}

/** A tracker that knows of no others. */
export const ALONE: ClusterOptions = { hasBus: false, boot: "", newNodeId: () => "aa" };

/** How often a process tells that it is there. */
const PRESENCE_MS: Millis = 2_000;
/** Three of those missed: it is gone. */
export const SILENT_MS: Millis = 6_500;
/** How often a process sends something to itself, and how long it waits for it to come back. */
const ECHO_MS: Millis = 5_000;
const ECHO_MISSED_MS: Millis = 10_000;
/** So that what comes back is used at once. */
const ECHO_MS_WHILE_DOWN: Millis = 1_000;

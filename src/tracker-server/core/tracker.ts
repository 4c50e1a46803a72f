import { assertNever } from "../../base/assert.ts";
import type { Core } from "../../base/core.ts";
import type { Rng } from "../../base/random.ts";
import type { Millis } from "../../base/time.ts";
import type { SwarmId } from "../../protocol/ids.ts";
import type { TrackerToViewer, ViewerToTracker } from "../../protocol/tracker-message.ts";
import { CLOSE_CODE, type TrackerAction } from "./action.ts";
import { Admission } from "./admission.ts";
import { ALONE, Cluster, type ClusterOptions } from "./cluster.ts";
import { connected, type Connection } from "./connection.ts";
import { DeadlineQueue } from "./deadline-queue.ts";
import { Drain } from "./drain.ts";
import type { AnySignal, ConnectionId, TrackerEvent } from "./event.ts";
import { badTicket, REVOKED } from "./join-refusal.ts";
import type { IdSource } from "./joining.ts";
import type { Member } from "./member.ts";
import { ALREADY_JOINED, bannedFor, NOT_JOINED, tooMany } from "./message-refusals.ts";
import { OFF_MESSAGE, OffSwitch } from "./off-switch.ts";
import type { TrackerLimits } from "./options.ts";
import { TokenBucket } from "./rate-limit.ts";
import { Redirection } from "./redirection.ts";
import { offloadOf } from "./session-counts.ts";
import { countBySize, summarize, type RefusalReason, type TrackerHealth, type TrackerStats } from "./stats.ts";
import { TrackerList, type TrackerSite } from "./tracker-list.ts";
import type { Headcount, TrackerNode } from "./tracker-node.ts";
import { countByRegion } from "./viewers-by-region.ts";
import { Viewers, type Refusal } from "./viewers.ts";

/**
 * The tracker: introduces the viewers of a swarm to each other and relays what they signal, one message to one
 * viewer. This part decides about sockets: who gets one, what it may say how often, when it is closed. Knows no
 * network, reads no signal, sees no video.
 */
export class Tracker<Signal extends AnySignal = string> implements Core<TrackerEvent<Signal>, TrackerAction<Signal>> {
  readonly #limits: TrackerLimits;
  readonly #rng: Rng;
  readonly #admission: Admission;
  readonly #cluster: Cluster<Signal>;
  readonly #viewers: Viewers<Signal>;
  readonly #trackers: TrackerList;
  readonly #redirection: Redirection;
  readonly #connections = new Map<ConnectionId, Connection>();
  readonly #joinDeadlines: DeadlineQueue<Connection>;
  readonly #refusals = new Map<RefusalReason, number>();
  readonly #offSwitch = new OffSwitch();
  readonly #startedAt: Millis;
  #drain: Drain | undefined;
  #actions: TrackerAction<Signal>[] = [];

  constructor(
    now: Millis,
    limits: TrackerLimits,
    rng: Rng,
    ids: IdSource,
    site: TrackerSite = {},
    cluster: ClusterOptions = ALONE,
  ) {
    this.#startedAt = now;
    this.#limits = limits;
    this.#rng = rng.fork("drain");
    this.#admission = new Admission(limits);
    this.#joinDeadlines = new DeadlineQueue(limits.joinWithinMs);
    const headcount = (): Headcount => this.#viewers.registry.headcount;
    this.#cluster = new Cluster(now, cluster, site, limits.connectionsMax, headcount, (action) => {
      this.#actions.push(action);
    });
    this.#trackers = new TrackerList(site, () => this.nodes());
    const send = this.#send.bind(this);
    const ban = this.#ban.bind(this);
    this.#viewers = new Viewers(limits, rng.fork("selection"), ids, this.#cluster, this.#trackers, send, ban);
    this.#cluster.listen(this.#viewers.holdings);
    this.#redirection = new Redirection(this.#trackers, this.#viewers.counters);
  }

  handle(now: Millis, event: TrackerEvent<Signal>): readonly TrackerAction<Signal>[] {
    this.#actions = [];
    switch (event.type) {
      case "connection-asked":
        this.#handleAsked(now, event);
        break;
      case "message":
      case "bad-message":
      case "ping":
        this.#handleHeard(now, event);
        break;
      case "send-dropped":
        this.#handleSendDropped(event.connection, event.message);
        break;
      case "connection-closed":
        if (event.fault) this.#count(event.fault);
        this.#handleClosed(now, event.connection);
        break;
      case "wakeup":
        this.#handleWakeup(now);
        break;
      case "revoked":
        for (const member of this.#viewers.revoke(event))
          this.#turnOut(now, member, badTicket(REVOKED), CLOSE_CODE.notAdmitted);
        break;
      case "memory-measured":
        this.#admission.noteMemory(event.bytes);
        break;
      case "bus-message":
        this.#cluster.countReceived();
        this.#viewers.hear(now, event.from, event.record);
        break;
      case "bus-dropped":
        this.#cluster.countDropped(event.records);
        break;
      case "switch-off":
        this.#offSwitch.set(event.streams);
        for (const connection of this.#connections.values())
          if (connection.phase.name === "joined") this.#closeIfOff(now, connection, connection.phase.member.joinedAs);
        break;
      case "drain":
        this.#cluster.drain(now);
        this.#drain ??= new Drain(now, this.#connections.keys(), this.#limits.drainSpreadMs, this.#rng);
        break;
      default:
        assertNever(event);
    }
    this.#viewers.holdings.settle(now);
    return this.#actions;
  }

  nextWakeup(): Millis {
    return Math.min(
      this.#joinDeadlines.next(),
      this.#cluster.nextWakeup(),
      this.#viewers.nextWakeup(),
      this.#admission.nextExpiry(),
      this.#drain ? Infinity : this.#viewers.seating.nextWakeup(),
      this.#drain?.nextWakeup() ?? Infinity,
    );
  }

  health(now: Millis): TrackerHealth {
    return {
      uptimeMs: now - this.#startedAt,
      draining: this.#drain !== undefined,
      connections: this.#connections.size,
      ...this.#viewers.registry.headcount,
      shortOfMemory: this.#admission.isShortOfMemory,
    };
  }

  /** This process and those it knows on its bus. */
  nodes(): readonly TrackerNode[] {
    return this.#cluster.nodes();
  }

  /** Where somebody of that region should open its socket, the best first. */
  trackersFor(region: string | undefined, turn: number): readonly string[] {
    return this.#trackers.all(region, turn);
  }

  /** A snapshot for people. Costs time in proportion to the number of swarms. */
  stats(now: Millis): TrackerStats {
    const { registry, reported, counters } = this.#viewers;
    return {
      ...this.health(now),
      held: registry.heldCount,
      addresses: this.#admission.addressCount,
      swarmCount: registry.swarmCount,
      swarmSizes: countBySize(registry.swarms()),
      viewersByRegion: countByRegion(registry.swarms()),
      swarms: summarize(now, registry.swarms()),
      reported,
      offload: offloadOf(reported),
      counters: { ...counters },
      refusals: Object.fromEntries(this.#refusals),
      cluster: this.#cluster.stats(),
    };
  }

  /** What this process knows of one stream, if anything. Costs the same whatever its size. */
  stream(now: Millis, swarm: SwarmId) {
    return this.#viewers.registry.sumsOf(now, swarm);
  }

  #handleAsked(now: Millis, asked: Extract<TrackerEvent, { type: "connection-asked" }>): void {
    const { connection: id, addressKey, network, origin } = asked;
    const entry = this.#drain ? "draining" : this.#admission.open(now, addressKey, network.prefixKey, origin);
    if (typeof entry === "string") {
      this.#count(entry);
      this.#actions.push(...this.#redirection.atTheDoor(id, entry, network.region, this.#drain?.isEnding === true));
      return;
    }
    const connection = connected(now, id, entry, network, this.#limits.messages);
    this.#connections.set(id, connection);
    this.#joinDeadlines.add(now, connection);
    this.#actions.push({ type: "accept", connection: id });
    if (this.#joinDeadlines.size <= this.#limits.handshakesMax) return;
    const oldest = this.#joinDeadlines.takeOldest();
    if (!oldest) return;
    this.#count("handshakes-full");
    this.#close(now, oldest, CLOSE_CODE.full, "too many sockets wait to join");
  }

  /** Lets a socket speak, unless we closed it or it says too much. */
  #handleHeard(now: Millis, event: Extract<TrackerEvent<Signal>, { type: "message" | "bad-message" | "ping" }>): void {
    const connection = this.#connections.get(event.connection);
    if (!connection || connection.phase.name === "closing") return;
    const cost = event.type === "message" ? Math.max(1, Math.ceil(event.bytes / MESSAGE_COST_BYTES)) : 1;
    const { messages, entry } = connection;
    if (!messages.take(now, cost)) {
      this.#blame(now, connection, tooMany(this.#limits.messages, messages.readyInMs(now, cost)));
    } else if (!entry.address.messages.take(now, cost)) {
      const retryInMs = entry.address.messages.readyInMs(now, cost);
      this.#blame(now, connection, tooMany(this.#limits.messagesPerAddress, retryInMs));
    } else if (event.type === "message") {
      this.#handleMessage(now, connection, event.message);
    } else if (event.type === "bad-message") {
      this.#handleBadMessage(now, connection, event);
    }
  }

  #handleMessage(now: Millis, connection: Connection, message: ViewerToTracker<Signal>): void {
    const { id, phase } = connection;
    if (message.type === "join") {
      if (phase.name === "waiting") this.#handleJoin(now, connection, message);
      else this.#blame(now, connection, ALREADY_JOINED);
      return;
    }
    if (phase.name !== "joined") {
      this.#blame(now, connection, NOT_JOINED);
      return;
    }
    const { member } = phase;
    switch (message.type) {
      case "need":
        this.#blame(now, connection, this.#viewers.need(now, id, member, message));
        break;
      case "signal": {
        // Refused without blame: a candidate that comes late looks just like this.
        const refusal = this.#viewers.signal(now, id, member, message);
        if (refusal) this.#refuse(connection, refusal);
        break;
      }
      case "update":
        this.#viewers.update(now, member, message);
        break;
      case "report":
        this.#blame(now, connection, this.#viewers.report(now, member, message));
        break;
      case "hashes":
        this.#blame(now, connection, this.#viewers.hashes(now, member, message));
        break;
      case "accuse":
        this.#blame(now, connection, this.#viewers.accusations.accuse(now, member, message.peer));
        break;
      case "leave":
        this.#viewers.leave(now, member);
        this.#close(now, connection, CLOSE_CODE.left, "left");
        break;
      default:
        assertNever(message);
    }
  }

  #handleJoin(now: Millis, connection: Connection, join: Extract<ViewerToTracker, { type: "join" }>): void {
    if (this.#closeIfOff(now, connection, join.swarm)) return;
    const joined = this.#viewers.join(now, connection, join);
    if ("reason" in joined) {
      const isFull = joined.reason === "full";
      const redirect = isFull && this.#redirection.elsewhere(connection.id, connection.network.region);
      this.#count(joined.reason);
      this.#send(connection.id, redirect || { type: "error", ...joined.error });
      this.#close(now, connection, isFull ? CLOSE_CODE.full : CLOSE_CODE.notAdmitted, joined.reason);
      return;
    }
    this.#joinDeadlines.delete(connection);
    connection.phase = { name: "joined", member: joined.member };
    // A viewer often comes back before its old socket is seen to be dead.
    const former = joined.former === undefined ? undefined : this.#connections.get(joined.former);
    if (former) this.#close(now, former, CLOSE_CODE.takenOver, "resumed on another socket");
  }

  #closeIfOff(now: Millis, connection: Connection, swarm: SwarmId): boolean {
    if (!this.#offSwitch.isOff(swarm)) return false;
    this.#count("off");
    this.#send(connection.id, { type: "off", message: OFF_MESSAGE });
    this.#close(now, connection, CLOSE_CODE.off, "off");
    return true;
  }

  /** Enough networks have accused it (TK76). Whoever shares its address may stay, and nobody new may come from there. */
  #ban(now: Millis, member: Member): void {
    const connection = this.#turnOut(now, member, bannedFor(this.#limits.banMs), CLOSE_CODE.misbehaved);
    // At one's own machine everybody has the same address.
    if (connection && !member.network.isLoopback) this.#admission.ban(now, connection.entry.address);
  }

  #handleBadMessage(
    now: Millis,
    connection: Connection,
    { code, field, text }: Extract<TrackerEvent, { type: "bad-message" }>,
  ): void {
    const detail = { message: text, ...(field !== undefined && { field }) };
    if (code === "bad-version") {
      this.#refuse(connection, { reason: code, error: { code, ...detail } });
      this.#close(now, connection, CLOSE_CODE.version, "no version in common");
    } else {
      this.#blame(now, connection, { reason: code, error: { code: "bad-message", ...detail } });
    }
  }

  #handleSendDropped(id: ConnectionId, message: TrackerToViewer<Signal>): void {
    const phase = this.#connections.get(id)?.phase;
    if (message.type === "signal" && phase?.name === "joined") this.#viewers.signalDropped(phase.member, message.from);
  }

  #handleClosed(now: Millis, id: ConnectionId): void {
    if (this.#redirection.release(id)) return;
    const connection = this.#connections.get(id);
    if (!connection) return;
    this.#connections.delete(id);
    this.#admission.close(now, connection.entry);
    this.#letGo(now, connection);
  }

  #handleWakeup(now: Millis): void {
    for (const connection of this.#joinDeadlines.takeDue(now)) {
      this.#count("join-timeout");
      this.#close(now, connection, CLOSE_CODE.misbehaved, "no join in time");
    }
    this.#cluster.handleWakeup(now);
    this.#viewers.handleWakeup(now);
    this.#admission.forgetIdle(now);
    if (!this.#drain) this.#viewers.seating.handleWakeup(now);
    else this.#drainSome(now, this.#drain);
  }

  /** It was let in, and may not stay. Returns the socket that it had. */
  #turnOut(now: Millis, member: Member, refusal: Refusal, code: number): Connection | undefined {
    const connection = member.connection === undefined ? undefined : this.#connections.get(member.connection);
    this.#viewers.expel(now, member);
    if (!connection) return undefined;
    this.#refuse(connection, refusal);
    this.#close(now, connection, code, refusal.reason);
    return connection;
  }

  #drainSome(now: Millis, drain: Drain): void {
    for (const id of drain.takeDue(now)) {
      const connection = this.#connections.get(id);
      if (!connection || connection.phase.name === "closing") continue;
      const trackers = this.#trackers.elsewhere(connection.network.region, id);
      const reconnectInMs = drain.drawReconnectInMs();
      this.#send(id, { type: "drain", reconnectInMs, ...(trackers.length > 0 && { trackers }) });
      this.#close(now, connection, CLOSE_CODE.restarting, "restarting");
    }
  }

  /** Answers a refusal. A viewer that earns them faster than it is forgiven loses its socket. */
  #blame(now: Millis, connection: Connection, refusal: Refusal | undefined): void {
    if (!refusal) return;
    this.#refuse(connection, refusal);
    connection.mistakes ??= new TokenBucket(now, this.#limits.mistakes);
    if (refusal.isForgiven || connection.mistakes.take(now)) return;
    const isFlood = refusal.reason === "rate-limited";
    if (isFlood) this.#admission.punish(now, connection.entry.address);
    const code = isFlood ? CLOSE_CODE.flood : CLOSE_CODE.misbehaved;
    this.#close(now, connection, code, `too many mistakes, the last: ${refusal.reason}`);
  }

  #refuse(connection: Connection, { reason, error }: Refusal): void {
    this.#count(reason);
    this.#send(connection.id, { type: "error", ...error });
  }

  #count(reason: RefusalReason): void {
    this.#refusals.set(reason, (this.#refusals.get(reason) ?? 0) + 1);
  }

  #send(connection: ConnectionId, message: TrackerToViewer<Signal>): void {
    this.#actions.push({ type: "send", connection, message });
  }

  #close(now: Millis, connection: Connection, code: number, reason: string): void {
    this.#letGo(now, connection);
    this.#actions.push({ type: "close", connection: connection.id, code, reason });
  }

  /** Whatever the socket stood for ends; a viewer that still has it is held for a resume. */
  #letGo(now: Millis, connection: Connection): void {
    this.#joinDeadlines.delete(connection);
    const { phase } = connection;
    connection.phase = { name: "closing" };
    if (phase.name !== "joined" || phase.member.connection !== connection.id) return;
    // A tracker that stops takes every socket, and no link between viewers with it: nothing for neighbours to look at.
    // They go on with the election seats they have: those were dealt with everybody in view.
    // Of a stream that is off all are closed: nobody is left to be told.
    if (this.#drain || this.#offSwitch.isOff(phase.member.joinedAs)) this.#viewers.shelve(now, phase.member);
    else this.#viewers.drop(now, phase.member);
  }
}

/** A large message counts as several: the largest offers as four. */
const MESSAGE_COST_BYTES = 2 * 1024;

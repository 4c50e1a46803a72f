import type { Rng } from "../../base/random.ts";
import type { Millis } from "../../base/time.ts";
import type { PeerId, SwarmId } from "../../protocol/ids.ts";
import type { Ticket, TicketFault } from "../../protocol/ticket.ts";
import type { Accusations } from "./accusations.ts";
import type { Attester } from "./attestation.ts";
import type { NodeId } from "./bus-record.ts";
import type { AnySignal, ConnectionId } from "./event.ts";
import { drawHoldOut } from "./hold-out.ts";
import { Introductions } from "./introductions.ts";
import { badTicket, joinRefusalOf, NO_TICKET, NOT_TRUSTED, ticketRefusalOf } from "./join-refusal.ts";
import type { Member } from "./member.ts";
import type { Network } from "./network.ts";
import type { TrackerLimits } from "./options.ts";
import { TokenBucket } from "./rate-limit.ts";
import { Rations } from "./ration.ts";
import { REPORT_CREDIT_MS } from "./report-check.ts";
import { NO_COUNTS } from "./session-counts.ts";
import type { TrackerCounters } from "./stats.ts";
import type { SwarmRegistry } from "./swarm-registry.ts";
import { TicketBook } from "./ticket-book.ts";
import { swarmOfClass, type Pass, type Revoked } from "./ticket.ts";
import type { Message, Refusal } from "./viewers.ts";

/** Makes what nobody may guess or forge, and knows it again. Random in a server, counted in a test. */
export interface IdSource {
  /** Absent where the operator wants nothing attested. */
  readonly attester?: Attester | undefined;
  /** `node` are the characters that all ids of this process begin with. */
  newPeerId(node: string): PeerId;
  /** By this `peer` may take its id up again in `swarm`, and need not show its ticket. */
  resumeToken(peer: PeerId, swarm: SwarmId, pass?: Pass): string;
  /** Whose token it is; undefined when it is not ours, of another swarm, or too old. */
  ownerOf(token: string, swarm: SwarmId): TokenOwner | undefined;
  /** What a ticket says, if it is one of the site's. Absent where everybody may come in. */
  readonly readTicket?: ((ticket: string) => Ticket | TicketFault) | undefined;
  /** The same of a seeder's, where everybody may come in: it proves that it is the operator's. */
  readonly readSeederTicket?: ((ticket: string) => Ticket | TicketFault) | undefined;
}

export interface TokenOwner {
  readonly peer: PeerId;
  readonly pass?: Pass | undefined;
}

/** A socket that somebody joins on. */
export interface JoiningSocket {
  readonly id: ConnectionId;
  readonly network: Network;
}

/** A viewer in its swarm. */
export interface Joined {
  readonly member: Member;
  readonly isResumed: boolean;
  /** The socket that it had until now, if it had one. */
  readonly former: ConnectionId | undefined;
}

/** What Joining needs of the rest of the core. */
export interface JoiningParts {
  readonly limits: TrackerLimits;
  readonly registry: SwarmRegistry;
  readonly counters: TrackerCounters;
  readonly accusations: Pick<Accusations<AnySignal>, "isBanned">;
  readonly ids: IdSource;
  readonly rng: Rng;
  /** This process among the others. */
  node(): NodeId;
}

/** With what somebody may come in; `ticket` if one of its uses goes with it. */
interface Permit {
  readonly pass: Pass | undefined;
  readonly ticket: Ticket | undefined;
}

/**
 * Who may join, and as whom: with a token the viewer that it names, with a ticket a new one, and where no ticket is asked
 * for anybody. Keeps what a ticket or a network has used up. Introduces nobody, and says nothing to anybody.
 */
export class Joining {
  readonly #parts: JoiningParts;
  readonly #tickets = new TicketBook();
  readonly #rations: Rations;

  constructor(parts: JoiningParts) {
    this.#parts = parts;
    this.#rations = new Rations(parts.limits.introductionsPerPrefix, parts.limits.introductionsPerTicket);
  }

  join(now: Millis, socket: JoiningSocket, join: Message<"join">): Joined | Refusal {
    const { registry, counters } = this.#parts;
    const owner = this.#ownerOf(now, join);
    const permit = this.#permitOf(owner, join);
    if ("reason" in permit) return permit;
    const swarm = swarmOfClass(join.swarm, permit.pass?.class);
    const known = owner && registry.member(owner.peer);
    const resumed = known?.swarm.id === swarm ? known : undefined;
    const former = resumed?.connection;
    if (resumed) {
      counters.resumes++;
      registry.revive(resumed, socket.id);
      change(now, resumed, join, socket.network);
    }
    const member = resumed ?? this.#admit(now, socket, join, swarm, owner?.peer, permit);
    if ("reason" in member) return member;
    this.#rations.enter(now, member);
    return { member, isResumed: resumed !== undefined, former };
  }

  /** Its socket is gone, or it is. */
  absent(now: Millis, member: Member): void {
    this.#rations.leave(now, member);
  }

  /** Replaces what was revoked before. Returns those who are in with such a ticket. */
  revoke(revoked: Revoked): readonly Member[] {
    this.#tickets.revoke(revoked);
    const { registry } = this.#parts;
    return [...registry.members()].filter(({ pass }) => pass && this.#tickets.isRevoked(pass));
  }

  nextExpiry(): Millis {
    return Math.min(this.#tickets.nextExpiry(), this.#rations.nextExpiry());
  }

  forgetExpired(now: Millis): void {
    this.#tickets.forgetExpired(now);
    this.#rations.forgetIdle(now);
  }

  /** Whose id is asked for, if the token is good. */
  #ownerOf(now: Millis, { resume, swarm }: Message<"join">): TokenOwner | undefined {
    if (resume === undefined) return undefined;
    const { ids, accusations, counters } = this.#parts;
    const owner = ids.ownerOf(resume, swarm);
    if (owner && !accusations.isBanned(now, owner.peer)) return owner;
    counters.staleResumes++;
    return undefined;
  }

  #permitOf(owner: TokenOwner | undefined, join: Message<"join">): Permit | Refusal {
    const { readTicket, readSeederTicket } = this.#parts.ids;
    if (!readTicket && !(readSeederTicket && join.seeder)) return OPEN;
    if (owner?.pass && !this.#tickets.isRevoked(owner.pass)) return { pass: owner.pass, ticket: undefined };
    if (join.ticket === undefined) return readTicket ? badTicket(NO_TICKET) : OPEN;
    const ticket = (readTicket ?? readSeederTicket)?.(join.ticket) ?? { fault: "cannot be read here" };
    if ("fault" in ticket) return badTicket(`the ticket ${ticket.fault}`);
    const { jti, class: className, role } = ticket.claims;
    if (!readTicket && role !== "trusted") return badTicket(NOT_TRUSTED);
    const pass: Pass = { ticket: jti, class: className, isTrusted: role === "trusted" };
    return ticketRefusalOf(ticket, join, this.#tickets) ?? { pass, ticket };
  }

  /** A new viewer, or one that brings its id from before. */
  #admit(
    now: Millis,
    { id: connection, network }: JoiningSocket,
    join: Message<"join">,
    swarmId: SwarmId,
    owner: PeerId | undefined,
    { pass, ticket }: Permit,
  ): Member | Refusal {
    const { limits, registry, counters, ids, rng, node } = this.#parts;
    const swarm = registry.swarm(now, swarmId);
    const refusal = joinRefusalOf(swarm, registry.swarmCount, limits);
    if (refusal) return refusal;
    if (ticket) this.#tickets.use(now, ticket);
    // Somewhere else, or before a restart, it has been drawn, and has reported. A seeder plays nothing to compare.
    const isReturning = join.resume !== undefined;
    const trusted = pass?.isTrusted ?? false;
    const isSeeder = join.seeder === true && (trusted || !pass);
    const told = join.holdOut ?? (isReturning || isSeeder ? false : undefined);
    const holdOut = drawHoldOut(limits.holdOutShare, told, rng);
    let peer = owner ?? ids.newPeerId(node());
    while (registry.member(peer)) peer = ids.newPeerId(node());
    const member: Member = {
      peer,
      swarm,
      joinedAs: join.swarm,
      connection,
      network,
      uplink: holdOut ? 0 : join.uplink,
      pass,
      trusted,
      isSeeder,
      track: isSeeder ? undefined : join.track,
      tracks: isSeeder ? (join.tracks ?? []) : [],
      linksMax: Infinity,
      place: join.place && { place: join.place, toldAt: now },
      seats: undefined,
      links: 0,
      introductions: new Introductions(),
      introductionQuota: new TokenBucket(now, limits.introductions),
      rations: [],
      nextNeedAt: now,
      hashQuota: undefined,
      accusers: undefined,
      holdOut,
      reported: NO_COUNTS,
      leftOut: isReturning ? undefined : NO_COUNTS,
      reportedUntil: now - REPORT_CREDIT_MS,
    };
    registry.add(member);
    if (!isSeeder) swarm.savings.began(holdOut);
    counters.joins++;
    if (peer === owner) counters.restores++;
    return member;
  }
}

/** What a viewer says of itself anew. A place that it does not mention stands: it moves on by itself. */
export function change(
  now: Millis,
  member: Member,
  to: Pick<Message<"update">, "uplink" | "track" | "tracks" | "place">,
  network: Network,
): void {
  member.swarm.takeOut(member);
  if (!member.holdOut) member.uplink = to.uplink;
  if (member.isSeeder) member.tracks = to.tracks ?? [];
  else member.track = to.track;
  member.network = network;
  member.swarm.putIn(member);
  if (to.place) member.place = { place: to.place, toldAt: now };
}

const OPEN: Permit = { pass: undefined, ticket: undefined };

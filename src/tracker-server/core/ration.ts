import type { Millis } from "../../base/time.ts";
import type { PeerId } from "../../protocol/ids.ts";
import { Crowds, refillMs, type Crowd } from "./crowd.ts";
import type { Member } from "./member.ts";
import { isElsewhere } from "./network.ts";
import type { Rate } from "./rate-limit.ts";

/** How many peers those who share something may be told of: `burst` for one viewer at once, and `perSecond` for each. */
export interface RationRule extends Rate {
  /** More for each further viewer. */
  readonly more: number;
  /** Viewers that count: beyond these they share what is there. */
  readonly viewersMax: number;
}

/**
 * How many peers of other networks the viewers of one network, or of one ticket, may yet be told of, whichever side asked
 * (TK85, TK86). Who leaves and comes again finds it as it was. Grows with the viewers there are, so that a school gets
 * what a school needs.
 */
export class Ration implements Crowd {
  readonly key: string;
  open = 0;
  readonly #rule: RationRule;
  /** Told of, and not yet forgiven. */
  #told = 0;
  #settledAt: Millis;

  constructor(now: Millis, key: string, rule: RationRule) {
    this.key = key;
    this.#rule = rule;
    this.#settledAt = now;
  }

  available(now: Millis): number {
    this.settle(now);
    const { burst, more } = this.#rule;
    return Math.max(0, Math.floor(burst + more * (this.#viewers - 1) - this.#told));
  }

  /** Whether others may be told of these viewers: the second half is for what they ask for themselves. */
  isOpen(now: Millis): boolean {
    return this.available(now) >= this.#rule.burst / 2;
  }

  take(now: Millis): void {
    this.settle(now);
    this.#told++;
  }

  /** To be called before {@link open} changes: what is forgiven depends on it. */
  settle(now: Millis): void {
    if (now === this.#settledAt) return;
    const forgiven = ((now - this.#settledAt) * this.#rule.perSecond * this.#viewers) / 1000;
    this.#told = Math.max(0, this.#told - forgiven);
    this.#settledAt = now;
  }

  get #viewers(): number {
    return Math.min(Math.max(1, this.open), this.#rule.viewersMax);
  }
}

/** The rations of all networks and of all tickets, each for as long as forgetting it would forgive something. */
export class Rations {
  readonly #rations: Crowds<Ration>;

  constructor(perPrefix: Rate, perTicket: Rate) {
    const ofPrefix: RationRule = { ...perPrefix, more: MORE_PER_VIEWER, viewersMax: VIEWERS_MAX };
    const ofTicket: RationRule = { ...perTicket, more: 0, viewersMax: 1 };
    const most = { ...perPrefix, burst: perPrefix.burst + MORE_PER_VIEWER * VIEWERS_MAX };
    const keptMs = Math.max(refillMs(most), refillMs(perTicket));
    this.#rations = new Crowds(
      keptMs,
      (now, key) => new Ration(now, key, key.startsWith(TICKET_MARK) ? ofTicket : ofPrefix),
    );
  }

  /** The viewer is there, on a socket; where that comes from may have changed. */
  enter(now: Millis, member: Member): void {
    this.leave(now, member);
    const { network, pass } = member;
    const rations: Ration[] = [];
    // The operator's own is to meet everybody.
    if (member.trusted) return;
    if (network.prefixKey !== "") rations.push(this.#rations.of(now, network.prefixKey));
    if (pass) rations.push(this.#rations.of(now, TICKET_MARK + pass.ticket));
    for (const ration of rations) {
      ration.settle(now);
      this.#rations.enter(ration);
    }
    member.rations = rations;
  }

  /** Its socket is gone. */
  leave(now: Millis, member: Member): void {
    for (const ration of member.rations) {
      ration.settle(now);
      this.#rations.leave(now, ration);
    }
    member.rations = [];
  }

  nextExpiry(): Millis {
    return this.#rations.nextExpiry();
  }

  forgetIdle(now: Millis): void {
    this.#rations.forgetIdle(now);
  }
}

/** Peers of other networks that a viewer may be told of, by all the rations it draws on. */
export function elsewhereLeft(now: Millis, { rations }: Member): number {
  let left = Infinity;
  for (const ration of rations) left = Math.min(left, ration.available(now));
  return left;
}

/** Whether others may be introduced to this viewer who are of another network than it. */
export function isOpenToOthers(now: Millis, { rations }: Member): boolean {
  for (const ration of rations) if (!ration.isOpen(now)) return false;
  return true;
}

/** `member` is told of `peer`, or the other way round: it is at one of them as it is at the other. */
export function meet(now: Millis, member: Member, peer: PeerId, prefixKey: string): void {
  member.introductions.add(now, peer, prefixKey);
  member.links++;
  if (isElsewhere(member.network.prefixKey, prefixKey)) for (const ration of member.rations) ration.take(now);
}

/** No ticket id and no network has a space. */
const TICKET_MARK = "ticket ";
/** As many links as a viewer opens. */
const MORE_PER_VIEWER = 8;
/** A school's worth. Beyond it viewers have each other, and a crowd of sockets behind one address is no proof of viewers. */
const VIEWERS_MAX = 128;

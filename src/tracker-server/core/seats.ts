import type { Rng } from "../../base/random.ts";
import type { TrackId } from "../../protocol/ids.ts";
import { ELECTION_SEATS } from "../../protocol/limits.ts";
import type { Member } from "./member.ts";
import { witnessKeyOf } from "./network.ts";
import { ALL_SEATS } from "./seat-share.ts";
import { SwapList } from "./swap-list.ts";

/**
 * Who holds which of one track's election seats (TR21). Knows neither time nor sockets: {@link Seating} says when
 * somebody is let in, goes, or has had a seat for long enough, and tells those that {@link takeChanged} names.
 *
 * 1. While anybody is in, every seat that is dealt here is held, by one member each.
 * 2. A newcomer waits to be admitted, unless nobody else is in.
 * 3. Whoever is admitted takes seats one by one from whoever holds most, until one more would leave it with more than
 *    the giver keeps. Uplink class 2 counts twice, so that it comes to hold twice as many.
 * 4. The seats of whoever goes pass to members without any, and only when there are none to those who hold least.
 *
 * 5. Once witnesses are called, the witness of a seat is the holder of the next seat that is in another network, if any is:
 *    so whoever holds seats is witness of about as many, and the duty goes round with them.
 *
 * Everything costs time in proportion to the number of seats, however many members there are.
 */
export class Seats {
  readonly track: TrackId;
  readonly #rng: Rng;
  /** Members with at least one seat; those who have held theirs longest come first. */
  readonly #held = new Map<Member, number[]>();
  /** Admitted members without a seat. */
  readonly #idle = new SwapList<Member>();
  readonly #newcomers = new Set<Member>();
  /** The seats that are dealt here: all, unless other processes have givers of the track (TK34). */
  #share: ReadonlySet<number>;
  readonly #changed = new Set<Member>();
  /** By seat; undefined until they are called. */
  #witnesses: ReadonlyMap<number, Member> | undefined;
  #isSeeded = false;

  constructor(track: TrackId, rng: Rng, share = ALL_SEATS) {
    this.track = track;
    this.#rng = rng;
    this.#share = new Set(share);
  }

  get isEmpty(): boolean {
    return this.#held.size + this.#idle.size + this.#newcomers.size === 0;
  }

  /** Whether there are more members than can hold seats, so that the duty should go round. */
  get hasIdle(): boolean {
    return this.#idle.size > 0 && this.#held.size > 0;
  }

  /** Whether seeders hold the same seats, and hold them first. Who holds one here is to hear of it. */
  get isSeeded(): boolean {
    return this.#isSeeded;
  }

  set isSeeded(isSeeded: boolean) {
    if (isSeeded !== this.#isSeeded) for (const member of this.#held.keys()) this.#changed.add(member);
    this.#isSeeded = isSeeded;
  }

  get hasWitnesses(): boolean {
    return this.#witnesses !== undefined;
  }

  has(member: Member): boolean {
    return this.#held.has(member) || this.#idle.has(member) || this.#newcomers.has(member);
  }

  /** Ascending. */
  heldBy(member: Member): readonly number[] {
    return [...(this.#held.get(member) ?? [])].sort((a, b) => a - b);
  }

  /** The seats that it is the witness of, ascending. */
  witnessedBy(member: Member): readonly number[] {
    const seats: number[] = [];
    for (const [seat, witness] of this.#witnesses ?? []) if (witness === member) seats.push(seat);
    return seats;
  }

  /** Lets a newcomer in. Returns whether it must wait to be admitted. */
  enter(member: Member): boolean {
    const isAlone = this.isEmpty;
    this.#newcomers.add(member);
    this.#changed.add(member); // by hearing of no seats it learns that others hold them
    if (isAlone) this.#seatAlone([...this.#share]);
    return !isAlone;
  }

  /** The newcomer has waited long enough. Does nothing with somebody who is no newcomer any more. */
  admit(member: Member): void {
    if (!this.#newcomers.delete(member)) return;
    const seats: number[] = [];
    for (;;) {
      const donor = this.#pickHeaviest();
      const given = donor && this.#held.get(donor);
      if (!given || (given.length - 1) / donor.uplink < (seats.length + 1) / member.uplink) break;
      seats.push(...given.splice(Math.floor(this.#rng.next() * given.length), 1));
      this.#changed.add(donor);
    }
    if (seats.length === 0) {
      this.#idle.add(member);
      return;
    }
    this.#held.set(member, seats);
    this.#changed.add(member);
  }

  /** Somebody goes, or gives no more. */
  leave(member: Member): void {
    this.#newcomers.delete(member);
    this.#idle.delete(member);
    const seats = this.#held.get(member);
    if (!seats) return;
    this.#held.delete(member);
    this.#changed.add(member);
    this.#pass(seats);
  }

  /** Other seats than before are dealt here: those that are not any more are taken from whoever holds them. */
  deal(share: readonly number[]): void {
    this.#share = new Set(share);
    const gained = new Set(share);
    for (const [member, seats] of this.#held) {
      const kept = seats.filter((seat) => this.#share.has(seat));
      for (const seat of kept) gained.delete(seat);
      if (kept.length === seats.length) continue;
      this.#changed.add(member);
      this.#seat(member, kept);
    }
    this.#pass([...gained]);
  }

  /** Passes the seats of those who have held theirs longest to members without any. */
  rotate(): void {
    const relieved: Member[] = [];
    for (const [member, seats] of this.#held) {
      if (relieved.length === RELIEVED_PER_ROTATION || this.#idle.size === 0) break;
      this.#held.delete(member);
      this.#changed.add(member);
      relieved.push(member);
      for (const seat of seats) this.#give(seat);
    }
    for (const member of relieved) this.#idle.add(member);
  }

  /** Seats have witnesses from now on. Returns whether that is news. */
  callWitnesses(): boolean {
    if (this.#witnesses) return false;
    this.#witnesses = this.#pickWitnesses();
    for (const witness of this.#witnesses.values()) this.#changed.add(witness);
    return true;
  }

  /** It may have lost track of what it holds: it counts as changed. */
  remind(member: Member): void {
    this.#changed.add(member);
  }

  /** Those who came, and those whose seats are others than when this was last asked. */
  takeChanged(): readonly Member[] {
    if (this.#witnesses && this.#changed.size > 0) this.#passWitness(this.#witnesses);
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }

  /** Nobody is admitted: the first newcomer, if there is one, holds all. */
  #seatAlone(seats: number[]): void {
    for (const first of this.#newcomers) {
      this.#newcomers.delete(first);
      this.#changed.add(first);
      this.#seat(first, seats);
      return;
    }
  }

  #seat(member: Member, seats: number[]): void {
    if (seats.length > 0) {
      this.#held.set(member, seats);
    } else {
      this.#held.delete(member);
      this.#idle.add(member);
    }
  }

  #pass(seats: number[]): void {
    if (this.#held.size + this.#idle.size === 0) this.#seatAlone(seats);
    else for (const seat of seats) this.#give(seat);
  }

  #passWitness(former: ReadonlyMap<number, Member>): void {
    const witnesses = (this.#witnesses = this.#pickWitnesses());
    for (let seat = 0; seat < ELECTION_SEATS; seat++) {
      const [before, after] = [former.get(seat), witnesses.get(seat)];
      if (before === after) continue;
      if (before) this.#changed.add(before);
      if (after) this.#changed.add(after);
    }
  }

  #pickWitnesses(): ReadonlyMap<number, Member> {
    const holders: Array<Member | undefined> = Array.from({ length: ELECTION_SEATS }, () => undefined);
    for (const [member, seats] of this.#held) for (const seat of seats) holders[seat] = member;
    const witnesses = new Map<number, Member>();
    for (const [seat, holder] of holders.entries()) {
      if (!holder) continue;
      const network = witnessKeyOf(holder);
      const next = [...holders.slice(seat + 1), ...holders.slice(0, seat)];
      const witness = next.find((other) => other && witnessKeyOf(other) !== network);
      if (witness) witnesses.set(seat, witness);
    }
    return witnesses;
  }

  #give(seat: number): void {
    const idle = this.#drawIdle();
    const member = idle ?? this.#pickLightest();
    if (!member) return;
    if (idle) {
      this.#idle.delete(idle);
      this.#held.set(idle, [seat]);
    } else {
      this.#held.get(member)?.push(seat);
    }
    this.#changed.add(member);
  }

  /** Of two drawn the one that can give more: cheap, and everybody's turn comes. */
  #drawIdle(): Member | undefined {
    const one = this.#idle.at(Math.floor(this.#rng.next() * this.#idle.size));
    const other = this.#idle.at(Math.floor(this.#rng.next() * this.#idle.size));
    return one && other && other.uplink > one.uplink ? other : one;
  }

  #pickHeaviest(): Member | undefined {
    let heaviest: Member | undefined;
    let most = -1;
    for (const [member, { length }] of this.#held) {
      const kept = (length - 1) / member.uplink;
      if (kept > most) [heaviest, most] = [member, kept];
    }
    return heaviest;
  }

  #pickLightest(): Member | undefined {
    let lightest: Member | undefined;
    let least = Infinity;
    for (const [member, { length }] of this.#held) {
      const load = (length + 1) / member.uplink;
      if (load < least) [lightest, least] = [member, load];
    }
    return lightest;
  }
}

/** A quarter of the seats: with 30 s between two rotations a viewer has the duty for two minutes at a time. */
export const RELIEVED_PER_ROTATION = ELECTION_SEATS / 4;

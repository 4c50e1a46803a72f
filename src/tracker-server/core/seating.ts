import type { Rng } from "../../base/random.ts";
import type { TrackId } from "../../protocol/ids.ts";
import type { Millis } from "../../base/time.ts";
import type { Send } from "./action.ts";
import { DeadlineQueue } from "./deadline-queue.ts";
import type { Member } from "./member.ts";
import { Seats } from "./seats.ts";
import type { Swarm } from "./swarm.ts";

/**
 * Keeps the election seats of all tracks in step with who is there, and tells every viewer whose seats change.
 * Knows when; who gets which seat is decided by {@link Seats}.
 */
export class Seating {
  readonly #rng: Rng;
  readonly #send: Send;
  readonly #shareOf: (swarm: Swarm, track: TrackId) => readonly number[];
  readonly #newcomers = new DeadlineQueue<Member>(NEWCOMER_MS);
  /** Tracks with more givers than seats. */
  readonly #rotations = new DeadlineQueue<Seats>(ROTATION_MS);

  /** `shareOf` says which seats of a track are dealt here. */
  constructor(rng: Rng, send: Send, shareOf: (swarm: Swarm, track: TrackId) => readonly number[]) {
    this.#rng = rng;
    this.#send = send;
    this.#shareOf = shareOf;
  }

  /**
   * To be called whenever a member's socket, track or uplink may have changed. Does nothing if none has. Whoever comes
   * back on another socket is told in any case what it holds.
   */
  settle(now: Millis, member: Member, comesBack = false): void {
    if (member.isSeeder) {
      this.#settleSeeder(now, member, comesBack);
      return;
    }
    const { swarm, connection, uplink, track, seats: former } = member;
    const place = connection === undefined || uplink === 0 ? undefined : track;
    if (former && former.track !== place) {
      member.seats = undefined;
      this.#newcomers.delete(member);
      former.leave(member);
      if (former.isEmpty) swarm.seats.delete(former.track);
      this.#conclude(now, former);
    }
    if (place === undefined) return;
    let seats = swarm.seats.get(place);
    if (!seats) {
      seats = new Seats(place, this.#rng, this.#shareOf(swarm, place));
      seats.isSeeded = swarm.seederSeats.has(place);
      swarm.seats.set(place, seats);
    }
    if (member.seats !== seats) {
      member.seats = seats;
      if (seats.enter(member)) this.#newcomers.add(now, member);
    }
    if (comesBack) seats.remind(member);
    this.#conclude(now, seats);
  }

  /** Every seat of `track` gets a second holder, from now on. */
  callWitnesses(now: Millis, swarm: Swarm, track: TrackId): void {
    const seats = swarm.seats.get(track);
    if (!seats?.callWitnesses()) return;
    this.#conclude(now, seats);
    for (let i = 0; i < swarm.seeders.size; i++) {
      const seeder = swarm.seeders.at(i);
      if (seeder && !seeder.trusted) this.#settleSeeder(now, seeder, false);
    }
  }

  /** The seats of `track` that are dealt here may be others. */
  redeal(now: Millis, swarm: Swarm, track: TrackId): void {
    for (const seats of [swarm.seats.get(track), swarm.seederSeats.get(track)]) {
      if (!seats) continue;
      seats.deal(this.#shareOf(swarm, track));
      this.#conclude(now, seats);
    }
  }

  nextWakeup(): Millis {
    return Math.min(this.#newcomers.next(), this.#rotations.next());
  }

  handleWakeup(now: Millis): void {
    for (const member of this.#newcomers.takeDue(now)) {
      if (!member.seats) continue;
      member.seats.admit(member);
      this.#conclude(now, member.seats);
    }
    for (const seats of this.#rotations.takeDue(now)) {
      seats.rotate();
      this.#conclude(now, seats);
    }
  }

  /** A seeder is in at once, and in all tracks that it gives: but where two must find the same, its word is not enough. */
  #settleSeeder(now: Millis, member: Member, comesBack: boolean): void {
    const { swarm, connection, uplink, trusted } = member;
    const isThere = connection !== undefined && uplink > 0;
    const tracks = (isThere ? member.tracks : []).filter((track) => trusted || !swarm.seats.get(track)?.hasWitnesses);
    for (const [track, seats] of swarm.seederSeats) {
      if (tracks.includes(track) || !seats.has(member)) continue;
      seats.leave(member);
      if (seats.isEmpty) swarm.seederSeats.delete(track);
      this.#conclude(now, seats);
      this.#tellViewers(now, swarm, track);
    }
    for (const track of tracks) {
      let seats = swarm.seederSeats.get(track);
      if (!seats) swarm.seederSeats.set(track, (seats = new Seats(track, this.#rng, this.#shareOf(swarm, track))));
      if (!seats.has(member) && seats.enter(member)) seats.admit(member);
      if (comesBack) seats.remind(member);
      this.#conclude(now, seats);
      this.#tellViewers(now, swarm, track);
    }
  }

  /** Whether there are seeders before them. */
  #tellViewers(now: Millis, swarm: Swarm, track: TrackId): void {
    const seats = swarm.seats.get(track);
    if (!seats) return;
    seats.isSeeded = swarm.seederSeats.has(track);
    this.#conclude(now, seats);
  }

  /** Tells those whose seats changed, and sees to it that the duty goes round where there are more givers than seats. */
  #conclude(now: Millis, seats: Seats): void {
    for (const member of seats.takeChanged()) {
      const { connection } = member;
      if (connection === undefined) continue;
      const witness = seats.witnessedBy(member);
      this.#send(connection, {
        type: "assign",
        track: seats.track,
        seats: seats.heldBy(member),
        ...(witness.length > 0 && { witness }),
        ...(seats.isSeeded && { seeded: true }),
      });
    }
    if (!seats.hasIdle) this.#rotations.delete(seats);
    else if (!this.#rotations.has(seats)) this.#rotations.add(now, seats);
  }
}

/** By then a viewer has its first picture and its first links: until then it would fetch late and serve nobody. */
export const NEWCOMER_MS: Millis = 3_000;

/** Often enough that nobody bears the duty for a whole session, rarely enough that viewers hardly ever disagree. */
export const ROTATION_MS: Millis = 30_000;

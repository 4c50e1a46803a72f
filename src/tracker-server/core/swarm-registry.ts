import type { Millis } from "../../base/time.ts";
import type { PeerId, SwarmId } from "../../protocol/ids.ts";
import { DeadlineQueue } from "./deadline-queue.ts";
import { EndedStreams } from "./ended-streams.ts";
import type { ConnectionId } from "./event.ts";
import type { Member } from "./member.ts";
import type { StreamSums } from "./stream-savings.ts";
import { Swarm } from "./swarm.ts";
import type { Headcount } from "./tracker-node.ts";

/**
 * Who is in which swarm, by id. Keeps the indexes and the counts in step; decides nothing but when a swarm that nobody
 * is in is forgotten.
 */
export class SwarmRegistry {
  readonly #swarms = new Map<SwarmId, Swarm>();
  readonly #byPeer = new Map<PeerId, Member>();
  readonly #held: DeadlineQueue<Member>;
  readonly #ended = new EndedStreams();
  #seeders = 0;

  constructor(resumeWithinMs: Millis) {
    this.#held = new DeadlineQueue(resumeWithinMs);
  }

  get swarmCount(): number {
    return this.#swarms.size;
  }

  get heldCount(): number {
    return this.#held.size;
  }

  /** With a socket: viewers and seeders. */
  get peerCount(): number {
    return this.#byPeer.size - this.#held.size;
  }

  get headcount(): Headcount {
    return { viewers: this.peerCount - this.#seeders, seeders: this.#seeders };
  }

  swarms(): Iterable<Swarm> {
    return this.#swarms.values();
  }

  /** Everybody, those who may resume included. */
  members(): Iterable<Member> {
    return this.#byPeer.values();
  }

  /** The swarm of that id, or a new one that is kept once somebody is added. */
  swarm(now: Millis, id: SwarmId): Swarm {
    return this.#swarms.get(id) ?? new Swarm(id, this.#ended.get(now, id));
  }

  /** The figures of a stream that is watched, or was lately. */
  sumsOf(now: Millis, id: SwarmId): StreamSums | undefined {
    const savings = this.#swarms.get(id)?.savings ?? this.#ended.get(now, id);
    return savings?.sums(now);
  }

  member(peer: PeerId): Member | undefined {
    return this.#byPeer.get(peer);
  }

  add(member: Member): void {
    this.#swarms.set(member.swarm.id, member.swarm);
    this.#ended.delete(member.swarm.id);
    this.#byPeer.set(member.peer, member);
    this.#putIn(member);
  }

  /** Its socket is gone: nobody is introduced to it until it resumes. */
  hold(now: Millis, member: Member): void {
    member.connection = undefined;
    this.#takeOut(member);
    member.swarm.held++;
    this.#held.add(now, member);
  }

  /** It is back, on this socket. */
  revive(member: Member, connection: ConnectionId): void {
    if (member.connection === undefined) {
      this.#held.delete(member);
      member.swarm.held--;
      this.#putIn(member);
    }
    member.connection = connection;
  }

  remove(now: Millis, member: Member): void {
    this.#byPeer.delete(member.peer);
    if (member.connection === undefined) {
      this.#held.delete(member);
      member.swarm.held--;
    } else {
      this.#takeOut(member);
    }
    const { swarm } = member;
    if (!swarm.isEmpty) return;
    this.#swarms.delete(swarm.id);
    this.#ended.add(now, swarm.id, swarm.savings);
  }

  /** When the next held viewer is to be forgotten. */
  nextExpiry(): Millis {
    return this.#held.next();
  }

  /** Forgets the held viewers whose time is up, and the oldest of those above `heldMax`. Returns how many. */
  forgetHeld(now: Millis, heldMax: number): number {
    const expired = [...this.#held.takeDue(now)];
    while (this.#held.size > heldMax) {
      const oldest = this.#held.takeOldest();
      if (oldest) expired.push(oldest);
    }
    for (const member of expired) this.remove(now, member);
    return expired.length;
  }

  #putIn(member: Member): void {
    member.swarm.putIn(member);
    if (member.isSeeder) this.#seeders++;
  }

  #takeOut(member: Member): void {
    member.swarm.takeOut(member);
    if (member.isSeeder) this.#seeders--;
  }
}

import type { Millis } from "../../base/time.ts";
import { Crowds, refillMs, type Crowd } from "./crowd.ts";
import { DeadlineQueue } from "./deadline-queue.ts";
import type { TrackerLimits } from "./options.ts";
import { isListed } from "./origins.ts";
import { TokenBucket } from "./rate-limit.ts";

/** Why a socket does not come to be. */
export type AdmissionRefusal =
  | "origin"
  | "memory-full"
  | "process-full"
  | "address-penalty"
  | "address-rate"
  | "address-full"
  | "prefix-rate"
  | "prefix-full";

/** All sockets of one prefix. */
interface Prefix extends Crowd {
  /** Sockets that may be opened now. */
  readonly upgrades: TokenBucket;
}

/** All sockets of one address. */
export interface Address extends Prefix {
  /** What they may say together. */
  readonly messages: TokenBucket;
  /** One of them flooded us: no new ones until then. */
  penaltyUntil: Millis;
}

/** What an open socket is counted under. */
export interface Entry {
  readonly address: Address;
  readonly prefix: Prefix;
}

/** Decides who may open a socket, before there is one. What the keys are made of is io's affair. */
export class Admission {
  readonly #limits: TrackerLimits;
  readonly #addresses: Crowds<Address>;
  readonly #prefixes: Crowds<Prefix>;
  readonly #banned: DeadlineQueue<string>;
  #open = 0;
  #isShortOfMemory = false;

  constructor(limits: TrackerLimits) {
    this.#limits = limits;
    const { upgradesPerAddress, upgradesPerPrefix, messagesPerAddress, floodPenaltyMs } = limits;
    const keptMs = Math.max(refillMs(upgradesPerAddress), refillMs(messagesPerAddress), floodPenaltyMs);
    this.#banned = new DeadlineQueue(limits.banMs);
    this.#addresses = new Crowds(keptMs, (now, key) => ({
      key,
      open: 0,
      upgrades: new TokenBucket(now, upgradesPerAddress),
      messages: new TokenBucket(now, messagesPerAddress),
      penaltyUntil: now,
    }));
    this.#prefixes = new Crowds(refillMs(upgradesPerPrefix), (now, key) => ({
      key,
      open: 0,
      upgrades: new TokenBucket(now, upgradesPerPrefix),
    }));
  }

  /** Counts one more socket, or says why not. */
  open(now: Millis, addressKey: string, prefixKey: string, origin: string | undefined): Entry | AdmissionRefusal {
    const { allowOrigins, connectionsMax, connectionsPerAddressMax, connectionsPerPrefixMax } = this.#limits;
    if (allowOrigins && !isListed(origin, allowOrigins)) return "origin";
    if (this.#isShortOfMemory) return "memory-full";
    if (this.#open >= connectionsMax) return "process-full";
    const address = this.#addresses.of(now, addressKey);
    if (now < address.penaltyUntil || this.#banned.has(addressKey)) return "address-penalty";
    if (!address.upgrades.take(now)) return "address-rate";
    if (address.open >= connectionsPerAddressMax) return "address-full";
    const prefix = this.#prefixes.of(now, prefixKey);
    if (!prefix.upgrades.take(now)) return "prefix-rate";
    if (prefix.open >= connectionsPerPrefixMax) return "prefix-full";
    this.#addresses.enter(address);
    this.#prefixes.enter(prefix);
    this.#open++;
    return { address, prefix };
  }

  /** A socket that was counted is closed. */
  close(now: Millis, { address, prefix }: Entry): void {
    this.#open--;
    this.#addresses.leave(now, address);
    this.#prefixes.leave(now, prefix);
  }

  /** A socket of that address was closed for flooding us. */
  punish(now: Millis, address: Address): void {
    address.penaltyUntil = now + this.#limits.floodPenaltyMs;
  }

  /** A viewer of that address was banned. */
  ban(now: Millis, { key }: Address): void {
    this.#banned.add(now, key);
    if (this.#banned.size > BANNED_MAX) this.#banned.takeOldest();
  }

  /** Full at nine tenths, so that those who are in have room; open again well below, so that it does not flicker. */
  noteMemory(bytes: number): void {
    this.#isShortOfMemory = bytes >= this.#limits.memoryBytesMax * (this.#isShortOfMemory ? ROOMY_SHARE : FULL_SHARE);
  }

  get isShortOfMemory(): boolean {
    return this.#isShortOfMemory;
  }

  /** Addresses that something is remembered of. */
  get addressCount(): number {
    return this.#addresses.size;
  }

  nextExpiry(): Millis {
    return Math.min(this.#addresses.nextExpiry(), this.#prefixes.nextExpiry(), this.#banned.next());
  }

  forgetIdle(now: Millis): void {
    this.#addresses.forgetIdle(now);
    this.#prefixes.forgetIdle(now);
    this.#banned.takeDue(now);
  }
}

/** A megabyte. */
const BANNED_MAX = 10_000;

const FULL_SHARE = 0.9;
const ROOMY_SHARE = 0.8;

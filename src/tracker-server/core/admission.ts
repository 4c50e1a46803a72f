import type { Millis } from "../../base/time.ts";
import { DeadlineQueue } from "./deadline-queue.ts";
import type { TrackerLimits } from "./options.ts";
import { TokenBucket } from "./rate-limit.ts";

/** Why a socket does not come to be. */
export type AdmissionRefusal = "origin" | "process-full" | "address-rate" | "address-full";

interface Address {
  open: number;
  readonly upgrades: TokenBucket;
}

/** Decides who may open a socket, before there is one. Counts by address key; what a key is made of is io's affair. */
export class Admission {
  readonly #limits: TrackerLimits;
  readonly #addresses = new Map<string, Address>();
  /** Addresses without a socket, kept until their bucket is full again and forgetting them forgives nothing. */
  readonly #idle: DeadlineQueue<string>;
  #open = 0;

  constructor(limits: TrackerLimits) {
    this.#limits = limits;
    const { burst, perSecond } = limits.upgradesPerAddress;
    this.#idle = new DeadlineQueue((burst / perSecond) * 1000);
  }

  /** Counts one more socket of `addressKey`, or says why not. */
  open(now: Millis, addressKey: string, origin: string | undefined): AdmissionRefusal | undefined {
    const { allowOrigins, connectionsMax, connectionsPerAddressMax, upgradesPerAddress } = this.#limits;
    if (allowOrigins && !(origin !== undefined && allowOrigins.includes(origin.toLowerCase()))) return "origin";
    if (this.#open >= connectionsMax) return "process-full";
    let address = this.#addresses.get(addressKey);
    if (!address) {
      address = { open: 0, upgrades: new TokenBucket(now, upgradesPerAddress) };
      this.#addresses.set(addressKey, address);
    }
    if (!address.upgrades.take(now)) return "address-rate";
    if (address.open >= connectionsPerAddressMax) return "address-full";
    address.open++;
    this.#open++;
    this.#idle.delete(addressKey);
    return undefined;
  }

  /** A socket that was counted is closed. */
  close(now: Millis, addressKey: string): void {
    const address = this.#addresses.get(addressKey);
    if (!address) return;
    this.#open--;
    if (--address.open > 0) return;
    this.#idle.add(now, addressKey);
    if (this.#idle.size <= IDLE_ADDRESSES_MAX) return;
    const oldest = this.#idle.takeOldest();
    if (oldest !== undefined) this.#addresses.delete(oldest);
  }

  /** Addresses that something is remembered of. */
  get addressCount(): number {
    return this.#addresses.size;
  }

  nextExpiry(): Millis {
    return this.#idle.next();
  }

  forgetIdle(now: Millis): void {
    for (const addressKey of this.#idle.takeDue(now)) this.#addresses.delete(addressKey);
  }
}

/** About 20 MB. Above it, an address that comes back may find its bucket full early. */
const IDLE_ADDRESSES_MAX = 100_000;

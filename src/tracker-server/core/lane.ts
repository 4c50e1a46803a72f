import { Buckets } from "./buckets.ts";
import type { Member } from "./member.ts";
import { areaOf } from "./network.ts";
import { SwapList } from "./swap-list.ts";

type Placed = Pick<Member, "network">;

/** Viewers apart by whether they can give, since those who cannot are of no use to each other; givers by where they are. */
export class Lane {
  readonly givers = new SwapList<Member>();
  /** Uplink class 0. */
  readonly takers = new SwapList<Member>();
  readonly #prefixes = new Buckets();
  readonly #areas = new Buckets();

  get isEmpty(): boolean {
    return this.givers.size + this.takers.size === 0;
  }

  /** Givers that share the network of `asker`; in one house, perhaps. */
  neighboursOf(asker: Placed): SwapList<Member> | undefined {
    return this.#prefixes.around(asker.network.prefixKey, asker);
  }

  /** Givers in the region of `asker`, or in its autonomous system where its region is not known. */
  nearbyOf(asker: Placed): SwapList<Member> | undefined {
    return this.#areas.around(areaOf(asker.network), asker);
  }

  /** To change a member's uplink or network: take it out, change, put it in. */
  putIn(member: Member): void {
    if (member.uplink === 0) {
      this.takers.add(member);
      return;
    }
    this.givers.add(member);
    this.#prefixes.add(member.network.prefixKey, member);
    this.#areas.add(areaOf(member.network), member);
  }

  takeOut(member: Member): void {
    if (member.uplink === 0) {
      this.takers.delete(member);
      return;
    }
    this.givers.delete(member);
    this.#prefixes.delete(member.network.prefixKey, member);
    this.#areas.delete(areaOf(member.network), member);
  }
}

import type { Member } from "./member.ts";
import { SwapList } from "./swap-list.ts";

/**
 * Members by a key that few or many share. Adding, removing and finding cost the same at any size; a key that one member
 * has to itself, as most network prefixes are, costs no list.
 */
export class Buckets {
  readonly #byKey = new Map<string | number, Member | SwapList<Member>>();

  /** Those of `key`, `asker` perhaps among them; undefined where it is alone. Not to be changed. */
  around(key: string | number | undefined, asker: object): SwapList<Member> | undefined {
    const found = key === undefined ? undefined : this.#byKey.get(key);
    if (found === undefined || found === asker) return undefined;
    return found instanceof SwapList ? found : listOf(found);
  }

  /** Whoever has no key is in no bucket. */
  add(key: string | number | undefined, member: Member): void {
    if (key === undefined) return;
    const found = this.#byKey.get(key);
    if (found instanceof SwapList) found.add(member);
    else this.#byKey.set(key, found === undefined || found === member ? member : listOf(found, member));
  }

  delete(key: string | number | undefined, member: Member): void {
    if (key === undefined) return;
    const found = this.#byKey.get(key);
    if (found instanceof SwapList) {
      found.delete(member);
      if (found.size === 0) this.#byKey.delete(key);
    } else if (found === member) this.#byKey.delete(key);
  }
}

function listOf(...members: readonly Member[]): SwapList<Member> {
  const list = new SwapList<Member>();
  for (const member of members) list.add(member);
  return list;
}

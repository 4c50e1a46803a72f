import { Heap } from "../../base/heap.ts";
import type { Millis } from "../../base/time.ts";
import { TICKET_USES, type Ticket } from "../../protocol/ticket.ts";
import type { Pass, Revoked } from "./ticket.ts";

interface Page {
  readonly id: string;
  readonly forgetAt: Millis;
  uses: number;
}

/** Counts how often each ticket has let somebody in, until it has expired, and knows which are revoked. Of this process alone. */
export class TicketBook {
  readonly #pages = new Map<string, Page>();
  readonly #expiries = new Heap<Page>((a, b) => a.forgetAt < b.forgetAt);
  #tickets: ReadonlySet<string> = new Set();
  #classes: ReadonlySet<string> = new Set();

  usesLeft({ claims: { jti, uses = TICKET_USES } }: Ticket): number {
    return uses - (this.#pages.get(jti)?.uses ?? 0);
  }

  /** It has let somebody in. */
  use(now: Millis, { claims: { jti }, expiresInMs }: Ticket): void {
    let page = this.#pages.get(jti);
    if (!page) {
      page = { id: jti, forgetAt: now + expiresInMs, uses: 0 };
      this.#pages.set(jti, page);
      this.#expiries.push(page);
      if (this.#pages.size > PAGES_MAX) this.#forget(Infinity);
    }
    page.uses++;
  }

  /** Replaces what was revoked before. */
  revoke({ tickets, classes }: Revoked): void {
    this.#tickets = new Set(tickets);
    this.#classes = new Set(classes);
  }

  isRevoked(pass: Pick<Pass, "ticket" | "class">): boolean {
    return this.#tickets.has(pass.ticket) || (pass.class !== undefined && this.#classes.has(pass.class));
  }

  nextExpiry(): Millis {
    return this.#expiries.peek()?.forgetAt ?? Infinity;
  }

  forgetExpired(now: Millis): void {
    while (this.nextExpiry() <= now) this.#forget(now);
  }

  /** The one that expires first, if it has by then. */
  #forget(now: Millis): void {
    if (this.nextExpiry() > now) return;
    const page = this.#expiries.pop();
    if (page) this.#pages.delete(page.id);
  }
}

/** About 30 MB, and 300 newcomers a second with tickets of five minutes. Beyond it the oldest are counted anew. */
const PAGES_MAX = 100_000;

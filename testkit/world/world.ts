import type { PeerId } from "../../src/protocol/ids.ts";
import { ELECTION_SEATS } from "../../src/protocol/limits.ts";
import type { ViewerOptions } from "./options.ts";
import { Viewer } from "./viewer.ts";
import { WorldStream } from "./world-stream.ts";

/**
 * A handful of viewers in one process and in virtual time: the real core and the real codecs over a network of plain
 * latency and uplink rate, an origin that counts its bytes, a tracker that introduces everybody, and a player that asks
 * as hls.js does. Replays from its seed.
 */
export class World extends WorldStream {
  readonly viewers = new Map<string, Viewer>();
  trackerUp = true;

  join(name: string, options: ViewerOptions = {}): Viewer {
    const viewer = new Viewer(this, name, options);
    this.viewers.set(name, viewer);
    viewer.start();
    return viewer;
  }

  byPeerId(id: PeerId): Viewer | undefined {
    for (const viewer of this.viewers.values()) if (viewer.id === id && viewer.alive) return viewer;
    return undefined;
  }

  /** Deals the election seats to whoever gives, in turn, behind seeders if there are any: when somebody comes or goes. */
  deal(): void {
    if (!this.trackerUp) return;
    const seated = [...this.viewers.values()].filter((viewer) => viewer.isSeated);
    const seeders = seated.filter((viewer) => viewer.options.core.seeder);
    const others = seated.filter((viewer) => !viewer.options.core.seeder);
    for (const among of [seeders, others])
      for (const [turn, viewer] of among.entries()) {
        const seats: number[] = [];
        for (let seat = turn; seat < ELECTION_SEATS; seat += among.length) seats.push(seat);
        const seeded = among === others && seeders.length > 0 && ({ seeded: true } as const);
        viewer.feed({ type: "tracker-message", message: { type: "assign", track: this.track, seats, ...seeded } });
      }
  }
}

import type { Viewer } from "./viewer.ts";

/** What a seeder does where a viewer watches: it follows the playlists of all renditions, and has no player. */
export class Seeding {
  readonly isStarting = false;
  readonly #seeder: Viewer;

  constructor(seeder: Viewer) {
    this.#seeder = seeder;
  }

  start(): void {
    const { stream } = this.#seeder.world;
    for (let rendition = 0; rendition < stream.tracks.length; rendition++) this.#poll(rendition, -1);
  }

  /** Nobody waits for a segment here. */
  handedOver(): void {
    return;
  }

  failed(): void {
    return;
  }

  #poll(rendition: number, before: number): void {
    if (!this.#seeder.alive) return;
    const { clock, stream, plan } = this.#seeder.world;
    const newest = stream.newestAt(clock.now);
    const track = stream.tracks[rendition];
    if (newest !== before && track !== undefined) {
      const segments = stream.listing(rendition, newest);
      const signed = plan.proof === "roots";
      this.#seeder.feed({
        type: "playlist",
        track,
        live: stream.live,
        targetDuration: plan.segmentSeconds,
        segments,
        signed,
      });
    }
    if (!stream.live) return;
    clock.after(plan.segmentSeconds * (newest !== before ? 1000 : 500), () => {
      this.#poll(rendition, newest);
    });
  }
}

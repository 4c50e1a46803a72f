/**
 * How to meet an hls.js player that somebody else makes. hls.js constructs each controller that its config names with
 * itself as the argument: ours is the one it had, and tells. Child players inherit it; whoever is told must look.
 */
import type Hls from "hls.js";
import type { HlsConfig } from "hls.js";

/** The class of hls.js, of whatever copy. */
export type HlsClass = Pick<typeof Hls, "DefaultConfig">;

type AbrController = HlsConfig["abrController"];

/** `base`, and a word to `made` about every player that is made with it, once it is whole. */
export function withAnnouncement(base: AbrController, made: (hls: Hls) => void): AbrController {
  return class extends base {
    constructor(hls: Hls) {
      super(hls);
      // Later, for two reasons: hls.js is still constructing its other controllers, some of which put loaders of their
      // own into the config; and what is thrown then is reported without costing the page its player.
      queueMicrotask(() => {
        made(hls);
      });
    }
  };
}

/** hls.js plays adverts and thumbnails in players of its own, each with another stream: they stay as they are. */
export const isChildPlayer = ({ config }: Hls): boolean => Boolean(config.assetPlayerId ?? config.primarySessionId);

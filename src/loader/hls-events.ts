/**
 * The events of hls.js that we listen to, by value: its enum would be a runtime import, and a player that bundles a
 * copy of hls.js would then carry two.
 */
import type Hls from "hls.js";
import type { Events, HlsListeners } from "hls.js";

export const MANIFEST_LOADING = "hlsManifestLoading" as Events.MANIFEST_LOADING;
export const LEVEL_SWITCHING = "hlsLevelSwitching" as Events.LEVEL_SWITCHING;
export const LEVEL_UPDATED = "hlsLevelUpdated" as Events.LEVEL_UPDATED;
/** A fragment was parsed and the timeline corrected by it. */
export const LEVEL_PTS_UPDATED = "hlsLevelPtsUpdated" as Events.LEVEL_PTS_UPDATED;
/** Before 1.6 the only event of an alternate audio playlist, and sent before hls.js has merged it. */
export const AUDIO_TRACK_LOADED = "hlsAudioTrackLoaded" as Events.AUDIO_TRACK_LOADED;
export const AUDIO_TRACK_UPDATED = "hlsAudioTrackUpdated" as Events.AUDIO_TRACK_UPDATED;
export const AUDIO_TRACK_SWITCHING = "hlsAudioTrackSwitching" as Events.AUDIO_TRACK_SWITCHING;
export const FRAG_BUFFERED = "hlsFragBuffered" as Events.FRAG_BUFFERED;
export const MEDIA_ATTACHED = "hlsMediaAttached" as Events.MEDIA_ATTACHED;
export const MEDIA_DETACHING = "hlsMediaDetaching" as Events.MEDIA_DETACHING;
export const DESTROYING = "hlsDestroying" as Events.DESTROYING;

/** Listens until what it returns is called. */
export function listen<Name extends keyof HlsListeners>(
  hls: Hls,
  name: Name,
  listener: HlsListeners[Name],
): () => void {
  hls.on(name, listener);
  return () => {
    hls.off(name, listener);
  };
}

/**
 * One viewer: hls.js on a <video>, with the swarm or without. `read()` says how it stands, in the words of SwarmStats
 * either way. Draws nothing.
 */
import Hls from "/node_modules/hls.js/dist/hls.mjs";
import { Playback } from "./playback.js";

/**
 * @param {HTMLVideoElement} video
 * @param {{ liveUrl: string, trackerUrl: string, withPeers: boolean, consent?: () => Promise<boolean> }} options
 */
export async function startSession(video, { liveUrl, trackerUrl, withPeers, consent }) {
  const source = withPeers ? await openSwarm(trackerUrl, consent) : openPlain();
  const hls = new Hls(source.config);
  source.bind(hls);
  const playback = new Playback(video);
  // Browsers hash on pages of localhost and of HTTPS alone. On others, a phone's in this network, nothing can be checked.
  hls.loadSource(window.isSecureContext ? liveUrl : `${liveUrl}?unsigned`);
  hls.attachMedia(video);
  video.addEventListener("canplay", () => void video.play().catch(() => undefined), { once: true });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || !video.paused || playback.startupMs === undefined) return;
    // The browser paused it while nobody could see it.
    video.currentTime = hls.liveSyncPosition ?? video.currentTime;
    void video.play().catch(() => undefined);
  });
  return {
    consent: source.consent,
    read: () => ({
      ...source.read(),
      player: {
        state: playback.state,
        startupMs: playback.startupMs,
        stalls: playback.stalls,
        stalledMs: playback.stalledMs,
        latencySeconds: playback.startupMs === undefined ? undefined : hls.latency,
        bufferSeconds: bufferAhead(video),
      },
    }),
  };
}

async function openSwarm(trackerUrl, consent) {
  const { createSwarm } = await import("/dist/hls-swarm.js");
  const integrity = window.isSecureContext ? {} : { integrity: "if-signed" };
  const swarm = createSwarm({ tracker: trackerUrl, ...integrity, ...(consent && { consent }) });
  return { config: swarm.config(Hls), bind: () => undefined, read: () => swarm.stats, consent: swarm.consent };
}

/** Plain hls.js, counted in the same words. */
function openPlain() {
  let originBytes = 0;
  const segments = [];
  const count = (_, { frag }) => {
    if (frag.sn === "initSegment") return;
    const byteLength = frag.stats.loaded;
    originBytes += byteLength;
    const sources = "o".repeat(Math.ceil(byteLength / CHUNK_BYTES));
    segments.push({ segment: String(frag.sn), sequence: frag.sn, byteLength, sources, complete: true });
    if (segments.length > SEGMENTS_KEPT) segments.shift();
  };
  return {
    config: {},
    bind: (hls) => hls.on(Hls.Events.FRAG_LOADED, count),
    read: () => ({
      peerBytes: 0,
      originBytes,
      offload: 0,
      peerReceivedBytes: 0,
      originReceivedBytes: originBytes,
      uploadedBytes: 0,
      wastedBytes: 0,
      swarming: { mode: "off", reason: "" },
      tracker: "off",
      viewers: 1,
      peers: [],
      segments,
      retired: false,
    }),
  };
}

function bufferAhead(video) {
  for (let i = 0; i < video.buffered.length; i++) {
    const [start, end] = [video.buffered.start(i), video.buffered.end(i)];
    if (start <= video.currentTime + 0.1 && video.currentTime < end) return end - video.currentTime;
  }
  return 0;
}

/** As in src/protocol/limits.ts; only for drawing. */
const CHUNK_BYTES = 32 * 1024;
const SEGMENTS_KEPT = 60;

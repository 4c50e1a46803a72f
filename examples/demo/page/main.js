/** The demo page: starts one viewer and shows, once a second, how it stands. */
import { CdnControl } from "./cdn-control.js";
import { Chart } from "./chart.js";
import { bytes, percent, plural, seconds } from "./format.js";
import { Gauge } from "./gauge.js";
import { graphOf } from "./graph-model.js";
import { Graph } from "./graph.js";
import { Meter } from "./meter.js";
import { Peers } from "./peers.js";
import { startSession } from "./session.js";
import { Sharing } from "./sharing.js";
import { Strip } from "./strip.js";

const READ_EVERY_MS = 1000;
/** What "right now" means for the offload: long enough for ten segments. */
const OFFLOAD_SPAN_MS = 20_000;
/** Segments come in bursts; a line through two of them is even. */
const RATE_SPAN_MS = 4000;

const query = new URLSearchParams(location.search);
const withPeers = query.get("cdn-only") !== "1" && query.get("p2p") !== "0";
const setting = await (await fetch("/setting.json")).json();
const cdnUrl = `http://${location.hostname}:${String(setting.cdnPort)}`;

const element = (id) => document.getElementById(id);
const say = (id, text) => {
  if (element(id).textContent !== text) element(id).textContent = text;
};

element("open-viewer").addEventListener("click", () => {
  // A window of its own: a tab would hide this one, and browsers pause the muted video of a hidden tab.
  window.open(location.href, "_blank", "popup,width=480,height=860");
});
if (!withPeers) {
  element("mode-link").href = "/";
  say("mode-link", "Watch with peers");
}

const session = await startSession(element("video"), {
  liveUrl: `${cdnUrl}/live/index.m3u8`,
  trackerUrl: `ws://${location.hostname}:${String(setting.trackerPort)}`,
  withPeers,
  ...(query.get("consent") === "ask" && { consent: askForConsent }),
});
const sharing = session.consent && new Sharing(element("consent"), element("share"), session.consent);
const gauge = new Gauge(element("gauge"));
const chart = new Chart(element("chart"), setting.bitsPerSecond);
const strip = new Strip(element("strip"), element("strip-detail"));
const peersView = new Peers(element("peers"));
const graphView = new Graph(element("graph"), element("graph-detail"), setting.bitsPerSecond);
/** Servers and viewers that the page server knows of, and how many watch. */
let members = [];
let viewers = 1;
new CdnControl(element("throttle"), element("throttle-value"), cdnUrl, ({ copies }) => {
  say("copies", copies === null ? "–" : `${copies.toFixed(1)} ×`);
});
const meters = {
  peerUsed: new Meter(),
  originUsed: new Meter(),
  peers: new Meter(),
  cdn: new Meter(),
  up: new Meter(),
};

async function askForConsent() {
  const { showConsentPrompt } = await import("/dist/consent-prompt.js");
  return showConsentPrompt();
}

async function gather() {
  const answer = await fetch("/topology").catch(() => undefined); // the demo has ended
  if (answer?.ok) ({ viewers, members } = await answer.json());
}

function refresh() {
  const at = performance.now();
  const told = session.read();
  const graph = graphOf(members, told);
  const stats = { ...told, viewers }; // the viewer's own count is of seeders, too
  meters.peerUsed.add(at, stats.peerBytes);
  meters.originUsed.add(at, stats.originBytes);
  meters.peers.add(at, stats.peerReceivedBytes);
  meters.cdn.add(at, stats.originReceivedBytes);
  meters.up.add(at, stats.uploadedBytes);
  showOffload(stats);
  showTiles(stats);
  showState(stats);
  sharing?.show();
  const [peers, cdn, up] = [meters.peers, meters.cdn, meters.up].map((meter) => meter.bitsPerSecond(RATE_SPAN_MS));
  chart.add({ peers, cdn, up });
  strip.show(stats.segments);
  graphView.show(at, graph);
  element("legend-seeder").hidden = !graph.nodes.some(({ kind }) => kind === "seeder");
  const names = new Map(graph.nodes.map(({ id, name }) => [id, name]));
  peersView.show(at, stats.peers, setting.bitsPerSecond, (peer) => names.get(peer));
  void gather();
}

function showOffload({ viewers, offload, peerBytes, originBytes, swarming }) {
  const [fromPeers, fromOrigin] = [meters.peerUsed, meters.originUsed].map((meter) => meter.growth(OFFLOAD_SPAN_MS));
  const ceiling = viewers > 1 ? (viewers - 1) / viewers : 0;
  gauge.show(fromPeers + fromOrigin > 0 ? fromPeers / (fromPeers + fromOrigin) : undefined, ceiling);
  say("offload-session", peerBytes + originBytes > 0 ? percent(offload) : "–");
  say("offload-ceiling", withPeers ? percent(ceiling) : "–");
  say("viewers", withPeers ? String(Math.max(1, viewers)) : "–");
  say("hero-line", heroLine(viewers, swarming));
}

function heroLine(viewers, { mode, reason }) {
  if (!withPeers || (mode === "off" && reason !== "audience"))
    return "Peers are off in this window: everything comes from the CDN.";
  if (viewers < 2) return "You are the only viewer. Open another one and watch this climb.";
  return `With ${plural(viewers, "viewer")} the CDN has to send each segment once; the rest can come from one another.`;
}

function showTiles({ peerBytes, originBytes, uploadedBytes, wastedBytes, viewers, player }) {
  say("saved", bytes(peerBytes));
  say("saved-note", `${bytes(originBytes)} fetched`);
  say("given", bytes(uploadedBytes));
  say("given-note", `${bytes(wastedBytes)} wasted`);
  say("copies-note", withPeers ? `plain hls.js: ${String(Math.max(1, viewers))} ×` : "of each segment");
  say("startup", player.startupMs === undefined ? "–" : seconds(player.startupMs / 1000));
  say("stalls", String(player.stalls));
  say("stalls-note", player.stalls === 0 ? "since the start" : `${seconds(player.stalledMs / 1000)} in all`);
  say("latency", player.latencySeconds === undefined ? "–" : seconds(player.latencySeconds));
  say("latency-note", `${seconds(player.bufferSeconds)} buffered`);
}

const INTEGRITY_WORDS = {
  playlist: "verified against the playlist",
  attested: "verified against what the tracker signed",
  none: "not verified",
};
const TRACKER_WORDS = { off: "off", connecting: "connecting", joined: "joined", lost: "lost, trying again" };

function showState({ tracker, integrity, peers, retired, swarming, player }) {
  say("tracker", `Tracker: ${TRACKER_WORDS[tracker]}`);
  element("tracker").dataset.state = tracker;
  element("live").dataset.state = player.state;
  say("integrity", INTEGRITY_WORDS[integrity] ?? "");
  const open = peers.filter(({ state }) => state === "open").length;
  say("peers-count", peers.length === 0 ? "" : `${String(open)} connected`);
  const text = noticeFor(tracker, retired, swarming, player);
  element("notice").hidden = text === "";
  say("notice", text);
}

function noticeFor(tracker, retired, swarming, player) {
  if (!withPeers) return "Peers are off here: this is plain hls.js, for comparison.";
  if (!("RTCPeerConnection" in window)) return "This browser has no WebRTC: the stream comes from the CDN alone.";
  if (retired) return "The swarm stopped after a fault of its own: the stream comes from the CDN alone.";
  if (swarming.reason === "tracker")
    return "The operator has switched the swarm off: the stream comes from the CDN alone.";
  if (tracker === "lost") return "The tracker is gone. Viewers that are linked go on sharing.";
  if (player.state === "starting" && performance.now() > AUTOPLAY_MS) return "Press play to start.";
  return "";
}

/** After this long without a picture the browser probably waits for a click. */
const AUTOPLAY_MS = 6000;

refresh();
setInterval(refresh, READ_EVERY_MS);

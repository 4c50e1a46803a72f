import { createHash } from "node:crypto";

/*
 * The operator's page: one self-contained document that asks `/debug.json` every two seconds and draws the answer.
 * Shows what the report holds and nothing else; loads nothing from anywhere.
 */

const STYLE = `
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --line: #e3e6ea; --text: #16191d; --dim: #667080;
  --peer: #12805c; --origin: #c98a1b; --bad: #b3362b; --bad-soft: #fbe9e7; --good-soft: #e2f4ec; }
@media (prefers-color-scheme: dark) { :root { --page: #111417; --card: #1a1e23; --line: #2b3138; --text: #e8ebee;
  --dim: #94a0ad; --peer: #3ec594; --origin: #e0ab4a; --bad: #ff8a7d; --bad-soft: #3a1f1d; --good-soft: #16332a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.45 system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 24px 16px 48px; display: grid; gap: 16px; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 12px; }
h1 { font-size: 20px; margin: 0; }
h2 { font-size: 13px; font-weight: 600; color: var(--dim); margin: 0 0 12px; }
.pill { padding: 2px 10px; border-radius: 99px; font-size: 13px; font-weight: 600; color: var(--peer);
  background: var(--good-soft); }
.pill.bad { color: var(--bad); background: var(--bad-soft); }
.dim { color: var(--dim); font-size: 13px; }
header .dim { margin-left: auto; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 16px; min-width: 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(132px, 1fr)); gap: 1px; padding: 0;
  background: var(--line); overflow: hidden; }
.tile { background: var(--card); padding: 14px 16px; }
.tile b { display: block; font-size: 24px; line-height: 1.2; font-variant-numeric: tabular-nums; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(290px, 1fr)); gap: 16px; }
.share { display: flex; align-items: baseline; gap: 10px; }
.share b { white-space: nowrap; font-size: 40px; line-height: 1; color: var(--peer); font-variant-numeric: tabular-nums; }
.bar { height: 10px; border-radius: 5px; overflow: hidden; background: var(--line); display: flex; }
.bar i { background: var(--peer); } .bar i + i { background: var(--origin); }
.share + .bar { margin: 14px 0 10px; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; }
.legend span::before { content: ""; display: inline-block; width: 9px; height: 9px; border-radius: 2px;
  margin-right: 6px; background: var(--line); }
.legend .peer::before { background: var(--peer); } .legend .origin::before { background: var(--origin); }
.chart { display: flex; flex-direction: column; }
.chart h2 { display: flex; justify-content: space-between; } .chart h2 b { color: var(--text); font-size: 15px; }
svg { display: block; width: 100%; height: 96px; margin-top: auto; border-bottom: 1px solid var(--line); }
svg path { fill: none; stroke: var(--peer); stroke-width: 2; vector-effect: non-scaling-stroke; }
svg path.area { fill: var(--good-soft); stroke: none; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: right; font-size: 12px; font-weight: 600; color: var(--dim); white-space: nowrap; }
td { text-align: right; white-space: nowrap; border-top: 1px solid var(--line); }
th, td { padding: 8px 10px; } th:first-child, td:first-child { text-align: left; padding-left: 0; }
td code { font: 13px ui-monospace, monospace; }
td .bar { width: 72px; height: 7px; display: inline-flex; margin-right: 8px; vertical-align: middle; }
.list { display: grid; grid-template-columns: 1fr auto; gap: 6px 16px; margin: 0; }
.list dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums; }
.list dt { color: var(--dim); }
@media (max-width: 560px) { header .dim { margin-left: 0; width: 100%; }
  .tiles { grid-template-columns: 1fr 1fr; } .wide { display: none; } }
`;

const SCRIPT = `
const at = (id) => document.getElementById(id);
const count = (n) => n.toLocaleString("en");
const percent = (share) => (share * 100).toFixed(share > 0 && share < 0.9995 ? 1 : 0) + " %";
const bytes = (n) => {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let unit = 0;
  while (n >= 999.5 && unit < units.length - 1) { n /= 1000; unit++; }
  return (unit && n < 99.95 ? n.toFixed(1) : Math.round(n)) + " " + units[unit];
};
const span = (ms) => {
  const minutes = Math.floor(ms / 60000);
  if (minutes < 1) return Math.floor(ms / 1000) + " s";
  if (minutes < 120) return minutes + " min";
  return minutes < 2880 ? Math.floor(minutes / 60) + " h" : Math.floor(minutes / 1440) + " days";
};
const element = (name, text, className) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
};
const bar = (reported) => {
  const all = reported.peerBytes + reported.originBytes;
  const made = element("span", undefined, "bar");
  for (const part of all ? [reported.peerBytes, reported.originBytes] : []) {
    const piece = element("i");
    piece.style.width = (part / all) * 100 + "%";
    made.append(piece);
  }
  return made;
};
const history = [];
const draw = (id, value) => {
  const points = history.map(value);
  const top = Math.max(1, ...points) * 1.15;
  const step = 300 / Math.max(29, points.length - 1);
  const left = 300 - (points.length - 1) * step;
  const place = (n, i) => (left + i * step).toFixed(1) + " " + (95 - (n / top) * 92).toFixed(1);
  const line = "M" + points.map(place).join("L");
  at(id).querySelector(".line").setAttribute("d", points.length > 1 ? line : "");
  at(id).querySelector(".area").setAttribute("d", points.length > 1 ? line + "L300 96L" + left.toFixed(1) + " 96Z" : "");
};
const tiles = (stats) => [
  ["viewers", count(stats.viewers)], ["swarms", count(stats.swarmCount)], ["from peers", bytes(stats.reported.peerBytes)],
  ["from the CDN", bytes(stats.reported.originBytes)], ["joins", count(stats.counters.joins)],
  ["signals relayed", count(stats.counters.relays)],
];
const swarmRow = (swarm) => {
  const row = element("tr");
  const name = element("td");
  name.append(element("code", swarm.swarm));
  const share = element("td");
  share.append(bar(swarm.reported), percent(swarm.offload));
  row.append(name, element("td", count(swarm.viewers)), share, element("td", bytes(swarm.reported.peerBytes), "wide"),
    element("td", bytes(swarm.reported.originBytes), "wide"), element("td", bytes(swarm.reported.wastedBytes), "wide"),
    element("td", count(swarm.givers), "wide"), element("td", count(swarm.tracks), "wide"));
  return row;
};
const list = (entries) => entries.flatMap(([name, value]) => [element("dt", name), element("dd", value)]);
const show = (stats) => {
  const before = history.at(-1);
  const seconds = before ? (stats.uptimeMs - before.uptimeMs) / 1000 : 0;
  if (seconds < 0) history.length = 0;
  history.push({ uptimeMs: stats.uptimeMs, viewers: stats.viewers, relays: stats.counters.relays,
    rate: before && seconds > 0 ? (stats.counters.relays - before.relays) / seconds : 0 });
  if (history.length > 150) history.shift();
  at("state").textContent = stats.draining ? "draining" : "healthy";
  at("state").className = stats.draining ? "pill bad" : "pill";
  at("about").textContent = "up " + span(stats.uptimeMs) + " · " + count(stats.connections) + " sockets · " + bytes(stats.rssBytes) + " memory";
  at("tiles").replaceChildren(...tiles(stats).map(([name, value]) => {
    const tile = element("div", undefined, "tile");
    tile.append(element("b", value), element("span", name, "dim"));
    return tile;
  }));
  at("offload").textContent = percent(stats.offload);
  at("split").replaceChildren(...bar(stats.reported).childNodes);
  at("peer").textContent = "peers " + bytes(stats.reported.peerBytes);
  at("origin").textContent = "CDN " + bytes(stats.reported.originBytes);
  at("wasted").textContent = "wasted " + bytes(stats.reported.wastedBytes);
  draw("viewers", (point) => point.viewers);
  draw("relays", (point) => point.rate);
  at("viewers-now").textContent = count(stats.viewers);
  at("relays-now").textContent = history.at(-1).rate.toFixed(1);
  at("swarms").replaceChildren(...stats.swarms.map(swarmRow));
  const hidden = stats.swarmCount - stats.swarms.length;
  at("more").textContent = stats.swarmCount === 0 ? "Nobody has joined yet." : hidden > 0 ? "and " + count(hidden) + " smaller ones" : "";
  const c = stats.counters;
  at("events").replaceChildren(...list([["resumed", count(c.resumes)], ["left", count(c.leaves)], ["dropped", count(c.drops)],
    ["held for a resume", count(stats.held)], ["introductions", count(c.introductions)], ["signal size, mean", bytes(c.relays ? c.relayedBytes / c.relays : 0)], ["undelivered", count(c.undelivered)]]));
  const refusals = Object.entries(stats.refusals).sort((a, b) => b[1] - a[1]);
  at("refusals").replaceChildren(...list(refusals.map(([reason, n]) => [reason, count(n)])));
  at("no-refusals").textContent = refusals.length ? "" : "None.";
};
const refresh = async () => {
  try {
    show(await (await fetch("debug.json")).json());
  } catch {
    at("state").textContent = "not reachable";
    at("state").className = "pill bad";
  }
  setTimeout(refresh, 2000);
};
refresh();
`;

/** The whole document. */
export const DEBUG_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>hls-swarm tracker</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
<main>
<header><h1>hls-swarm tracker</h1><span id="state" class="pill" role="status">…</span><span id="about" class="dim"></span></header>
<section id="tiles" class="tiles"></section>
<div class="two">
<section><h2>Offload, as viewers report it</h2>
<div class="share"><b id="offload">…</b><span class="dim">of the bytes played came from peers</span></div>
<div id="split" class="bar"></div>
<div class="legend dim"><span id="peer" class="peer"></span><span id="origin" class="origin"></span><span id="wasted"></span></div></section>
<section class="chart"><h2>Viewers <b id="viewers-now"></b></h2>
<svg id="viewers" viewBox="0 0 300 96" preserveAspectRatio="none" role="img" aria-label="viewers, the last five minutes at most"><path class="area"/><path class="line"/></svg></section>
<section class="chart"><h2>Signals per second <b id="relays-now"></b></h2>
<svg id="relays" viewBox="0 0 300 96" preserveAspectRatio="none" role="img" aria-label="signals per second, the last five minutes at most"><path class="area"/><path class="line"/></svg></section>
</div>
<section><h2>Swarms</h2>
<div class="scroll"><table><thead><tr><th>swarm<th>viewers<th>offload<th class="wide">peers<th class="wide">CDN<th class="wide">wasted<th class="wide">can upload<th class="wide">tracks</tr></thead>
<tbody id="swarms"></tbody></table></div><span id="more" class="dim"></span></section>
<div class="two">
<section><h2>Since the start</h2><dl id="events" class="list"></dl></section>
<section><h2>Refused</h2><dl id="refusals" class="list"></dl><span id="no-refusals" class="dim"></span></section>
</div>
</main>
<script>${SCRIPT}</script>
</html>
`;

const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** Exactly this style and this script, and talk to this server only: whatever a report might hold, it cannot run. */
export const DEBUG_PAGE_POLICY = [
  "default-src 'none'",
  `style-src ${hashOf(STYLE)}`,
  `script-src ${hashOf(SCRIPT)}`,
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

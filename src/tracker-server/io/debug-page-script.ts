/** What the operator's page does: asks for the report every two seconds and draws it. Runs in the browser, as it stands. */
export const DEBUG_PAGE_SCRIPT = `
const at = (id) => document.getElementById(id);
const count = (n) => n.toLocaleString("en");
const many = (n, name) => count(n) + " " + name + (n === 1 ? "" : "s");
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
// Whatever was played and the CDN did not send: what seeders fetched is taken off.
const saved = ({ peerBytes, originBytes, originReceivedBytes }) => {
  const n = peerBytes + originBytes - originReceivedBytes;
  return n < 0 ? "−" + bytes(-n) : bytes(n);
};
const tiles = (stats) => [
  ["viewers", count(stats.viewers)], ["seeders", count(stats.seeders)], ["swarms", count(stats.swarmCount)],
  ["CDN bytes saved *", saved(stats.reported)], ["introductions", count(stats.counters.introductions)],
  ["event-loop lag, p99", lateness(stats.lagMs.p99)],
];
const lateness = (ms) => (ms < 10 ? ms.toFixed(1) : Math.round(ms)) + " ms";
const perSecond = (n) => (n < 100 ? n.toFixed(1) : count(Math.round(n)));
/** Viewers report now and then; before the first has there is no share to tell. */
const isKnown = ({ peerBytes, originBytes }) => peerBytes + originBytes > 0;
const swarmRow = (swarm) => {
  const row = element("tr");
  const name = element("td");
  name.append(element("code", swarm.swarm));
  const share = element("td");
  share.append(...(isKnown(swarm.reported) ? [bar(swarm.reported), element("span", percent(swarm.offload), "percent")] : ["–"]));
  row.append(name, element("td", count(swarm.viewers)), element("td", count(swarm.seeders)), share, element("td", bytes(swarm.reported.peerBytes), "wide"),
    element("td", bytes(swarm.reported.originBytes), "wide"), element("td", bytes(swarm.reported.wastedBytes), "wide"),
    element("td", count(swarm.heldOut), "wide"), element("td", count(swarm.givers), "wide"), element("td", count(swarm.tracks), "wide"));
  return row;
};
const list = (entries) => entries.flatMap(([name, value]) => [element("dt", name), element("dd", value)]);
const fill = (id, entries) => {
  at(id).replaceChildren(...list(entries));
  at(id).parentElement.hidden = entries.length === 0;
};
const show = (stats) => {
  const before = history.at(-1);
  const seconds = before ? (stats.uptimeMs - before.uptimeMs) / 1000 : 0;
  if (seconds < 0) history.length = 0;
  const { joins, relays } = stats.counters;
  const rate = (now, then) => (before && seconds > 0 ? (now - then) / seconds : 0);
  history.push({ uptimeMs: stats.uptimeMs, viewers: stats.viewers, joins, relays,
    joinRate: rate(joins, before?.joins), relayRate: rate(relays, before?.relays) });
  if (history.length > 150) history.shift();
  at("state").textContent = stats.draining ? "draining" : "healthy";
  at("state").className = stats.draining ? "pill bad" : "pill";
  at("about").textContent = "up " + span(stats.uptimeMs) + " · " + count(stats.connections) + " sockets";
  at("tiles").replaceChildren(...tiles(stats).map(([name, value]) => {
    const tile = element("div", undefined, "tile");
    tile.append(element("b", value), element("span", name, "dim"));
    return tile;
  }));
  at("offload").textContent = isKnown(stats.reported) ? percent(stats.offload) : "–";
  at("split").replaceChildren(...bar(stats.reported).childNodes);
  at("peer").textContent = "peers " + bytes(stats.reported.peerBytes);
  at("origin").textContent = "CDN " + bytes(stats.reported.originBytes);
  at("wasted").textContent = "wasted " + bytes(stats.reported.wastedBytes);
  at("sent").textContent = bytes(stats.reported.originReceivedBytes);
  draw("viewers", (point) => point.viewers);
  draw("joins", (point) => point.joinRate);
  draw("relays", (point) => point.relayRate);
  at("viewers-now").textContent = count(stats.viewers);
  at("joins-now").textContent = perSecond(history.at(-1).joinRate);
  at("relays-now").textContent = perSecond(history.at(-1).relayRate);
  at("swarms").replaceChildren(...stats.swarms.map(swarmRow));
  const hidden = stats.swarmCount - stats.swarms.length;
  at("more").textContent = stats.swarmCount === 0 ? "Nobody has joined yet." : hidden > 0 ? "and " + count(hidden) + " smaller ones" : "";
  const c = stats.counters;
  at("events").replaceChildren(...list([["joined", count(c.joins)], ["resumed", count(c.resumes)], ["left", count(c.leaves)], ["dropped", count(c.drops)],
    ["held for a resume", count(stats.held)], ["signals relayed", count(c.relays)], ["signal size, mean", bytes(c.relays ? c.relayedBytes / c.relays : 0)], ["undelivered", count(c.undelivered)]]));
  const refusals = Object.entries(stats.refusals).sort((a, b) => b[1] - a[1]);
  at("refusals").replaceChildren(...list(refusals.map(([reason, n]) => [reason, count(n)])));
  at("process").replaceChildren(...list([["event-loop lag, median", lateness(stats.lagMs.p50)], ["event-loop lag, p99", lateness(stats.lagMs.p99)],
    ["memory", bytes(stats.rssBytes)], ["sockets", count(stats.connections)], ["addresses", count(stats.addresses)]]));
  fill("regions", Object.entries(stats.viewersByRegion).map(([region, n]) => [region, count(n)]));
  fill("nodes", (stats.nodes.length > 1 ? stats.nodes : []).map((node) => [[node.node, node.region].filter(Boolean).join(" · "),
    node.draining ? "draining" : many(node.viewers, "viewer") + (node.seeders ? ", " + many(node.seeders, "seeder") : "")]));
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

/** The peers: a picture of who is linked, and a table of what each brings. Names are the tracker's; no addresses. */
import { bytes, megabits, plural } from "./format.js";
import { Meter } from "./meter.js";
import { svg } from "./svg.js";

/** Who brings what changes from segment to segment: over fewer than five of them it would flicker. */
const RATE_SPAN_MS = 10_000;
/** Links thicker than this hide their neighbours. */
const LINK_PIXELS_MAX = 7;
const VIEW = { width: 240, height: 190 };

export class Peers {
  #meters = new Map();
  #graph = svg("svg", { class: "graph", viewBox: `0 0 ${VIEW.width} ${VIEW.height}`, "aria-hidden": "true" });
  #body = document.createElement("tbody");
  #empty = Object.assign(document.createElement("p"), { className: "empty" });
  #table = document.createElement("table");

  constructor(element) {
    this.#table.innerHTML =
      "<thead><tr><th scope=col>Peer</th><th scope=col>brings</th><th scope=col>gets</th>" +
      "<th scope=col>round trip</th><th scope=col>in all</th></tr></thead>";
    this.#table.append(this.#body);
    this.#empty.textContent = "Nobody else is here yet. Open another viewer, and it appears here.";
    element.append(this.#graph, this.#table, this.#empty);
  }

  show(at, peers, streamRate) {
    const rows = peers
      .map((peer) => ({ ...peer, ...this.#rates(at, peer) }))
      .sort((a, b) => b.receivedBytes - a.receivedBytes);
    for (const id of this.#meters.keys()) if (!peers.some(({ peer }) => peer === id)) this.#meters.delete(id);
    this.#empty.hidden = rows.length > 0;
    this.#table.hidden = rows.length === 0;
    this.#body.replaceChildren(...rows.map((row) => tableRow(row, streamRate)));
    this.#drawGraph(rows, streamRate);
  }

  #rates(at, { peer, receivedBytes, sentBytes }) {
    let meters = this.#meters.get(peer);
    if (!meters) this.#meters.set(peer, (meters = { down: new Meter(), up: new Meter() }));
    meters.down.add(at, receivedBytes);
    meters.up.add(at, sentBytes);
    return { down: meters.down.bitsPerSecond(RATE_SPAN_MS), up: meters.up.bitsPerSecond(RATE_SPAN_MS) };
  }

  #drawGraph(rows, streamRate) {
    const centre = { x: VIEW.width / 2, y: VIEW.height / 2 };
    const nodes = [];
    this.#graph.replaceChildren();
    rows.forEach((row, i) => {
      const turn = -Math.PI / 2 + (2 * Math.PI * (i + 0.5)) / rows.length;
      const place = { x: centre.x + 88 * Math.cos(turn), y: centre.y + 70 * Math.sin(turn) };
      const aside = { x: -Math.sin(turn) * 3, y: Math.cos(turn) * 3 };
      this.#graph.append(link(place, centre, aside, "p", row.down / streamRate));
      this.#graph.append(link(centre, place, { x: -aside.x, y: -aside.y }, "u", row.up / streamRate));
      nodes.push(...node(place, nameOf(row.peer), row.state, 13));
    });
    this.#graph.append(...nodes, ...node(centre, "you", "self", 19));
  }
}

/** Moves along its direction while something flows. */
function link(from, to, aside, source, share) {
  const width = share <= 0.002 ? 0 : Math.min(LINK_PIXELS_MAX, 1.2 + share * 8);
  return svg("line", {
    class: width > 0 ? "graph-link flowing" : "graph-link",
    "data-source": source,
    x1: from.x + aside.x,
    y1: from.y + aside.y,
    x2: to.x + aside.x,
    y2: to.y + aside.y,
    "stroke-width": width || 1,
  });
}

function node({ x, y }, name, state, radius) {
  const label = svg("text", { class: "graph-name", "data-state": state, x, y: y + 3.5 });
  label.textContent = name;
  return [svg("circle", { class: "graph-node", "data-state": state, cx: x, cy: y, r: radius }), label];
}

function tableRow(row, streamRate) {
  const tr = document.createElement("tr");
  const name = document.createElement("th");
  name.scope = "row";
  name.textContent = row.seeder ? `${nameOf(row.peer)} (seeder)` : nameOf(row.peer);
  const brings = document.createElement("td");
  brings.className = "brings";
  brings.style.setProperty("--share", String(Math.min(1, row.down / streamRate)));
  brings.textContent = row.state === "open" ? megabits(row.down) : "connecting";
  tr.append(name, brings);
  for (const text of [
    megabits(row.up),
    row.roundTripMs === undefined ? "–" : `${row.roundTripMs.toFixed(0)} ms`,
    bytes(row.receivedBytes),
  ])
    tr.append(Object.assign(document.createElement("td"), { textContent: text }));
  tr.title = `${plural(row.pending, "chunk")} asked for and on the way`;
  return tr;
}

/** Enough of the tracker's random id to tell peers apart. */
const nameOf = (peer) => peer.slice(0, 3);

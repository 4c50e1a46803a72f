/**
 * Servers and viewers in one picture, and what flows between them: as wide as there is much of it. Point at somebody, or
 * use the arrow keys, to see one's links alone. Knows nothing of where the graph comes from.
 */
import { megabits, percent } from "./format.js";
import { layoutOf } from "./graph-layout.js";
import { Meter } from "./meter.js";
import { svg } from "./svg.js";

/** Who brings what changes from segment to segment: over fewer than five of them it would flicker. */
const RATE_SPAN_MS = 10_000;
/** Links thicker than this hide their neighbours. */
const LINK_PIXELS_MAX = 7;
/** Less than this share of the stream is a trickle of old requests. */
const FLOWING_SHARE = 0.01;
const VIEWER_RADIUS = 16;
const YOU_RADIUS = 21;
const SERVER = { width: 64, height: 32 };
const HINT = "The wider a line, the more flows. Point at somebody to see one's links alone.";
/** Half the distance between the two directions of a pair. */
const ASIDE = 2.5;

export class Graph {
  #root = svg("svg", { class: "graph", tabindex: 0, role: "img" });
  #links = svg("g");
  #rates = svg("g");
  #nodes = svg("g");
  #detail;
  #element;
  #streamRate;
  #graph = { nodes: [], links: [] };
  #meters = new Map();
  /** Groups by what they show, kept so that what moves does not begin anew with every reading. */
  #drawn = new Map();
  #chosen = undefined;

  constructor(element, detail, streamRate) {
    [this.#element, this.#detail, this.#streamRate] = [element, detail, streamRate];
    this.#root.append(this.#links, this.#rates, this.#nodes);
    element.append(this.#root);
    const nodeAt = ({ target }) => target.closest?.("[data-node]")?.dataset.node;
    this.#root.addEventListener("pointerover", (event) => this.#choose(nodeAt(event)));
    this.#root.addEventListener("pointerleave", () => this.#choose(undefined));
    this.#root.addEventListener("blur", () => this.#choose(undefined));
    this.#root.addEventListener("keydown", (event) => this.#move(event));
    new ResizeObserver(() => this.#draw()).observe(element);
  }

  /** One reading of the counters. */
  show(at, graph) {
    this.#graph = graph;
    for (const id of this.#meters.keys()) if (!graph.links.some((link) => link.id === id)) this.#meters.delete(id);
    for (const { id, bytes } of graph.links) {
      if (!this.#meters.has(id)) this.#meters.set(id, new Meter());
      this.#meters.get(id).add(at, bytes);
    }
    this.#draw();
  }

  #rateOf({ id }) {
    return this.#meters.get(id)?.bitsPerSecond(RATE_SPAN_MS) ?? 0;
  }

  #draw() {
    const { clientWidth: width, clientHeight: height } = this.#element;
    if (width === 0) return;
    this.#root.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const places = layoutOf(this.#graph, { width, height });
    const { nodes, links } = this.#graph;
    const byId = new Map(nodes.map((node) => [node.id, node]));
    const shown = [
      ...links.flatMap((link) => this.#drawLink(link, byId, places)),
      ...nodes.map((node) => this.#drawNode(node, places.get(node.id))),
    ];
    for (const [key, group] of this.#drawn) {
      if (shown.includes(group)) continue;
      group.remove();
      this.#drawn.delete(key);
    }
    this.#root.setAttribute(
      "aria-label",
      `${nodes.length} in the picture: ${nodes.map(({ name }) => name).join(", ")}.`,
    );
    this.#describe();
  }

  #drawLink(link, nodes, places) {
    const [from, to] = [places.get(link.from), places.get(link.to)];
    const group = this.#groupOf(this.#links, link.id, () => [svg("line")]);
    const [line] = group.children;
    const share = this.#rateOf(link) / this.#streamRate;
    const flows = share >= FLOWING_SHARE;
    const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
    const aside = link.source === "p" ? ASIDE : 0;
    const shift = { x: (-(to.y - from.y) / length) * aside, y: ((to.x - from.x) / length) * aside };
    const shownAs = (id) => (this.#chosen === undefined ? nodes.get(id)?.kind === "you" : id === this.#chosen);
    const mine = shownAs(link.from) || shownAs(link.to);
    setAll(group, {
      class: ["graph-link", flows && "flowing", mine && "mine", this.#chosen && !mine && "faded"]
        .filter(Boolean)
        .join(" "),
      "data-source": nodes.get(link.from)?.kind === "seeder" ? "d" : link.source,
      "data-state": link.state,
    });
    setAll(line, {
      ...{ x1: from.x + shift.x, y1: from.y + shift.y, x2: to.x + shift.x, y2: to.y + shift.y },
      "stroke-width": flows ? Math.min(LINK_PIXELS_MAX, 1 + share * 5) : 1,
    });
    const areServers = [link.from, link.to].every((id) => ["cdn", "seeder"].includes(nodes.get(id)?.kind));
    return areServers && flows ? [group, this.#drawRate(link, from, to, length)] : [group];
  }

  /** Beside the line, on the side of its own direction: the other one has its number on the other. */
  #drawRate(link, from, to, length) {
    const group = this.#groupOf(this.#rates, `rate ${link.id}`, () => [svg("text", { class: "graph-rate" })]);
    const [right, down] = [Math.abs(to.y - from.y) / length, Math.abs(to.x - from.x) / length];
    const isBack = to.x + to.y < from.x + from.y;
    setAll(group.firstElementChild, {
      x: (from.x + to.x) / 2 + (isBack ? -22 : 22) * right,
      y: (from.y + to.y) / 2 + 4 * right + (isBack ? 17 : -8) * down,
    });
    setText(group.firstElementChild, megabits(this.#rateOf(link)));
    return group;
  }

  #drawNode(node, { x, y }) {
    const isServer = !["you", "viewer"].includes(node.kind);
    const group = this.#groupOf(this.#nodes, `${isServer ? "server" : "viewer"} ${node.id}`, () =>
      isServer
        ? [svg("rect", { ...SERVER, rx: 9, x: -SERVER.width / 2, y: -SERVER.height / 2 }), svg("text", { y: 4 })]
        : [svg("circle"), svg("circle", { class: "graph-share", pathLength: 1 }), svg("text", { y: 4 })],
    );
    const linked = (other) =>
      this.#graph.links.some(({ from, to }) => [from, to].includes(node.id) && [from, to].includes(other));
    const isFaded = this.#chosen !== undefined && this.#chosen !== node.id && !linked(this.#chosen);
    setAll(group, {
      class: isFaded ? "graph-node faded" : "graph-node",
      transform: `translate(${x} ${y})`,
      "data-node": node.id,
      "data-kind": node.kind,
    });
    const [outline, ring] = group.children;
    if (!isServer) {
      const radius = node.kind === "you" ? YOU_RADIUS : VIEWER_RADIUS;
      const { peers, cdn } = this.#incoming(node);
      const knows = node.speaks === true && peers + cdn > 0;
      setAll(outline, { r: radius, class: knows ? "graph-known" : "" });
      setAll(ring, { r: radius, "stroke-dasharray": knows ? `${peers / (peers + cdn)} 1` : "0 1" });
    }
    setText(group.lastElementChild, node.name.replace(/^viewer-/, ""));
    return group;
  }

  #groupOf(parent, key, make) {
    if (!this.#drawn.has(key)) {
      const group = svg("g");
      group.append(...make());
      parent.append(group);
      this.#drawn.set(key, group);
    }
    return this.#drawn.get(key);
  }

  #sum(links) {
    return links.reduce((total, link) => total + this.#rateOf(link), 0);
  }

  #incoming({ id }) {
    const into = this.#graph.links.filter(({ to }) => to === id);
    const from = (source) => this.#sum(into.filter((link) => link.source === source));
    return { peers: from("p"), cdn: from("o") };
  }

  #choose(id) {
    if (this.#chosen === id) return;
    this.#chosen = id;
    this.#draw();
  }

  #move(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const ids = this.#graph.nodes.map(({ id }) => id);
    const next = ids.indexOf(this.#chosen) + step;
    this.#choose(ids.at(next % ids.length));
  }

  #describe() {
    const node = this.#graph.nodes.find(({ id }) => id === this.#chosen);
    setText(this.#detail, node ? this.#story(node) : HINT);
  }

  #story(node) {
    const out = this.#sum(this.#graph.links.filter(({ from }) => from === node.id));
    if (node.kind === "tracker") return "The tracker introduces viewers to each other. It never sees video.";
    if (node.kind === "cdn") return `The CDN sends ${megabits(out)} Mbit/s.`;
    const { peers, cdn } = this.#incoming(node);
    const share = peers + cdn > 0 ? `, ${percent(peers / (peers + cdn))} of it from peers` : "";
    const gets = node.speaks ? `gets ${megabits(peers + cdn)} Mbit/s${share}, and ` : "";
    const seen = node.speaks ? "" : ", as far as can be seen from here";
    return `${node.name} ${gets}gives ${megabits(out)} Mbit/s${seen}.${node.note ? ` ${node.note}` : ""}`;
  }
}

function setAll(element, attributes) {
  for (const [name, value] of Object.entries(attributes))
    if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

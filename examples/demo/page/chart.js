/**
 * The last two minutes in Mbit/s: what came from peers and from the CDN stacked above the axis, what went to peers below
 * it. Values on hover, and with the arrow keys.
 */
import { megabits } from "./format.js";
import { svg } from "./svg.js";

/** Readings kept: one a second. */
const POINTS = 120;
/** Lines across, about: closer than 25 pixels their numbers would touch. */
const TICKS = 7;
const SPACE = { left: 34, right: 10, top: 10, bottom: 20 };
/** Never zoomed in further, so that a quiet line does not look busy. */
const SCALE_BITS_MIN = 500_000;

export class Chart {
  #points = [];
  #root = svg("svg", { tabindex: 0, role: "img" });
  #tip = Object.assign(document.createElement("p"), { className: "tip", hidden: true });
  #plot = svg("g");
  #cursor = svg("line", { class: "chart-cursor", visibility: "hidden" });
  #streamRate;
  /** Readings back from the newest, while values are shown. */
  #chosen = undefined;

  constructor(element, streamRate) {
    this.#streamRate = streamRate;
    this.#root.append(this.#plot, this.#cursor);
    element.append(this.#root, this.#tip);
    this.#tip.setAttribute("role", "status");
    this.#root.addEventListener("pointermove", (event) => this.#choose(this.#backAt(event.offsetX)));
    this.#root.addEventListener("pointerleave", () => this.#choose(undefined));
    this.#root.addEventListener("blur", () => this.#choose(undefined));
    this.#root.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: 1, ArrowRight: -1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      this.#choose(Math.max(0, (this.#chosen ?? -1) + step));
    });
    new ResizeObserver(() => this.#draw()).observe(element);
  }

  /** One reading, in bits per second. */
  add({ peers, cdn, up }) {
    this.#points.push({ peers, cdn, up });
    if (this.#points.length > POINTS) this.#points.shift();
    this.#draw();
    this.#root.setAttribute(
      "aria-label",
      `Throughput. Now ${megabits(peers)} from peers, ${megabits(cdn)} from the CDN, ${megabits(up)} to peers, in Mbit/s.`,
    );
  }

  #draw() {
    const { clientWidth: width, clientHeight: height } = this.#root.parentElement;
    this.#root.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.#plot.replaceChildren();
    const points = this.#points;
    const above = Math.max(SCALE_BITS_MIN, this.#streamRate * 1.2, ...points.map(({ peers, cdn }) => peers + cdn));
    const below = Math.max(above / 4, ...points.map(({ up }) => up));
    const step = niceStep((above + below) / TICKS);
    const top = Math.ceil(above / step) * step;
    const bottom = -Math.ceil(below / step) * step;
    const y = (bits) => SPACE.top + ((top - bits) / (top - bottom)) * (height - SPACE.top - SPACE.bottom);
    const x = (index) => this.#xOf(points.length - 1 - index);

    for (let bits = bottom; bits <= top; bits += step) {
      const line = { x1: SPACE.left, x2: width - SPACE.right, y1: y(bits), y2: y(bits) };
      this.#plot.append(svg("line", { class: bits === 0 ? "chart-axis" : "chart-grid", ...line }));
      this.#label(SPACE.left - 6, y(bits) + 4, "end", trim(Math.abs(bits) / 1e6));
    }
    const area = (upper, lower) => {
      const there = points.map((point, i) => `${x(i)},${y(upper(point))}`);
      const back = points.map((point, i) => `${x(i)},${y(lower(point))}`).reverse();
      return points.length < 2 ? "" : `M${there.join("L")}L${back.join("L")}Z`;
    };
    this.#area(
      "p",
      area(
        ({ peers }) => peers,
        () => 0,
      ),
    );
    this.#area(
      "o",
      area(
        ({ peers, cdn }) => peers + cdn,
        ({ peers }) => peers,
      ),
    );
    this.#area(
      "u",
      area(
        () => 0,
        ({ up }) => -up,
      ),
    );
    const rate = y(this.#streamRate);
    this.#plot.append(
      svg("line", { class: "chart-rate", x1: SPACE.left, x2: width - SPACE.right, y1: rate, y2: rate }),
    );
    this.#label(SPACE.left + 6, rate - 5, "start", "stream");
    for (const back of [0, 30, 60, 90, 119])
      this.#label(
        this.#xOf(back),
        height - 5,
        back === 0 ? "end" : "middle",
        back === 0 ? "now" : `−${back + (back % 2)} s`,
      );
    this.#showTip();
  }

  #area(source, d) {
    this.#plot.append(svg("path", { class: "chart-area", "data-source": source, d }));
  }

  #label(x, y, anchor, text) {
    const label = svg("text", { class: "chart-label", x, y, "text-anchor": anchor });
    label.textContent = text;
    this.#plot.append(label);
  }

  #choose(back) {
    this.#chosen = back === undefined ? undefined : Math.min(back, this.#points.length - 1);
    this.#showTip();
  }

  #showTip() {
    const point = this.#chosen === undefined ? undefined : this.#points.at(-1 - this.#chosen);
    this.#cursor.setAttribute("visibility", point ? "visible" : "hidden");
    this.#tip.hidden = !point;
    if (!point) return;
    const { clientWidth: width, clientHeight: height } = this.#root.parentElement;
    const x = this.#xOf(this.#chosen);
    for (const [name, value] of Object.entries({ x1: x, x2: x, y1: SPACE.top, y2: height - SPACE.bottom }))
      this.#cursor.setAttribute(name, String(value));
    const when = this.#chosen === 0 ? "now" : `${this.#chosen} s ago`;
    this.#tip.textContent = `${when}: peers ${megabits(point.peers)} · CDN ${megabits(point.cdn)} · up ${megabits(point.up)}`;
    const share = x / width;
    this.#tip.style.left = `${x}px`;
    this.#tip.style.translate = `${-share * 100}% 0`;
  }

  #xOf(back) {
    const width = this.#root.parentElement.clientWidth - SPACE.left - SPACE.right;
    return SPACE.left + width * (1 - back / (POINTS - 1));
  }

  #backAt(x) {
    const width = this.#root.parentElement.clientWidth - SPACE.left - SPACE.right;
    return Math.max(0, Math.round((1 - (x - SPACE.left) / width) * (POINTS - 1)));
  }
}

/** 1, 2, 2.5 or 5 times a power of ten, at least `bits`. */
function niceStep(bits) {
  const power = 10 ** Math.floor(Math.log10(bits));
  return power * ([1, 2, 2.5, 5].find((factor) => bits <= factor * power) ?? 10);
}

const trim = (value) => String(Number(value.toFixed(2)));

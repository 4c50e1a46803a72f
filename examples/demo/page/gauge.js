/** The ring: how much of what is watched comes from peers now, and a mark at the best that all viewers can have on average. */
import { percent } from "./format.js";
import { svg } from "./svg.js";

const RADIUS = 52;
const LENGTH = 2 * Math.PI * RADIUS;

export class Gauge {
  #track = svg("circle", { class: "gauge-track", cx: 64, cy: 64, r: RADIUS });
  #arc = svg("circle", { class: "gauge-arc", cx: 64, cy: 64, r: RADIUS, "stroke-dasharray": `0 ${LENGTH}` });
  #mark = svg("line", { class: "gauge-mark", x1: 64, y1: 3, x2: 64, y2: 21 });
  #number = svg("text", { class: "gauge-number", x: 64, y: 66 });
  #root;

  constructor(element) {
    const caption = svg("text", { class: "gauge-caption", x: 64, y: 86 });
    caption.textContent = "right now";
    this.#root = svg("svg", { viewBox: "0 0 128 128", role: "img" });
    this.#root.append(this.#track, this.#arc, this.#mark, this.#number, caption);
    element.append(this.#root);
  }

  /** Shares from 0 to 1; `offload` undefined before anything was watched. */
  show(offload, ceiling) {
    const share = Math.max(0, Math.min(1, offload ?? 0));
    this.#arc.setAttribute("stroke-dasharray", `${share * LENGTH} ${LENGTH}`);
    this.#arc.classList.toggle("empty", share === 0);
    this.#track.classList.toggle("used", offload !== undefined);
    this.#mark.style.transform = `rotate(${ceiling * 360}deg)`;
    this.#mark.classList.toggle("empty", ceiling === 0);
    this.#number.textContent = offload === undefined ? "–" : percent(offload);
    const now = offload === undefined ? "nothing watched yet" : `${percent(offload)} from viewers now`;
    this.#root.setAttribute("aria-label", `${now}, ${percent(ceiling)} is the best possible on average`);
  }
}

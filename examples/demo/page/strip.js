/**
 * One cell per segment, newest at the right; inside it one block per chunk, coloured by where the chunk came from.
 * Details on hover, and with the arrow keys.
 */
import { bytes, plural } from "./format.js";

/** More than fit on a laptop; older ones are forgotten. */
const CELLS_MAX = 40;

export class Strip {
  #list = Object.assign(document.createElement("ol"), { className: "strip" });
  #detail;
  /** By sequence, as they are drawn. */
  #cells = [];
  #chosen = undefined;
  #hint = "A column is a segment, a block in it is a chunk: point at one.";

  constructor(element, detail) {
    this.#detail = detail;
    this.#describe();
    element.append(this.#list);
    this.#list.addEventListener("pointerover", (event) => this.#choose(this.#idOf(event.target)));
    this.#list.addEventListener("pointerleave", () => this.#choose(undefined));
    this.#list.addEventListener("focusin", (event) => this.#choose(this.#idOf(event.target)));
    this.#list.addEventListener("focusout", () => this.#choose(undefined));
    this.#list.addEventListener("keydown", (event) => this.#move(event));
  }

  show(segments) {
    for (const segment of segments) {
      // Untouched: listed, but from before this viewer came, or forgotten again. Its cell, if any, keeps its story.
      if (!/[po~]/.test(segment.sources)) continue;
      const cell = this.#cells.find(({ id }) => id === segment.segment) ?? this.#addCell(segment);
      if (cell.segment.sources === segment.sources && cell.segment.complete === segment.complete) continue;
      cell.segment = segment;
      this.#paint(cell);
    }
    for (const { item } of this.#cells.splice(0, Math.max(0, this.#cells.length - CELLS_MAX))) item.remove();
    const focusable = this.#list.querySelector("[tabindex='0']") ?? this.#list.lastElementChild?.firstElementChild;
    focusable?.setAttribute("tabindex", "0");
    if (this.#chosen !== undefined) this.#describe();
  }

  #addCell(segment) {
    const item = document.createElement("li");
    const button = Object.assign(document.createElement("button"), { type: "button", className: "cell", tabIndex: -1 });
    button.dataset.segment = segment.segment;
    item.append(button);
    const cell = { id: segment.segment, item, button, segment: { ...segment, sources: undefined } };
    const before = this.#cells.findLastIndex((other) => other.segment.sequence < segment.sequence) + 1;
    this.#list.insertBefore(item, this.#cells[before]?.item ?? null);
    this.#cells.splice(before, 0, cell);
    return cell;
  }

  #paint({ button, segment }) {
    const { sources } = segment;
    button.classList.toggle("complete", segment.complete);
    button.style.setProperty("--chunks", String(Math.max(1, sources.length)));
    button.style.backgroundImage = sources === "" ? "none" : stackOf(sources);
    button.setAttribute("aria-label", story(segment));
  }

  #idOf(target) {
    return target instanceof HTMLElement ? target.closest(".cell")?.dataset.segment : undefined;
  }

  #choose(id) {
    this.#chosen = id;
    this.#describe();
  }

  #describe() {
    const cell = this.#cells.find(({ id }) => id === this.#chosen);
    this.#detail.textContent = cell ? story(cell.segment) : this.#hint;
  }

  /** One stop of the tab key for the whole strip, arrows within it. */
  #move(event) {
    const item = event.target instanceof HTMLElement ? event.target.closest("li") : null;
    const next = { ArrowLeft: item?.previousElementSibling, ArrowRight: item?.nextElementSibling }[event.key];
    if (!next) return;
    event.preventDefault();
    event.target.setAttribute("tabindex", "-1");
    next.firstElementChild.setAttribute("tabindex", "0");
    next.firstElementChild.focus();
  }
}

const COLOURS = { p: "var(--peers)", o: "var(--cdn)", "~": "var(--pending)", ".": "var(--missing)" };

/** Equal blocks from bottom to top, the first chunk lowest. */
function stackOf(sources) {
  const stops = [...sources].map((source, i) => {
    const colour = COLOURS[source] ?? COLOURS["."];
    return `${colour} ${(i / sources.length) * 100}% ${((i + 1) / sources.length) * 100}%`;
  });
  return `linear-gradient(to top, ${stops.join(", ")})`;
}

function story({ sequence, byteLength, sources, complete }) {
  const count = (source) => sources.split(source).length - 1;
  const [peers, cdn, waiting] = [count("p"), count("o"), count("~")];
  const parts = [`${String(peers)} from peers`, `${String(cdn)} from the CDN`];
  if (waiting > 0) parts.push(`${String(waiting)} on the way`);
  const size = byteLength === undefined ? "size unknown" : `${bytes(byteLength)} in ${plural(sources.length, "chunk")}`;
  return `Segment ${String(sequence)}${complete ? "" : " (not complete)"}: ${size}, ${parts.join(", ")}`;
}

/** A table of the peers, and of what each brings. */
import { bytes, megabits, plural } from "./format.js";
import { Meter } from "./meter.js";

/** Who brings what changes from segment to segment: over fewer than five of them it would flicker. */
const RATE_SPAN_MS = 10_000;

export class Peers {
  #meters = new Map();
  #body = document.createElement("tbody");
  #empty = Object.assign(document.createElement("p"), { className: "empty" });
  #table = document.createElement("table");

  constructor(element) {
    this.#table.innerHTML =
      "<thead><tr><th scope=col>Peer</th><th scope=col>brings</th><th scope=col>gets</th>" +
      "<th scope=col>round trip</th><th scope=col>in all</th></tr></thead>";
    this.#table.append(this.#body);
    this.#empty.textContent = "Nobody else is here yet. Open another viewer, and it appears here.";
    element.append(this.#table, this.#empty);
  }

  /** `nameOf` knows those who have said what they are called. */
  show(at, peers, streamRate, nameOf) {
    const rows = peers
      .map((peer) => ({ ...peer, ...this.#rates(at, peer) }))
      .sort((a, b) => b.receivedBytes - a.receivedBytes);
    for (const id of this.#meters.keys()) if (!peers.some(({ peer }) => peer === id)) this.#meters.delete(id);
    this.#empty.hidden = rows.length > 0;
    this.#table.hidden = rows.length === 0;
    this.#body.replaceChildren(...rows.map((row) => tableRow(row, streamRate, nameOf(row.peer))));
  }

  #rates(at, { peer, receivedBytes, sentBytes }) {
    let meters = this.#meters.get(peer);
    if (!meters) this.#meters.set(peer, (meters = { down: new Meter(), up: new Meter() }));
    meters.down.add(at, receivedBytes);
    meters.up.add(at, sentBytes);
    return { down: meters.down.bitsPerSecond(RATE_SPAN_MS), up: meters.up.bitsPerSecond(RATE_SPAN_MS) };
  }
}

function tableRow(row, streamRate, called) {
  const tr = document.createElement("tr");
  const name = document.createElement("th");
  name.scope = "row";
  name.textContent = row.seeder ? `${called} (seeder)` : called;
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

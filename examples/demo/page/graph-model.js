/**
 * Who is there and what flows between them, in one graph: out of what the page's own viewer says and what the page server
 * gathered from CDN, tracker, seeders and headless viewers. Pure; counters only, rates are made of them elsewhere.
 */

/**
 * @param {readonly object[]} members  what `/topology` says
 * @param {object} own  the page's viewer, in the words of SwarmStats
 */
export function graphOf(members, own) {
  const graph = new Graph();
  graph.addNode("cdn", { kind: "cdn", name: "CDN" });
  if (own.tracker !== "off" || members.length > 0) graph.addNode("tracker", { kind: "tracker", name: "tracker" });
  graph.addMember({ ...own, kind: "you", name: "you" });
  for (const member of members) graph.addMember(member);
  return { nodes: [...graph.nodes.values()], links: [...graph.links.values()] };
}

class Graph {
  nodes = new Map();
  links = new Map();

  /** One that speaks for itself knows more than its peers do of it. */
  addNode(id, node) {
    this.nodes.set(id, { ...this.nodes.get(id), ...node, id });
  }

  addMember({ self, kind, name, tracker, originReceivedBytes, peers, note }) {
    const id = self ?? name;
    this.addNode(id, { kind, name, ...(note && { note }), speaks: true });
    this.#addLink("cdn", id, "o", originReceivedBytes);
    if (tracker === "joined" || tracker === "connecting") this.#addLink("tracker", id, "s", 0);
    for (const { peer, state, seeder, receivedBytes, sentBytes } of peers) {
      // What it is is known once it has said hello to somebody.
      const known = this.nodes.get(peer);
      if (!known || (seeder && !known.speaks))
        this.addNode(peer, { kind: seeder ? "seeder" : "viewer", name: peer.slice(0, 3) });
      this.#addLink(peer, id, "p", receivedBytes, state);
      this.#addLink(id, peer, "p", sentBytes, state);
    }
  }

  /** Both ends count: whoever has counted more saw more of it. */
  #addLink(from, to, source, bytes, state = "open") {
    const id = `${from} ${to}`;
    const known = this.links.get(id);
    this.links.set(id, { id, from, to, source, state, bytes: Math.max(bytes, known?.bytes ?? 0) });
  }
}

/** Two chained seeders: the ingress feeds from the CDN, the edge from the ingress over WebSocket. Each is a process. */
import { onePort } from "./ports.mjs";
import { startProgram } from "./program.mjs";

/** @import { Member } from "./members.mjs" */

/**
 * @param {{ liveUrl: string, trackerUrl: string, say: (who: string, text: string) => void }} options
 */
export async function startSeeders({ liveUrl, trackerUrl, say }) {
  const [ingressPort, peerPort, edgePort] = [await onePort(), await onePort(), await onePort()];
  const common = ["seeder", liveUrl, "--tracker", trackerUrl, "--warm", "--log-format", "text"];
  const listens = ["--listen-ws", String(peerPort)];
  const feeds = ["--upstream", `ws://127.0.0.1:${String(peerPort)}`];
  const ingress = new Seeder("ingress", ingressPort, [...common, ...listens], say);
  const edge = new Seeder("edge", edgePort, [...common, ...feeds], say);
  return {
    members: () => chain(ingress.member, edge.member),
    close: () => Promise.all([ingress.close(), edge.close()]),
  };
}

/**
 * Over WebSocket the two know each other by no name that a tracker gave: up and down is all they say.
 * @param {Member | undefined} parent
 * @param {Member | undefined} child
 */
function chain(parent, child) {
  if (!parent || !child) return [parent, child].filter((member) => member !== undefined);
  const renamed = (/** @type {Member} */ member, /** @type {string} */ way, /** @type {Member} */ other) => ({
    ...member,
    peers: member.peers.map((peer) => (peer.peer.startsWith(way) ? { ...peer, peer: other.self ?? other.name } : peer)),
  });
  return [renamed(parent, "down:", child), renamed(child, "up:", parent)];
}

class Seeder {
  /** @type {Member | undefined} */
  member;
  #name;
  #url;
  #say;
  #program;
  #timer;
  #fromParent = 0;
  /** The newest segment of each rendition that was told of. */
  #told = new Map();

  /**
   * @param {string} name
   * @param {number} port  of its pages
   * @param {readonly string[]} args
   * @param {(who: string, text: string) => void} say
   */
  constructor(name, port, args, say) {
    [this.#name, this.#say] = [name, say];
    this.#url = `http://127.0.0.1:${String(port)}`;
    this.#program = startProgram([...args, "--status-port", String(port)], (line) => say(name, line));
    this.#timer = setInterval(() => void this.#look().catch(() => undefined), LOOK_EVERY_MS); // not up yet, or gone
  }

  async close() {
    clearInterval(this.#timer);
    await this.#program.close();
  }

  async #look() {
    const [status, peers, segments] = await Promise.all(
      ["status", "peers", "segments"].map((page) => this.#read(page)),
    );
    const { self, tracker, bytes } = status;
    const note = `It holds ${(status.memory.cacheBytes / 1e6).toFixed(0)} MB.`;
    const member = { name: this.#name, kind: "seeder", note, self, tracker, peers };
    this.member = { ...member, originReceivedBytes: bytes.fromUpstreams };
    const { receivedBytes = 0 } = peers.find(({ peer }) => peer.startsWith("up:")) ?? {};
    const feeder = receivedBytes > this.#fromParent ? "ingress" : "peers";
    this.#fromParent = receivedBytes;
    for (const segment of segments) this.#tell(segment, feeder);
  }

  /**
   * @param {{ track: string, sequence: number, complete: boolean, peerBytes: number, originBytes: number }} segment
   * @param {string} feeder  from where all came of late that no CDN sent
   */
  #tell({ track, sequence, complete, peerBytes, originBytes }, feeder) {
    if (!complete || sequence <= (this.#told.get(track) ?? -1)) return;
    this.#told.set(track, sequence);
    if (peerBytes === 0) this.#say(this.#name, `fetched ${String(sequence)} from the CDN`);
    else if (originBytes === 0) this.#say(this.#name, `got ${String(sequence)} from ${feeder}`);
    else this.#say(this.#name, `got ${String(sequence)} from ${feeder} and from the CDN`);
  }

  /** @param {string} page */
  async #read(page) {
    return (await fetch(`${this.#url}/${page}`)).json();
  }
}

const LOOK_EVERY_MS = 1000;

/**
 * Somebody who wants the addresses of a swarm's viewers, at the real tracker core, among viewers who come and go. It does
 * all that the protocol lets it: joins, asks, waits to be dialed, leaves and comes back by its token, from as many addresses
 * as it has. Whom it is introduced to, either way, it has learnt.
 */
import { createRng } from "../../src/base/random.ts";
import type { PeerId } from "../../src/protocol/ids.ts";
import type { TrackerLimits } from "../../src/tracker-server/core/options.ts";
import type { IdSource } from "../../src/tracker-server/core/joining.ts";
import { createTrackerStage, SWARM } from "../tracker-stage.ts";

export interface HarvestPlan {
  readonly viewers: number;
  /** How long a viewer stays, on average. */
  readonly sessionMs: number;
  readonly minutes: number;
  /** That the harvester comes from, each of a network of its own. */
  readonly addresses: number;
  /** Whether the tracker asks for tickets; the harvester has one. Otherwise it has as many sockets as it likes. */
  readonly hasTickets: boolean;
  readonly limits?: Partial<TrackerLimits>;
}

export interface Harvest {
  /** Viewers whose address it has, at the end of each minute. */
  readonly learnt: readonly number[];
  /** Viewers there were in all. */
  readonly viewers: number;
  /** Links that viewers have at the end, on average, and the least. */
  readonly linksMean: number;
  readonly linksMin: number;
}

/** Limits under which only what one viewer may ask is bounded, as it was before there were rations. */
export const WITHOUT_RATIONS: Partial<TrackerLimits> = {
  introductionsPerPrefix: { burst: 1e9, perSecond: 1e9 },
  introductionsPerTicket: { burst: 1e9, perSecond: 1e9 },
};

export function harvest({ viewers, sessionMs, minutes, addresses, hasTickets, limits }: HarvestPlan): Harvest {
  const stage = createTrackerStage({ ...limits, resumeWithinMs: 120_000 }, {}, hasTickets ? readTicket : undefined);
  const rng = createRng(11);
  const people = new Map<PeerId, Viewer>();
  const learnt = new Set<Viewer>();
  let born = 0;
  let now = 0;

  interface Viewer {
    readonly socket: ReturnType<typeof stage.connect>;
    readonly links: Set<PeerId>;
    readonly leavesAt: number;
    needAt: number;
  }
  const ours = new Set<PeerId>();

  /** Whoever asked dials: both ends have a link then, and each other's address. */
  const dial = (
    self: PeerId,
    links: Set<PeerId> | undefined,
    peers: ReadonlyArray<{ readonly peer: PeerId }>,
  ): void => {
    for (const { peer } of peers) {
      const there = people.get(peer);
      if (there && ours.has(self)) learnt.add(there);
      const dialer = people.get(self);
      if (dialer && ours.has(peer)) learnt.add(dialer);
      if (!there || !links) continue; // the harvester serves nobody: links to it do not last
      links.add(peer);
      there.links.add(self);
    }
  };

  const arrive = (): void => {
    const network = `network-${String(Math.floor(rng.next() * viewers * 0.7))}`;
    const socket = stage.connect(`home-${String(++born)}`, undefined, { prefixKey: network });
    socket.join({ peersWanted: LINKS, ...(hasTickets && { ticket: `viewer-${String(born)}` }) });
    const links = new Set<PeerId>();
    const leavesAt = now + sessionMs * 2 * rng.next();
    people.set(socket.id, { socket, links, leavesAt, needAt: now + 5_000 * (1 + rng.next()) });
    listen(socket.id, links, socket.news());
  };
  const listen = (
    self: PeerId,
    links: Set<PeerId>,
    news: ReturnType<ReturnType<typeof stage.connect>["news"]>,
  ): void => {
    for (const message of news) {
      if (message.type === "joined" || message.type === "peers") dial(self, links, message.peers);
      if (message.type === "gone") links.delete(message.peer);
    }
  };
  const live = (self: PeerId, viewer: Viewer): void => {
    const { socket, links } = viewer;
    listen(self, links, socket.news());
    if (viewer.leavesAt <= now) {
      people.delete(self);
      socket.say({ type: "leave" });
      socket.drop();
    } else if (viewer.needAt <= now && links.size < LINKS - 2) {
      viewer.needAt = now + 10_000;
      socket.say({ type: "need", peersWanted: LINKS - links.size, connected: links.size });
      listen(self, links, socket.news());
    }
  };

  /** One identity of the harvester: it stays and asks until that brings nothing, and is then somebody new. */
  const createIdentity = (index: number) => {
    let socket: ReturnType<typeof stage.connect> | undefined;
    let resume: string | undefined;
    let asked = 0;
    const come = (turn: number): void => {
      const from = `attacker-${String((index + turn) % addresses)}`;
      const next = stage.connect(from, undefined, { prefixKey: from });
      next.join({ peersWanted: 16, uplink: 2, ...(resume ? { resume } : hasTickets && { ticket: "harvester" }) });
      if (next.received("joined").length === 0) return;
      socket = next;
      resume = next.last("joined").resume;
      ours.add(next.id);
      dial(next.id, undefined, next.last("joined").peers);
    };
    return (turn: number): void => {
      const before = learnt.size;
      if (!socket) come(turn);
      else if (asked < turn) {
        asked = turn + 4;
        socket.say({ type: "need", peersWanted: 16, connected: 0 });
        for (const message of socket.news()) if (message.type === "peers") dial(socket.id, undefined, message.peers);
      }
      if (learnt.size > before || !socket || turn % REBIRTH_SECONDS !== index % REBIRTH_SECONDS) return;
      socket.say({ type: "leave" });
      socket.drop();
      socket = undefined;
      come(turn + 1);
    };
  };

  for (let n = 0; n < viewers; n++) arrive();
  for (const viewer of people.values()) viewer.needAt = 5_000 + 10_000 * rng.next();
  const count = hasTickets ? TICKET_USES : addresses * SOCKETS_PER_ADDRESS;
  const identities = Array.from({ length: count }, (_, index) => createIdentity(index));
  const curve: number[] = [];
  for (let second = 1; second <= minutes * 60; second++) {
    stage.wait(1_000);
    now += 1_000;
    for (const [self, viewer] of people)
      if ((viewer.needAt + second * 1_000) % 5_000 < 1_000 || viewer.leavesAt <= now) live(self, viewer);
    while (people.size < viewers) arrive();
    for (const act of identities) act(second);
    if (second % 60 === 0) curve.push(learnt.size);
  }
  const links = [...people.values()].filter(({ leavesAt }) => leavesAt > now).map((viewer) => viewer.links.size);
  return {
    learnt: curve,
    viewers: born,
    linksMean: links.reduce((sum, one) => sum + one, 0) / links.length,
    linksMin: Math.min(...links),
  };
}

const readTicket: NonNullable<IdSource["readTicket"]> = (jti) => ({
  claims: { jti, exp: 1, swarms: [SWARM] },
  expiresInMs: 300_000,
});

const LINKS = 8;
const TICKET_USES = 4;
/** An identity that learns nothing more is given up for another so often. */
const REBIRTH_SECONDS = 5;
const SOCKETS_PER_ADDRESS = 2;

import { describe, expect, test } from "vitest";
import { createTrackerStage } from "../../../testkit/tracker-stage.ts";
import type { PeerId, TrackId } from "../../protocol/ids.ts";
import { INTRODUCTIONS_MAX } from "./introductions.ts";
import { PREFIX_PEERS_MAX } from "./peer-selection.ts";

const TRACK = "00000000000000aa" as TrackId;
const HONEST = 40;
const SYBILS = 160;

/**
 * A quarter of an hour of a viewer in a swarm of whose members four fifths are one attacker's, in so many networks. They do
 * what they can to be most of what it knows: say that they have no links and can give, leave and come back, ask for
 * everybody. Says how many of its newest introductions, whoever asked, are with the fleet, and how many of those that it
 * asked for are not.
 */
function besiege(networks: number): { readonly newest: number; readonly asked: number; readonly honest: number } {
  const stage = createTrackerStage({ connectionsPerAddressMax: 10_000, upgradesPerAddress: NO_BOUND });
  const join = { track: TRACK, uplink: 2, peersWanted: 8 } as const;
  const met: PeerId[] = [];
  const asked: PeerId[] = [];
  const fleet = new Set<PeerId>();
  const attack = (index: number) => {
    const sybil = stage.connect(`fleet-${String(index % networks)}`).join({ ...join, peersWanted: 16 });
    fleet.add(sybil.id);
    return sybil;
  };
  const listen = (viewer: ReturnType<typeof attack>): readonly PeerId[] =>
    viewer
      .news()
      .flatMap((message) => (message.type === "joined" || message.type === "peers" ? message.peers : []))
      .map(({ peer }) => peer);
  for (let n = 0; n < HONEST; n++) stage.connect(`home-${String(n)}`).join(join);
  const sybils = Array.from({ length: SYBILS }, (_, index) => attack(index));
  const victim = stage.connect("victim").join(join);
  for (let minute = 0; minute < 15; minute++) {
    const found = listen(victim);
    asked.push(...found);
    met.push(...found);
    for (const [index, sybil] of sybils.entries()) {
      met.push(...listen(sybil).flatMap((peer) => (peer === victim.id ? [sybil.id] : [])));
      if (index % 5 === minute % 5) {
        sybil.say({ type: "leave" });
        sybil.drop();
        sybils[index] = attack(index);
      } else sybil.say({ type: "need", peersWanted: 16, connected: 0 });
    }
    stage.wait(60_000);
    victim.say({ type: "need", peersWanted: 2, connected: 6 }); // two of its neighbours have left
  }
  const newest = met.slice(-INTRODUCTIONS_MAX).filter((peer) => fleet.has(peer)).length;
  return { newest, asked: asked.length, honest: asked.filter((peer) => !fleet.has(peer)).length };
}

describe("[T13] four fifths of a swarm are one attacker's", () => {
  test("[TK88] in one network: a viewer knows three of them at a time, whoever asks", () => {
    expect(besiege(1).newest).toBeLessThanOrEqual(PREFIX_PEERS_MAX);
  });

  test("[TK88] in four networks: three of each, twelve of 32", () => {
    expect(besiege(4).newest).toBeLessThanOrEqual(4 * PREFIX_PEERS_MAX);
  });

  test("in as many networks as there are of them: what a viewer asks for brings some of the others, always", () => {
    const { asked, honest } = besiege(SYBILS);
    expect(honest).toBeGreaterThan(0);
    expect(asked).toBeGreaterThan(20);
  });
});

const NO_BOUND = { burst: 1e6, perSecond: 1e6 };

import { describe, expect, test } from "vitest";
import { createTrackerStage, OTHER_SWARM, SWARM } from "../../../testkit/tracker-stage.ts";
import type { TicketClaims } from "../../protocol/ticket.ts";
import type { IdSource } from "./joining.ts";
import type { TrackerLimits } from "./options.ts";

/** A tracker that asks for tickets. A ticket here is its claims as JSON; whether it is signed well is for its reader to say. */
const createGuarded = (limits: Partial<TrackerLimits> = {}) => createTrackerStage(limits, {}, readClaims);
const readClaims: IdSource["readTicket"] = (text) =>
  text === "forged"
    ? { fault: "was not signed here" }
    : { claims: JSON.parse(text) as TicketClaims, expiresInMs: 300_000 };
const ticketOf = (claims: Partial<TicketClaims> = {}): string =>
  JSON.stringify({ jti: "one", exp: 1, swarms: [SWARM], ...claims });

const KEY = "ab".repeat(32);

describe("[T9] who has no good ticket is told why, and how to mend it", () => {
  const stage = createGuarded();
  stage.viewer({ ticket: ticketOf({ jti: "spent", uses: 1 }) });
  stage.tell({ type: "revoked", tickets: ["gone"], classes: ["old"] });
  test.each([
    ["none", undefined, {}, "asks for a ticket"],
    ["one that its reader refuses", "forged", {}, "the ticket was not signed here"],
    ["one for another swarm", ticketOf({ swarms: [OTHER_SWARM] }), {}, "another swarm"],
    ["one for another key", ticketOf({ key: KEY }), { key: "cd".repeat(32) }, "another key"],
    ["one for a key, and shows none", ticketOf({ key: KEY }), {}, "another key"],
    ["one that is used up", ticketOf({ jti: "spent", uses: 1 }), {}, "used up"],
    ["one that is revoked", ticketOf({ jti: "gone" }), {}, "revoked"],
    ["one of a class that is revoked", ticketOf({ class: "old" }), {}, "revoked"],
  ])("[TI4] %s", (_, ticket, join, says) => {
    const viewer = stage.viewer({ ...(ticket !== undefined && { ticket }), ...join });
    expect(viewer.last("error")).toMatchObject({ code: "bad-ticket", field: "ticket" });
    expect(viewer.last("error").message).toContain(says);
    expect(viewer.closedWith).toBe(4004);
    expect(viewer.received("joined")).toEqual([]);
  });
});

test("[TI4] a good ticket lets in, with the key that it names", () => {
  const stage = createGuarded();
  const viewer = stage.viewer({ ticket: ticketOf({ key: KEY, swarms: [OTHER_SWARM, SWARM] }), key: KEY });
  expect(viewer.last("joined").viewers).toBe(1);
});

test("[TI5] a ticket lets in as often as it says, four times when it says nothing, and only those who come in count", () => {
  const stage = createGuarded({ viewersPerSwarmMax: 3 });
  const come = () => stage.viewer({ ticket: ticketOf() });
  const three = [come(), come(), come()];
  expect(come().last("error").code).toBe("full");
  three[0]?.say({ type: "leave" });
  expect(come().received("joined")).toHaveLength(1);
  three[1]?.say({ type: "leave" });
  expect(come().last("error")).toMatchObject({ code: "bad-ticket" });
  stage.wait(300_000); // it has expired: its reader refuses it from now on, and nothing of it is kept
  expect(come().received("joined")).toHaveLength(1);
});

test("[TI6] who is in may stay, and come back without a ticket, for as long as its token is good", () => {
  const stage = createGuarded();
  const alice = stage.viewer({ ticket: ticketOf({ uses: 1, class: "gold" }) });
  alice.drop();
  const back = stage.viewer({ resume: alice.last("joined").resume });
  expect(back.id).toBe(alice.id);
  back.say({ type: "leave" });
  // The tracker knows nothing of it any more but what is in the token.
  const again = stage.viewer({ resume: back.last("joined").resume });
  expect(again.id).toBe(alice.id);
  expect(stage.viewer({ ticket: ticketOf({ jti: "two", class: "gold" }) }).last("joined").viewers).toBe(2);
  const stranger = stage.viewer({ resume: `token of peer-99999 in ${SWARM}` });
  expect(stranger.last("error")).toMatchObject({ code: "bad-ticket" });
});

test("[T20] [TI8] viewers of different classes never meet, and an outsider gets nothing", () => {
  const stage = createGuarded();
  const of = (jti: string, name?: string) =>
    stage.viewer({ ticket: ticketOf({ jti, ...(name !== undefined && { class: name }) }) });
  const [gold, silver, plain] = [of("a", "gold"), of("b", "silver"), of("c")];
  for (const viewer of [gold, silver, plain]) expect(viewer.last("joined")).toMatchObject({ viewers: 1, peers: [] });
  expect(of("d", "gold").last("joined")).toMatchObject({ viewers: 2, peers: [{ peer: gold.id }] });
  silver.signal(gold.id);
  expect(silver.last("error").code).toBe("not-introduced");
});

test("[TI8] a stream that is switched off is off for every class", () => {
  const stage = createGuarded();
  const gold = stage.viewer({ ticket: ticketOf({ class: "gold" }) });
  stage.tell({ type: "switch-off", streams: [SWARM] });
  expect(gold.received("off")).toHaveLength(1);
});

test("[TI8] a resume keeps the class", () => {
  const stage = createGuarded();
  const alice = stage.viewer({ ticket: ticketOf({ class: "gold" }) });
  const bob = stage.viewer({ ticket: ticketOf({ jti: "two" }) });
  alice.say({ type: "leave" });
  const back = stage.viewer({ resume: alice.last("joined").resume });
  expect(back.last("joined")).toMatchObject({ viewers: 1, peers: [] });
  expect(bob.last("joined").viewers).toBe(1);
});

test("[TK24] where tickets are asked for, a seeder is who has one that says so", () => {
  const stage = createGuarded();
  const small = { peersWanted: 1, track: "00000000000000aa" as never };
  stage.viewer({ ...small, seeder: true, ticket: ticketOf({ jti: "claims" }) });
  for (let n = 0; n < 6; n++) stage.viewer({ ...small, ticket: ticketOf({ jti: `v${String(n)}` }) });
  const seeding = { seeder: true, peersWanted: 16 } as const;
  const seeder = stage.viewer({ ...seeding, ticket: ticketOf({ jti: "ours", role: "trusted" }) });
  expect(stage.viewer({ ...small, ticket: ticketOf({ jti: "x" }) }).last("joined").peers).toMatchObject([
    { peer: seeder.id },
  ]);
});

describe("[TK97] where viewers need no ticket, a seeder's", () => {
  const createOpen = () => createTrackerStage({}, {}, undefined, readClaims);
  const seeding = { seeder: true, peersWanted: 16 } as const;

  test("makes it the operator's own, for as long as it resumes", () => {
    const stage = createOpen();
    const isVouchedFor = (seeder: ReturnType<typeof stage.viewer>): boolean => {
      const chunk = { track: "00000000000000aa" as never, sequence: 7, tag: 1, byteLength: 1, from: 0 };
      seeder.say({ type: "hashes", ...chunk, hashes: "a".repeat(32) });
      return seeder.received("attested").length > 0;
    };
    expect(isVouchedFor(stage.viewer(seeding))).toBe(false);
    const ours = stage.viewer({ ...seeding, ticket: ticketOf({ role: "trusted" }) });
    expect(isVouchedFor(ours)).toBe(true);
    ours.drop();
    expect(isVouchedFor(stage.viewer({ ...seeding, resume: ours.last("joined").resume }))).toBe(true);
  });

  test("must be one, and of the role that says so", () => {
    const stage = createOpen();
    for (const [ticket, says] of [
      ["forged", "was not signed here"],
      [ticketOf(), 'role "trusted"'],
    ] as const) {
      const seeder = stage.viewer({ ...seeding, ticket });
      expect(seeder.last("error").message).toContain(says);
      expect(seeder.closedWith).toBe(4004);
    }
  });

  test("is nobody else's affair: what a viewer shows is not looked at", () => {
    expect(createOpen().viewer({ ticket: "forged" }).last("joined").viewers).toBe(1);
  });
});

describe("[TI9] what the operator revokes", () => {
  test("closes who is in with it, tells the neighbours, and lets nobody back", () => {
    const stage = createGuarded();
    const gold = stage.viewer({ ticket: ticketOf({ class: "gold" }) });
    const friend = stage.viewer({ ticket: ticketOf({ jti: "two", class: "gold" }) });
    const away = stage.viewer({ ticket: ticketOf({ class: "gold" }) });
    away.drop();
    stage.tell({ type: "revoked", tickets: ["one"], classes: [] });
    expect(gold.last("error")).toMatchObject({
      code: "bad-ticket",
      message: expect.stringContaining("revoked") as string,
    });
    expect(gold.closedWith).toBe(4004);
    expect(friend.closedWith).toBeUndefined();
    expect(friend.received("gone").map(({ peer }) => peer)).toContain(gold.id);
    for (const { resume } of [gold.last("joined"), away.last("joined")])
      expect(stage.viewer({ resume }).last("error").code).toBe("bad-ticket");
    expect(stage.stats()).toMatchObject({ viewers: 1, held: 0, refusals: { "bad-ticket": 3 } });
  });

  test("is what the newest list says", () => {
    const stage = createGuarded();
    stage.tell({ type: "revoked", tickets: ["one"], classes: [] });
    stage.tell({ type: "revoked", tickets: [], classes: ["gold"] });
    expect(stage.viewer({ ticket: ticketOf() }).received("joined")).toHaveLength(1);
    expect(stage.viewer({ ticket: ticketOf({ class: "gold" }) }).last("error").code).toBe("bad-ticket");
  });
});

test("a tracker without tickets takes no notice of one", () => {
  expect(createTrackerStage().viewer({ ticket: "anything" }).received("joined")).toHaveLength(1);
});

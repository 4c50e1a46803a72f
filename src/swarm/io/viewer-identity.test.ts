import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { afterEach, describe, expect, test, vi } from "vitest";
import { openNodePeerLinks } from "../../../testkit/node-peer-links.ts";
import { watchPeerLink, type WatchedPeerLink } from "../../../testkit/watched-peer-link.ts";
import { swarmIdOf, type PeerId } from "../../protocol/ids.ts";
import type { TrackerToViewer, ViewerToTracker } from "../../protocol/tracker-message.ts";
import type { OpenPeerLink } from "./peer-link.ts";
import type { TrackerLinkEvents } from "./tracker-link.ts";
import { ViewerIdentity, type ViewerIdentityOptions } from "./viewer-identity.ts";

const { open, closeAll, isReachable } = await openNodePeerLinks();

afterEach(async () => {
  await closeAll();
  vi.restoreAllMocks();
});

const SOON = { interval: 1 };
const SWARM = swarmIdOf("stream");
const peerId = (name: string): PeerId => name.padEnd(10, "_") as PeerId;

/** A viewer whose tracker is the test. */
function createViewer(name: string, options: Partial<ViewerIdentityOptions> = {}) {
  const warnings: string[] = [];
  const said: ViewerToTracker[] = [];
  const silent = { debug: () => undefined, info: () => undefined, error: () => undefined };
  const warn = (_: string, message: () => string): number => warnings.push(message());
  const identity = new ViewerIdentity({ swarm: SWARM, logger: { ...silent, warn }, ...options });
  let told: TrackerLinkEvents | undefined;
  let isClosed = false;
  const links = identity.trackerLinks((_url, events) => {
    told = events;
    isClosed = false;
    return {
      send(message) {
        if (!isClosed) said.push(message);
      },
      close: () => (isClosed = true),
    };
  });
  const call = (url = "wss://tracker.test") =>
    links(url, { open: () => undefined, message: () => undefined, closed: () => undefined });
  return {
    warnings,
    call,
    peerLinks: (links: OpenPeerLink) => identity.peerLinks(links),
    hear: (message: TrackerToViewer) => told?.message(message),
    /** The address at which it calls a seeder now. */
    callSeeder(): string {
      let called = "";
      const links = identity.parentLinks((url) => {
        called = url;
        return { signal: () => undefined, send: () => undefined, close: () => undefined };
      });
      const nobody = {
        signal: () => undefined,
        open: () => undefined,
        frame: () => undefined,
        closed: () => undefined,
      };
      links("wss://seeder.test/v1/peer/swarm", nobody, 1000);
      return called;
    },
    get isClosed() {
      return isClosed;
    },
    /** What the viewer joins with, once it does. */
    async join(resume?: string): Promise<Extract<ViewerToTracker, { type: "join" }>> {
      call().send({ ...JOIN, resume });
      const before = said.length;
      await vi.waitFor(() => {
        expect(said.length).toBeGreaterThan(before);
      }, SOON);
      const last = said.at(-1);
      if (last?.type !== "join") throw new Error("it did not join");
      return last;
    },
    async joined(more: Partial<Extract<TrackerToViewer, { type: "joined" }>> = {}): Promise<void> {
      await this.join();
      this.hear({ ...JOINED, peer: peerId(name), ...more });
    },
    /** What it says to a peer whose link offers. */
    async offer(to: string, sdp = SDP): Promise<string> {
      const inner = recorder();
      const link = watchPeerLink(identity.peerLinks(inner.open), { peer: peerId(to), initiator: true });
      inner.say(JSON.stringify({ type: "offer", sdp }));
      await link.until("an offer", () => link.signals.length === 1);
      return link.signals[0] ?? "";
    },
    /** What its own link is given of what came from a peer, and how that link ends. */
    async hears(
      from: string,
      ...texts: string[]
    ): Promise<{ readonly heard: readonly string[]; readonly end?: string }> {
      const inner = recorder();
      const link = watchPeerLink(identity.peerLinks(inner.open), { peer: peerId(from), initiator: false });
      for (const text of texts) link.link.signal(text);
      await vi.waitFor(() => {
        expect(link.isClosed || inner.heard.length === texts.length).toBe(true);
      }, SOON);
      return { heard: inner.heard, ...(link.closeReason !== undefined && { end: link.closeReason }) };
    },
  };
}

/** A link that goes nowhere. */
function recorder() {
  const heard: string[] = [];
  let say: (text: string) => void = () => undefined;
  const open: OpenPeerLink = ({ events }) => {
    say = events.signal;
    return {
      signal: (text) => void heard.push(text),
      send: () => undefined,
      close: () => {
        queueMicrotask(() => {
          events.closed("closed here");
        });
      },
    };
  };
  return {
    open,
    heard,
    say: (text: string) => {
      say(text);
    },
  };
}

const SDP =
  "v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=fingerprint:sha-256 AA:BB\r\n";
const JOIN = { type: "join", version: 1, versionMin: 1, swarm: SWARM, peersWanted: 4, uplink: 1 } as const;
const JOINED: Extract<TrackerToViewer, { type: "joined" }> = {
  ...{ type: "joined", version: 1, peer: peerId("self"), resume: "token", viewers: 2, reportEveryMs: 10_000 },
  peers: [],
};

const site = generateKeyPairSync("ed25519");
const hexKeyOf = (key: KeyObject): string =>
  Buffer.from(key.export({ format: "jwk" }).x ?? "", "base64url").toString("hex");
const ticketKey = hexKeyOf(site.publicKey);
const nowSeconds = (): number => Math.floor(Date.now() / 1000);
const jwt = (claims: object, key = site.privateKey): string => {
  const text = [{ alg: "EdDSA", typ: "JWT" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${text}.${sign(null, Buffer.from(text), key).toString("base64url")}`;
};
const ticketFor = (key: string | undefined, more: object = {}): string =>
  jwt({ exp: nowSeconds() + 60, key, swarms: [SWARM], ...more });

const withoutEd25519 = (): void => void vi.spyOn(crypto.subtle, "generateKey").mockRejectedValue(new Error("none"));

describe("a seeder called over WebSocket", () => {
  const addressWith = (ticket: string): string => `wss://seeder.test/v1/peer/${SWARM}${ticket}`;

  test("[TR74] is shown the tracker's ticket, and minutes later another", async () => {
    let asked = 0;
    const viewer = createViewer("alice", { ticket: () => `ticket${String(++asked)}` });
    await viewer.joined();
    expect(viewer.callSeeder()).toBe(addressWith("?ticket=ticket1"));
    vi.spyOn(performance, "now").mockReturnValue(performance.now() + 300_000);
    viewer.callSeeder();
    await vi.waitFor(() => {
      expect(viewer.callSeeder()).toBe(addressWith("?ticket=ticket2"));
    }, SOON);
    expect(asked).toBe(2);
  });

  test("is shown none where there is none", async () => {
    const viewer = createViewer("alice");
    await viewer.joined();
    expect(viewer.callSeeder()).toBe(addressWith(""));
  });
});

describe("between two viewers", { timeout: 20_000 }, () => {
  async function connect(change: (text: string, from: string) => string): Promise<readonly WatchedPeerLink[]> {
    const alice = createViewer("alice");
    const bob = createViewer("bob");
    await Promise.all([alice.joined(), bob.joined()]);
    const sides: WatchedPeerLink[] = [];
    for (const [viewer, peer, initiator] of [
      [alice, "bob", true],
      [bob, "alice", false],
    ] as const)
      sides.push(
        watchPeerLink(viewer.peerLinks(open), {
          ...{ peer: peerId(peer), initiator, connectTimeoutMs: 3_000 },
          atSignal: (text) => void setTimeout(() => sides[initiator ? 1 : 0]?.link.signal(change(text, peer))),
        }),
      );
    return sides;
  }

  test.skipIf(!isReachable)("[TR70] what is signed connects, description before candidates", async () => {
    const sides = await connect((text) => text);
    for (const { signals, ...side } of sides) {
      await side.until("open", () => side.log.includes("open"));
      const [description = "", ...candidates] = signals;
      expect(description).toMatch(/"key":"[\da-f]{64}","signature":"[\da-f]{128}"/);
      for (const text of candidates) expect(text).toContain('"candidates"');
    }
  });

  test.skipIf(!isReachable).each(["offer", "answer"])(
    "[TR71] [T12] a tracker that swaps the DTLS fingerprint of an %s: no link is opened",
    async (type) => {
      const swap = (text: string): string => text.replace(/(sha-256 )\w\w:\w\w/, "$100:00");
      const sides = await connect((text) => (text.includes(`"type":"${type}"`) ? swap(text) : text));
      const refuser = sides[type === "offer" ? 1 : 0];
      const other = sides[type === "offer" ? 0 : 1];
      await refuser?.until("its end", () => refuser.isClosed);
      expect(refuser?.closeReason).toBe("forged signal");
      expect(other?.log).not.toContain("open");
    },
  );
});

describe("what a peer's viewer takes for its own", () => {
  async function pair(options: Partial<ViewerIdentityOptions> = {}) {
    const [alice, bob] = [createViewer("alice", options), createViewer("bob", options)];
    await Promise.all([alice.joined(), bob.joined()]);
    return { alice, bob };
  }

  test("[TR70] an offer reaches the link as it was signed", async () => {
    const { alice, bob } = await pair();
    const offer = await alice.offer("bob");
    expect(JSON.parse(offer)).toMatchObject({ type: "offer", sdp: SDP });
    expect(await bob.hears("alice", offer)).toEqual({ heard: [offer] });
  });

  test("[TR71] [T12] of another sender, for another receiver, in another role or swarm it is refused", async () => {
    const { alice, bob } = await pair();
    const offer = await alice.offer("bob");
    const carol = createViewer("carol");
    await carol.joined();
    const elsewhere = createViewer("bob", { swarm: swarmIdOf("other") });
    await elsewhere.joined();
    const refused = { heard: [], end: "forged signal" };
    expect(await bob.hears("carol", offer)).toEqual(refused);
    expect(await carol.hears("alice", offer)).toEqual(refused);
    expect(await bob.hears("alice", offer.replace("offer", "answer"))).toEqual(refused);
    expect(await elsewhere.hears("alice", offer)).toEqual(refused);
    expect(await bob.hears("alice", "no signal")).toEqual(refused);
    expect(await bob.hears("alice", offer)).toEqual({ heard: [offer] });
  });

  test("[TR72] [T12] a peer id keeps the key that it was first seen with", async () => {
    const { alice, bob } = await pair();
    await bob.hears("alice", await alice.offer("bob"));
    const impostor = createViewer("alice");
    await impostor.joined();
    expect(await bob.hears("alice", await impostor.offer("bob"))).toMatchObject({ heard: [] });
    const unsigned = JSON.stringify({ type: "offer", sdp: SDP });
    expect(await bob.hears("alice", unsigned)).toMatchObject({ heard: [] });
    expect(await bob.hears("dave", unsigned)).toEqual({ heard: [unsigned] });
  });

  test("[TR73] a viewer without Ed25519 is let in unsigned, and takes what it cannot check", async () => {
    const { alice } = await pair();
    withoutEd25519();
    const old = createViewer("old");
    await old.joined();
    const unsigned = await old.offer("alice");
    expect(JSON.parse(unsigned)).toEqual({ type: "offer", sdp: SDP });
    expect(await alice.hears("old", unsigned)).toEqual({ heard: [unsigned] });
    const signed = await alice.offer("old");
    expect(await old.hears("alice", signed)).toEqual({ heard: [signed] });
  });

  test("[TR73] where the site gives ticketKey it stays with the CDN, and says so", async () => {
    withoutEd25519();
    const old = createViewer("old", { ticketKey });
    old.call().send(JOIN);
    await vi.waitFor(() => {
      expect(old.isClosed).toBe(true);
    }, SOON);
    expect(old.warnings).toEqual(["no swarm: this browser has no Ed25519"]);
  });

  test("[TR72] [T12] with ticketKey a tracker cannot put in a key of its own", async () => {
    const stranger = generateKeyPairSync("ed25519");
    const hour = 3600;
    const { alice, bob } = await pair({ ticketKey, ticket: ({ key }) => ticketFor(key) });
    const offer = await alice.offer("bob");
    expect(await bob.hears("alice", offer)).toEqual({ heard: [offer] });
    const tickets: readonly [string, (key: string | undefined) => string, boolean][] = [
      ["expired by less than clocks differ", (key) => ticketFor(key, { exp: nowSeconds() - 60 }), true],
      ["expired", (key) => ticketFor(key, { exp: nowSeconds() - hour }), false],
      ["without an end", (key) => ticketFor(key, { exp: undefined }), false],
      ["of another viewer", () => ticketFor("00".repeat(32)), false],
      ["of no viewer", () => ticketFor(undefined), false],
      ["for another swarm", (key) => ticketFor(key, { swarms: { includes: SWARM } }), false],
      ["of another site", (key) => jwt({ exp: nowSeconds() + hour, key, swarms: [SWARM] }, stranger.privateKey), false],
      ["no token", () => "none", false],
    ];
    for (const [index, [what, ticket, isGood]] of tickets.entries()) {
      const name = `viewer${String(index)}`;
      const viewer = createViewer(name, { ticketKey, ticket: ({ key }) => ticket(key) });
      await viewer.joined();
      const { heard } = await bob.hears(name, await viewer.offer("bob"));
      expect([what, heard.length]).toEqual([what, isGood ? 1 : 0]);
    }
    const unsigned = JSON.stringify({ type: "offer", sdp: SDP });
    expect(await bob.hears("dave", unsigned)).toEqual({ heard: [], end: "forged signal" });
  });

  test("[TR72] without ticketKey no peer is shown a ticket", async () => {
    const { alice } = await pair({ ticket: "for the tracker alone" });
    expect(await alice.offer("bob")).not.toContain("tracker alone");
  });

  test("signing and checking cost no time that anybody notices", async () => {
    const { alice, bob } = await pair();
    const rounds = 50;
    const { user, system } = process.cpuUsage();
    for (let i = 0; i < rounds; i++) await bob.hears("alice", await alice.offer("bob"));
    const used = process.cpuUsage();
    expect((used.user + used.system - user - system) / 1000 / rounds).toBeLessThan(5);
  });
});

describe("what the tracker is shown", () => {
  test("[TR44] [T21] a key, new for every session", async () => {
    const keys = [await createViewer("a").join(), await createViewer("a").join()].map(({ key }) => key);
    for (const key of keys) expect(key).toMatch(/^[\da-f]{64}$/);
    expect(keys[0]).not.toBe(keys[1]);
  });

  test("[TR74] a ticket, asked for with key and swarm; again when it is refused, not when the viewer comes back", async () => {
    const asked: unknown[] = [];
    const viewer = createViewer("a", { ticket: (about) => `ticket ${String(asked.push(about))}` });
    const { ticket, key } = await viewer.join();
    expect(ticket).toBe("ticket 1");
    expect(asked).toEqual([{ key, swarm: SWARM }]);
    viewer.hear(JOINED);
    expect((await viewer.join("token")).ticket).toBe("ticket 1");
    viewer.hear({ type: "error", code: "bad-ticket", message: "the ticket has expired" });
    expect((await viewer.join()).ticket).toBe("ticket 2");
    expect(viewer.warnings).toEqual(["no swarm: the ticket has expired"]);
  });

  test("[TR74] a list of trackers costs no ticket", () => {
    const ticket = vi.fn(() => "ticket");
    createViewer("a", { ticket }).call("https://tracker.test/v1/trackers");
    expect(ticket).not.toHaveBeenCalled();
  });

  test.each([
    ["fails", () => Promise.reject(new Error("no session")), "Error: no session"],
    [
      "throws",
      () => {
        throw new Error("no session");
      },
      "Error: no session",
    ],
    ["gives nothing", () => "", "no ticket"],
  ])("[TR74] a site that %s: no swarm, and a line in the log", async (_what, ticket, why) => {
    const viewer = createViewer("a", { ticket });
    viewer.call().send(JOIN);
    await vi.waitFor(() => {
      expect(viewer.isClosed).toBe(true);
    }, SOON);
    expect(viewer.warnings[0]).toBe(`no swarm: ${why}`);
  });

  test("[TR74] a site that says nothing: the core gives up, which is logged", () => {
    const viewer = createViewer("a", { ticket: () => new Promise<string>(() => undefined) });
    const link = viewer.call();
    link.send(JOIN);
    link.close();
    expect(viewer.warnings).toEqual(["no swarm: no ticket in time"]);
  });

  test("[TR74] the swarm that the ticket lists, when its own is not among them", async () => {
    const keyed = "a-keyed-swarm-id";
    const join = (swarms: unknown) => createViewer("a", { ticket: jwt({ swarms }) }).join();
    expect((await join([keyed, "another-keyed-id"])).swarm).toBe(keyed);
    expect((await join([keyed, SWARM])).swarm).toBe(SWARM);
    for (const odd of [undefined, [], [7], ["too short"], { 0: keyed }]) expect((await join(odd)).swarm).toBe(SWARM);
  });
});

test.each([
  ["the tracker's STUN servers, when the site names none", {}, [{ urls: ["stun:tracker.test:3478"] }]],
  ["those of the site, when it names some", { iceServers: [{ urls: "stun:own.test" }] }, [{ urls: "stun:own.test" }]],
  ["none, when the site wants none", { iceServers: [] }, []],
])("[TR47] [T22] ICE servers are %s", async (_what, rtc: RTCConfiguration, expected) => {
  const identity = createViewer("a");
  await identity.joined({ stun: ["stun:tracker.test:3478"] });
  let used: RTCConfiguration = {};
  const events = { signal: () => undefined, open: () => undefined, frame: () => undefined, closed: () => undefined };
  identity.peerLinks((options) => {
    used = options.rtc;
    return recorder().open(options);
  })({ peer: peerId("b"), initiator: true, rtc, connectTimeoutMs: 1, events });
  expect(used.iceServers).toEqual(expected);
});

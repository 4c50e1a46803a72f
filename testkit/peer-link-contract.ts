import { assert } from "../src/base/assert.ts";
import { FRAME_BYTES_MAX, FRAME_PAYLOAD_BYTES_MAX, SIGNAL_CHARS_MAX } from "../src/protocol/limits.ts";
import type { OpenPeerLink } from "../src/swarm/io/peer-link.ts";
import { connectPeerLinks, introducePeerLinks, ownPeerLinks, watchPeerLink } from "./watched-peer-link.ts";

/**
 * What every peer link does, whatever carries it. Free of any test runner, so that it runs in a page as well as in
 * Node: a clause fails by throwing.
 */
export const peerLinkContract: readonly PeerLinkClause[] = [
  {
    name: "two introduced links open, once each",
    async prove(open) {
      const { alice, bob } = await connectPeerLinks(open);
      assert(alice.log.filter((entry) => entry === "open").length === 1, "alice opened once");
      assert(bob.log.filter((entry) => entry === "open").length === 1, "bob opened once");
      for (const text of [...alice.signals, ...bob.signals])
        assert(text.length > 0 && text.length <= SIGNAL_CHARS_MAX, "a signal fits the tracker's limit");
    },
  },
  {
    name: "frames arrive whole, in order, as plain Uint8Arrays",
    async prove(open) {
      const { alice, bob } = await connectPeerLinks(open);
      const sizes = [1, 2, 1_000, FRAME_PAYLOAD_BYTES_MAX, FRAME_BYTES_MAX, 3];
      for (const size of sizes) alice.link.send(frameOf(size));
      await bob.until("six frames", () => bob.frames.length === sizes.length);
      bob.frames.forEach((frame, i) => {
        assert(Object.getPrototypeOf(frame) === Uint8Array.prototype, "a plain Uint8Array");
        assert(frame.byteLength === sizes[i], "frames keep order and length");
        assert(
          frame.every((byte, at) => byte === byteAt(at)),
          "frames keep their bytes",
        );
      });
    },
  },
  {
    name: "both directions at once",
    async prove(open) {
      const { alice, bob } = await connectPeerLinks(open);
      for (let i = 0; i < 20; i++) {
        alice.link.send(frameOf(FRAME_PAYLOAD_BYTES_MAX));
        bob.link.send(frameOf(100));
      }
      await bob.until("alice's frames", () => bob.frames.length === 20);
      await alice.until("bob's frames", () => alice.frames.length === 20);
    },
  },
  {
    name: "a frame may be sent as soon as a link is open, and comes after the other side's open",
    async prove(open) {
      const { alice, bob } = introducePeerLinks(open, {
        atOpen: (self) => {
          self.link.send(frameOf(7));
        },
      });
      await alice.until("a frame", () => alice.frames.length === 1);
      await bob.until("a frame", () => bob.frames.length === 1);
      assert(alice.log.indexOf("open") < alice.log.indexOf("frame"), "alice: open before frame");
      assert(bob.log.indexOf("open") < bob.log.indexOf("frame"), "bob: open before frame");
    },
  },
  {
    name: "what was sent just before close() arrives",
    async prove(open) {
      const { alice, bob } = await connectPeerLinks(open);
      for (let i = 0; i < 4; i++) alice.link.send(frameOf(FRAME_PAYLOAD_BYTES_MAX));
      alice.link.send(frameOf(5));
      alice.link.close();
      await bob.until("closed", () => bob.isClosed);
      assert(bob.frames.at(-1)?.byteLength === 5, "the last frame arrived");
      await alice.until("closed", () => alice.isClosed);
    },
  },
  {
    name: "close() closes both sides, exactly once, and nothing follows",
    async prove(open) {
      const { alice, bob } = await connectPeerLinks(open);
      alice.link.close();
      assert(!alice.isClosed, "closed is never said re-entrantly");
      alice.link.close();
      bob.link.send(frameOf(1));
      await alice.until("closed", () => alice.isClosed);
      await bob.until("closed", () => bob.isClosed);
      alice.link.close();
      bob.link.close();
      bob.link.send(frameOf(1));
      alice.link.signal("{}");
      // Another pair takes longer to connect than anything the closed one might still have to say.
      await connectPeerLinks(open);
      for (const side of [alice, bob]) {
        assert(side.log.filter((entry) => entry === "closed").length === 1, "closed once");
        assert(side.log.at(-1) === "closed", "nothing after closed");
      }
    },
  },
  {
    name: "closed before it opened",
    async prove(open) {
      const { alice, bob } = introducePeerLinks(open, { connectTimeoutMs: 1_000 });
      alice.link.close();
      await alice.until("closed", () => alice.isClosed);
      await bob.until("closed", () => bob.isClosed);
      assert(!alice.log.includes("open") && !bob.log.includes("open"), "neither opened");
    },
  },
  {
    name: "an answer that never comes ends in a timeout",
    async prove(open) {
      const alone = watchPeerLink(open, { initiator: true, connectTimeoutMs: 200 });
      await alone.until("closed", () => alone.isClosed);
      assert(!alone.log.includes("open"), "it never opened");
    },
  },
  {
    name: "garbage signals close their link and no other",
    async prove(open) {
      const { alice, bob } = await connectPeerLinks(open);
      for (const garbage of GARBAGE) {
        const victim = watchPeerLink(open, { initiator: false });
        victim.link.signal(garbage);
        assert(!victim.isClosed, "closed is never said re-entrantly");
        await victim.until(`closed after ${garbage.slice(0, 40)}`, () => victim.isClosed);
      }
      alice.link.send(frameOf(9));
      await bob.until("a frame", () => bob.frames.length === 1);
    },
  },
];

export interface PeerLinkClause {
  readonly name: string;
  prove(open: OpenPeerLink): Promise<void>;
}

/** Proves one clause and closes whatever it opened. */
export async function provePeerLinkClause(clause: PeerLinkClause, open: OpenPeerLink): Promise<void> {
  const own = ownPeerLinks(open);
  try {
    await clause.prove(own.open);
  } finally {
    await own.closeAll();
  }
}

const GARBAGE = [
  "",
  "not JSON",
  "null",
  "[]",
  "{}",
  '{"type":"offer"}',
  '{"type":"offer","sdp":7}',
  '{"type":"offer","sdp":"v=0\\r\\nm=application nonsense"}',
  '{"type":"rollback","sdp":""}',
  '{"type":"candidates","candidates":[{}]}',
  '{"type":"candidates","candidates":{}}',
  '{"renegotiate":true}',
  JSON.stringify({ type: "offer", sdp: "x".repeat(SIGNAL_CHARS_MAX) }),
];

const byteAt = (at: number): number => (at * 31 + (at >> 8)) & 0xff;
const frameOf = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, at) => byteAt(at));

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { networkInterfaces } from "node:os";
import { afterEach, describe, expect, test } from "vitest";
import {
  connectPeerLinks,
  hasCandidates,
  introducePeerLinks,
  ownPeerLinks,
  watchPeerLink,
} from "../../testkit/watched-peer-link.ts";
import type { OpenPeerLink } from "../swarm/io/peer-link.ts";
import { parsePeerSignal } from "../swarm/io/peer-signal.ts";
import { createSimplePeerLinks } from "../swarm/io/simple-peer-link.ts";
import { atAddress } from "./node-peer-connection.ts";
import { loadNodeWebRtc } from "./node-web-rtc.ts";

const plain = createSimplePeerLinks(await loadNodeWebRtc());
const { open, closeAll } = ownPeerLinks((options) => opened(options));
let opened: OpenPeerLink = plain;

const isReachable = await hasCandidates(open);
afterEach(closeAll);

/** A UDP port that is free now. */
async function freePort(): Promise<number> {
  const socket = createSocket("udp4").bind(0);
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}

const portsIn = (signals: readonly string[]): Set<string | undefined> =>
  new Set([...signals.join().matchAll(/candidate:\S+ 1 UDP \d+ \S+ (\d+) typ host/g)].map(([, port]) => port));

const typeOf = (signal: string): string => parsePeerSignal(signal).type;

describe.skipIf(!isReachable)("with candidates", { timeout: 30_000 }, () => {
  test.each([true, false])("[SE50] peers connect through one UDP port, whoever dials (we: %s)", async (weDial) => {
    const udpPort = await freePort();
    const placed = createSimplePeerLinks(await loadNodeWebRtc({ udpPort }));
    opened = (options) => (options.initiator === weDial ? placed : plain)(options);
    const pairs = await Promise.all([1, 2, 3].map(() => connectPeerLinks(open)));
    for (const { alice, bob } of pairs) {
      const [ours, theirs] = weDial ? [alice, bob] : [bob, alice];
      ours.link.send(new Uint8Array(1000));
      theirs.link.send(new Uint8Array(2000));
      await theirs.until("our frame", () => theirs.frames[0]?.byteLength === 1000);
      await ours.until("their frame", () => ours.frames[0]?.byteLength === 2000);
      await ours.until("candidates", () => portsIn(ours.signals).size > 0);
      expect([...portsIn(ours.signals)]).toEqual([String(udpPort)]);
    }
  });

  test("[SE50] peers are told the public address, once, and none of the machine's own of its family", async () => {
    const own = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
    opened = createSimplePeerLinks(await loadNodeWebRtc({ publicAddress: "1.2.3.4" }));
    const { alice } = introducePeerLinks(open);
    await alice.until("candidates", () => alice.signals.some((signal) => signal.includes(" typ host")));
    const told = alice.signals.join();
    expect(told.match(/ 1\.2\.3\.4 /g)).toHaveLength(1);
    for (const { address, family } of own) if (family === "IPv4") expect(told).not.toContain(` ${address} `);
  });

  test("[SE50] who offers tells its candidates after the answer, so that nobody calls before it knows them", async () => {
    opened = plain;
    const alice = watchPeerLink(open, {
      initiator: true,
      atSignal: (signal) => {
        bob.link.signal(signal);
      },
    });
    const bob = watchPeerLink(open, { initiator: false });
    await bob.until("an answer and candidates", () => bob.signals.length > 1);
    expect(alice.signals.map(typeOf)).toEqual(["offer"]);
    for (const signal of bob.signals) alice.link.signal(signal);
    await alice.until("open", () => alice.log.includes("open"));
    await alice.until("candidates", () => alice.signals.length > 1);
    expect(alice.signals.map(typeOf)).toEqual(["offer", "candidates"]);
  });

  test("candidates read as a browser's do: where private addresses are hidden, public ones are told", async () => {
    opened = createSimplePeerLinks(await loadNodeWebRtc({ publicAddress: "1.2.3.4" }), false);
    const { alice } = introducePeerLinks(open);
    await alice.until("candidates", () => alice.signals.some((signal) => signal.includes("1.2.3.4")));
    expect(alice.signals.join()).toContain('"candidate:');
  });
});

test.each([
  ["10.0.0.5 4000 typ host", "198.51.100.7", "198.51.100.7 4000 typ host"],
  ["fd00::2 4000 typ host", "198.51.100.7", "fd00::2 4000 typ host"],
  ["fd00::2 4000 typ host", "2001:db8::7", "2001:db8::7 4000 typ host"],
  [
    "203.0.113.9 4000 typ srflx raddr 0.0.0.0 rport 0",
    "198.51.100.7",
    "203.0.113.9 4000 typ srflx raddr 0.0.0.0 rport 0",
  ],
])("%s behind %s", (candidate, address, expected) => {
  const head = "candidate:1 1 UDP 2114977791 ";
  expect(atAddress(head + candidate, address)).toBe(head + expected);
});

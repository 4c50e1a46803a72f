import { afterEach, describe, expect, test, vi } from "vitest";
import { NodePeerConnection, nodeWebRtc } from "../../headless/node-peer-connection.ts";
import { openNodePeerLinks } from "../../../testkit/node-peer-links.ts";
import { peerLinkContract, provePeerLinkClause } from "../../../testkit/peer-link-contract.ts";
import {
  connectPeerLinks,
  introducePeerLinks,
  watchPeerLink,
  type WatchedPeerLink,
} from "../../../testkit/watched-peer-link.ts";
import type { PeerId } from "../../protocol/ids.ts";
import { FRAME_BYTES_MAX } from "../../protocol/limits.ts";
import { parsePeerSignal } from "./peer-signal.ts";
import { createSimplePeerLinks, openSimplePeerLink } from "./simple-peer-link.ts";

const { open, closeAll, isReachable } = await openNodePeerLinks();

afterEach(async () => {
  await closeAll();
  vi.unstubAllGlobals();
});

describe.skipIf(!isReachable)("over node-datachannel", { timeout: 30_000 }, () => {
  for (const clause of peerLinkContract) test(clause.name, () => provePeerLinkClause(clause, open));

  test("a message that is no frame closes the link", async () => {
    const messages: ((channel: RTCDataChannel) => void)[] = [
      (channel) => channel.send("text"),
      (channel) => channel.send(new Uint8Array(FRAME_BYTES_MAX + 1)),
    ];
    for (const send of messages) {
      const { watched, channel, stranger } = await connectStranger();
      send(channel);
      await watched.until("closed", () => watched.isClosed);
      expect(watched.closeReason).toBe("not a frame");
      expect(watched.frames).toEqual([]);
      stranger.close();
    }
  });

  test("a second description closes the link", async () => {
    const { alice, bob } = await connectPeerLinks(open);
    const offer = alice.signals.find((text) => parsePeerSignal(text).type === "offer") ?? "";
    bob.link.signal(offer);
    await bob.until("closed", () => bob.isClosed);
    expect(bob.closeReason).toBe("bad signal: unexpected offer");
    await alice.until("closed", () => alice.isClosed);
  });

  test("the page going away closes open links at once; one listener, gone with the last link", async () => {
    const listeners = new Set<() => void>();
    vi.stubGlobal(
      "addEventListener",
      (type: string, listener: () => void) => type === "pagehide" && listeners.add(listener),
    );
    vi.stubGlobal("removeEventListener", (_type: string, listener: () => void) => listeners.delete(listener));
    const first = await connectPeerLinks(open);
    const second = await connectPeerLinks(open);
    const sides = [first.alice, first.bob, second.alice, second.bob];
    expect(listeners.size).toBe(1);
    first.alice.link.close();
    for (const hide of listeners) hide();
    for (const side of sides) await side.until("closed", () => side.isClosed);
    expect(second.alice.closeReason).toBe("page hidden");
    expect(listeners.size).toBe(0);
  });

  test("a hundred pairs opened and closed leave no connection and no timer", async () => {
    const connections = new Set<NodePeerConnection>();
    class CountedConnection extends NodePeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        connections.add(this);
      }
    }
    const openCounted = createSimplePeerLinks({ ...nodeWebRtc, RTCPeerConnection: CountedConnection });
    const timersBefore = activeTimers();
    for (let round = 0; round < 10; round++) {
      const pairs = Array.from({ length: 10 }, () => introducePeerLinks(openCounted, { connectTimeoutMs: 3_000 }));
      const sides = pairs.flatMap(({ alice, bob }) => [alice, bob]);
      for (const side of sides) await side.until("open or closed", () => side.log.includes("open") || side.isClosed);
      for (const { alice } of pairs) alice.link.close();
      for (const side of sides) await side.until("closed", () => side.isClosed);
    }
    expect(connections.size).toBe(200);
    expect([...connections].filter((connection) => connection.connectionState !== "closed")).toEqual([]);
    await vi.waitFor(() => {
      expect(activeTimers()).toBeLessThanOrEqual(timersBefore);
    });
  });
});

describe("before any connection", () => {
  test("ICE servers are the site's, or none at all: never simple-peer's own", async () => {
    const configurations: (RTCConfiguration | undefined)[] = [];
    class WatchedConnection extends NodePeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        configurations.push(configuration);
      }
    }
    const openWatched = createSimplePeerLinks({ ...nodeWebRtc, RTCPeerConnection: WatchedConnection });
    const events = { signal: vi.fn(), open: vi.fn(), frame: vi.fn(), closed: vi.fn() };
    const iceServers = [{ urls: ["stun:stun.example.org"] }];
    for (const rtc of [{}, { iceServers }])
      openWatched({ peer: PEER, initiator: true, rtc, connectTimeoutMs: 5_000, events }).close();
    await vi.waitFor(() => {
      expect(events.closed).toHaveBeenCalledTimes(2);
    });
    expect(configurations.map((configuration) => configuration?.iceServers)).toEqual([[], iceServers]);
  });

  test("whoever offers accepts no offer, whoever answers no answer", async () => {
    for (const initiator of [true, false]) {
      const watched = watchPeerLink(open, { initiator });
      watched.link.signal(JSON.stringify({ type: initiator ? "offer" : "answer", sdp: DATA_CHANNEL_SDP }));
      await watched.until("closed", () => watched.isClosed);
      expect(watched.closeReason).toMatch(/unexpected (offer|answer)/);
    }
  });

  test("[TR75] [T11] outside LAN mode a private address is not tried, and a description names none", async () => {
    const tried: string[] = [];
    class WatchedConnection extends NodePeerConnection {
      override async addIceCandidate(candidate: RTCIceCandidateInit): Promise<void> {
        tried.push(candidate.candidate ?? "");
        return super.addIceCandidate(candidate);
      }
    }
    const strict = createSimplePeerLinks({ ...nodeWebRtc, RTCPeerConnection: WatchedConnection }, false);
    const alice = watchPeerLink(strict, { initiator: true });
    const bob = watchPeerLink(strict, { initiator: false });
    await alice.until("an offer", () => alice.signals.length > 0);
    const offer = alice.signals[0] ?? "";
    expect(offer).toContain("c=IN IP4 0.0.0.0");
    expect(offer).not.toContain("candidate:");
    bob.link.signal(offer);
    const candidates = ["192.168.1.1", "printer.local", "203.0.113.9"].map((address) => ({
      ...{ candidate: `candidate:1 1 UDP 1 ${address} 9 typ host`, sdpMid: "0", sdpMLineIndex: 0 },
    }));
    bob.link.signal(JSON.stringify({ type: "candidates", candidates }));
    await vi.waitFor(() => {
      expect(tried).toEqual(["candidate:1 1 UDP 1 203.0.113.9 9 typ host"]);
    });
    for (const side of [alice, bob]) side.link.close();
    for (const side of [alice, bob]) await side.until("closed", () => side.isClosed);
  });

  test("a flood of candidates closes the link", async () => {
    const watched = watchPeerLink(open, { initiator: true });
    const candidate = { candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host", sdpMid: "0", sdpMLineIndex: 0 };
    const candidates = Array.from({ length: 16 }, () => candidate);
    for (let i = 0; i < 5; i++) watched.link.signal(JSON.stringify({ type: "candidates", candidates }));
    await watched.until("closed", () => watched.isClosed);
    expect(watched.closeReason).toBe("bad signal: too many candidates");
  });

  test("where there is no WebRTC a link closes, later and once", async () => {
    const watched = watchPeerLink(openSimplePeerLink, { initiator: true });
    expect(watched.log).toEqual([]);
    await watched.until("closed", () => watched.isClosed);
    watched.link.signal("{}");
    watched.link.send(new Uint8Array(1));
    watched.link.close();
    expect(watched.log).toEqual(["closed"]);
  });
});

test("a path that stays disconnected closes the link; one that recovers does not", async () => {
  vi.useFakeTimers();
  try {
    const connection = new (class {
      iceConnectionState = "new";
      oniceconnectionstatechange: () => void = () => undefined;
      createDataChannel = (): object => ({ close: () => undefined });
      close = (): void => undefined;
      become(state: string): void {
        this.iceConnectionState = state;
        this.oniceconnectionstatechange();
      }
    })();
    const RTCPeerConnection = function (): object {
      return connection;
    };
    const closed = vi.fn();
    createSimplePeerLinks({ ...nodeWebRtc, RTCPeerConnection })({
      peer: PEER,
      initiator: false,
      rtc: {},
      connectTimeoutMs: 60_000,
      events: { signal: vi.fn(), open: vi.fn(), frame: vi.fn(), closed },
    });
    connection.become("disconnected");
    await vi.advanceTimersByTimeAsync(3_000);
    connection.become("connected");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(closed).not.toHaveBeenCalled();
    connection.become("disconnected");
    await vi.advanceTimersByTimeAsync(5_000);
    expect(closed.mock.calls).toEqual([["disconnected"]]);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

const PEER = "peer------" as PeerId;

const DATA_CHANNEL_SDP = "v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n";

const activeTimers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;

/** One link of ours that answers, connected to somebody who speaks WebRTC but not our protocol. */
async function connectStranger(): Promise<{
  readonly watched: WatchedPeerLink;
  readonly channel: RTCDataChannel;
  readonly stranger: NodePeerConnection;
}> {
  const stranger = new NodePeerConnection();
  const channel = stranger.createDataChannel("stranger");
  const watched: WatchedPeerLink = watchPeerLink(open, {
    initiator: false,
    atSignal: (text) => {
      const signal = parsePeerSignal(text);
      if (signal.type !== "candidates") void stranger.setRemoteDescription(signal);
      else for (const candidate of signal.candidates) void stranger.addIceCandidate(candidate);
    },
  });
  await stranger.setLocalDescription(await stranger.createOffer());
  await vi.waitFor(() => {
    expect(stranger.iceGatheringState).toBe("complete");
  });
  const { type, sdp } = stranger.localDescription;
  watched.link.signal(JSON.stringify({ type, sdp }));
  const candidates = stranger.ext_localCandidates.map(({ candidate }) => ({
    candidate,
    sdpMid: "0",
    sdpMLineIndex: 0,
  }));
  watched.link.signal(JSON.stringify({ type: "candidates", candidates }));
  await watched.until("open", () => watched.log.includes("open"));
  await vi.waitFor(() => {
    expect(channel.readyState).toBe("open");
  });
  return { watched, channel, stranger };
}

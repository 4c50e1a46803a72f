import { expect, test } from "vitest";
import { hideAddresses, isLanHost } from "./peer-address.ts";

const candidate = (address: string, rest = "typ host"): string =>
  `candidate:1 1 udp 2113937151 ${address} 5000 ${rest} generation 0 ufrag abcd`;

const told = (text: string, lan = false): string[] => {
  const candidates = [{ candidate: text, sdpMid: "0", sdpMLineIndex: 0 }];
  const signal = hideAddresses({ type: "candidates", candidates }, lan);
  return signal.type === "candidates" ? signal.candidates.map((one) => one.candidate) : [];
};

test.each([
  "10.1.2.3",
  "127.0.0.1",
  "0.0.0.0",
  "169.254.1.1",
  "172.16.0.1",
  "172.31.255.1",
  "192.168.178.20",
  "100.64.0.1",
  "100.127.1.1",
  "224.0.0.251",
  "255.255.255.255",
  "::1",
  "::",
  "fe80::1",
  "fd12:3456::1",
  "fc00::1",
  "ff02::fb",
  "::ffff:192.168.1.1",
  "::ffff:203.0.113.1",
  "64:ff9b::1",
  "9b36eaac-bb2e-49bb-bb78-21c41c499900.local",
  "router.example.com",
])("[TR75] [T11] %s is told and tried in LAN mode alone", (address) => {
  for (const type of ["host", "srflx raddr 0.0.0.0 rport 0", "relay raddr 0.0.0.0 rport 0"]) {
    const text = candidate(address, `typ ${type}`);
    expect(told(text)).toEqual([]);
    expect(told(text, true)).toEqual([text]);
  }
});

test.each([
  "203.0.113.7",
  "172.32.0.1",
  "100.128.0.1",
  "192.169.0.1",
  "11.0.0.1",
  "223.1.1.1",
  "2001:db8::1",
  "3fff::1",
])("[TR75] %s is what a STUN server would show, and stays", (address) => {
  expect(told(candidate(address))).toEqual([candidate(address)]);
});

test("[TR75] [T11] what a candidate was learned through is not told, in LAN mode neither", () => {
  for (const [type, related] of [
    ["srflx", "192.168.1.2 rport 50000"],
    ["relay", "198.51.100.3 rport 50000"],
    ["srflx", "fe80::1 rport 1"],
  ]) {
    const bare = candidate("203.0.113.7", `typ ${String(type)} raddr 0.0.0.0 rport 0`);
    const text = candidate("203.0.113.7", `typ ${String(type)} raddr ${String(related)}`);
    expect(told(text)).toEqual([bare]);
    expect(told(text, true)).toEqual([bare]);
  }
});

test.each([
  "",
  "candidate:1 1 udp 1",
  "candidate:1 1 udp 1 10.0.0.1\t203.0.113.7 5000 typ host",
  "candidate:1\t1 udp 1 203.0.113.7 5000 typ host",
  " candidate:1 1 udp 1 203.0.113.7 5000 typ host",
])("what is not written as RFC 8839 has it is no candidate: %j", (text) => {
  expect(told(text)).toEqual([]);
});

test("[TR75] [T11] a description names no address, in whatever case its lines are", () => {
  const lines = [
    "v=0",
    "o=- 1 2 IN IP4 127.0.0.1",
    "m=application 50000 UDP/DTLS/SCTP webrtc-datachannel",
    "c=IN IP4 192.168.1.2",
    `a=${candidate("192.168.1.2")}`,
    `a=${candidate("203.0.113.7").replace("candidate", "Candidate")}`,
    "a=end-of-candidates",
    "a=fingerprint:sha-256 AB:CD",
    "",
  ];
  for (const lan of [true, false])
    for (const newline of ["\r\n", "\n"]) {
      const bare = [...lines.slice(0, 3), "c=IN IP4 0.0.0.0", ...lines.slice(7)];
      const signal = hideAddresses({ type: "offer", sdp: lines.join(newline) }, lan);
      expect(signal).toEqual({ type: "offer", sdp: bare.join(newline) });
    }
});

test.each([
  ["localhost", true],
  ["app.localhost", true],
  ["media-server.local", true],
  ["127.0.0.1", true],
  ["192.168.0.10", true],
  ["[::1]", true],
  ["[fd00::1]", true],
  ["", false],
  ["example.com", false],
  ["local.example.com", false],
  ["notlocalhost.example", false],
  ["203.0.113.7", false],
  ["[2001:db8::1]", false],
])("[TR75] a page of %s is one of a private network: %s", (host, lan) => {
  expect(isLanHost(host)).toBe(lan);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { SIGNAL_CHARS_MAX } from "../../protocol/limits.ts";
import { ProtocolError } from "../../protocol/protocol-error.ts";
import { CANDIDATES_PER_SIGNAL_MAX, encodePeerSignal, parsePeerSignal, type PeerSignal } from "./peer-signal.ts";

const SDP =
  "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n";
const CANDIDATE = { candidate: "candidate:1 1 udp 2113937151 192.0.2.1 5000 typ host", sdpMid: "0", sdpMLineIndex: 0 };

test("what is encoded is parsed back", () => {
  const signals: readonly PeerSignal[] = [
    { type: "offer", sdp: SDP },
    { type: "answer", sdp: SDP },
    { type: "candidates", candidates: [] },
    {
      type: "candidates",
      candidates: [CANDIDATE, { ...CANDIDATE, sdpMid: null }, { ...CANDIDATE, sdpMLineIndex: null }],
    },
  ];
  for (const signal of signals) expect(parsePeerSignal(encodePeerSignal(signal))).toEqual(signal);
});

test("no text makes the parser do anything but return or throw its own error", () => {
  const nearlySignals = fc.json().map((json) => `{"type":"candidates","candidates":[${json}]}`);
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), nearlySignals), (text) => {
      try {
        parsePeerSignal(text);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }),
  );
});

test.each([
  ["media beside the data channel", { type: "offer", sdp: `${SDP}m=video 9 UDP/TLS/RTP/SAVPF 96\r\n` }, "sdp"],
  ["no data channel", { type: "answer", sdp: "v=0\r\n" }, "sdp"],
  ["no description", { type: "offer" }, "sdp"],
  ["another kind of signal", { type: "renegotiate", renegotiate: true }, "type"],
  ["no list", { type: "candidates", candidates: CANDIDATE }, "candidates"],
  ["not objects", { type: "candidates", candidates: [null] }, "candidates"],
  [
    "nothing to add it to",
    { type: "candidates", candidates: [{ ...CANDIDATE, sdpMid: null, sdpMLineIndex: null }] },
    "candidates",
  ],
  ["a number as text", { type: "candidates", candidates: [{ ...CANDIDATE, sdpMLineIndex: "0" }] }, "candidates"],
  [
    "too many",
    { type: "candidates", candidates: Array.from({ length: CANDIDATES_PER_SIGNAL_MAX + 1 }, () => CANDIDATE) },
    "candidates",
  ],
])("refused: %s", (_name, signal, field) => {
  expect(() => parsePeerSignal(JSON.stringify(signal))).toThrow(
    expect.objectContaining({ name: "ProtocolError", field }),
  );
});

test("refused: longer than a tracker carries", () => {
  const sdp = SDP.padEnd(SIGNAL_CHARS_MAX, "x");
  expect(() => parsePeerSignal(JSON.stringify({ type: "offer", sdp }))).toThrow(
    expect.objectContaining({ code: "too-long" }),
  );
});

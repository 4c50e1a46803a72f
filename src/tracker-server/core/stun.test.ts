import fc from "fast-check";
import { expect, test } from "vitest";
import { answerBinding, type StunSource } from "./stun.ts";

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replace(/\s/g, ""), "hex"));
const hex = (answer: Uint8Array | undefined): string => Buffer.from(answer ?? []).toString("hex");

/** The transaction of all samples of RFC 5769. */
const COOKIE_AND_ID = "2112a442 b7e7a701 bc34d686 fa87dfae";
const request = (attributes = "", length = bytes(attributes).byteLength): Uint8Array =>
  bytes(`0001 ${length.toString(16).padStart(4, "0")} ${COOKIE_AND_ID} ${attributes}`);

const IPV4: StunSource = { address: bytes("c0000201"), port: 32_853 };
const IPV6: StunSource = { address: bytes("20010db8 12345678 00112233 44556677"), port: 32_853 };

test("[TK80] the mapped addresses of RFC 5769 section 2.2 and 2.3", () => {
  expect(hex(answerBinding(request(), IPV4))).toBe(
    hex(bytes(`0101 000c ${COOKIE_AND_ID} 0020 0008 0001 a147 e112a643`)),
  );
  expect(hex(answerBinding(request(), IPV6))).toBe(
    hex(bytes(`0101 0018 ${COOKIE_AND_ID} 0020 0014 0002 a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9`)),
  );
});

test("[TK80] what may be ignored is ignored, and nothing of it comes back", () => {
  const software = "8022 0010 5354554e 20746573 7420636c 69656e74";
  const fingerprint = "8028 0004 e57a3bcf";
  expect(answerBinding(request(software + fingerprint), IPV4)).toEqual(answerBinding(request(), IPV4));
  expect(answerBinding(request("8022 0001 61000000"), IPV4)).toEqual(answerBinding(request(), IPV4));
});

/** RFC 5769 section 2.1: a check between peers, with user name and integrity. */
const SAMPLE_REQUEST = bytes(
  `0001 0058 ${COOKIE_AND_ID} 8022 0010 5354554e 20746573 7420636c 69656e74 0024 0004 6e0001ff
   8029 0008 932ff9b1 51263b36 0006 0009 6576746a 3a683676 59202020
   0008 0014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2 8028 0004 e57a3bcf`,
);

test.each([
  ["nothing", new Uint8Array(0)],
  ["a header cut short", request().subarray(0, 19)],
  ["RFC 3489, which has no cookie", bytes(`0001 0000 00000000 ${"00".repeat(12)}`)],
  ["a response", bytes(`0101 0000 ${COOKIE_AND_ID}`)],
  ["an indication", bytes(`0011 0000 ${COOKIE_AND_ID}`)],
  ["TURN's Allocate", bytes(`0003 0000 ${COOKIE_AND_ID}`)],
  ["a length that is not its own", request("", 4)],
  ["an attribute that runs over the end", request("8022 0008 61626364")],
  ["an attribute cut short", request("8022")],
  ["CHANGE-REQUEST, which would have it answer elsewhere", request("0003 0004 00000006")],
  ["RESPONSE-PORT, too", request("0027 0004 00500000")],
  ["credentials, of a check between peers", SAMPLE_REQUEST],
  ["more than any browser says", request(`8022 0100 ${"61".repeat(256)}`)],
])("[TK80] not answered: %s", (_what, datagram) => {
  expect(answerBinding(datagram, IPV4)).toBeUndefined();
});

test("[TK80] [T15] whatever comes, the answer is the one or none, and never much longer than what was asked", () => {
  const mutated = fc.tuple(fc.uint8Array({ maxLength: 60 }), fc.nat(59), fc.nat(255)).map(([tail, at, byte]) => {
    const datagram = Uint8Array.from([...request(), ...tail]);
    if (at < datagram.byteLength) datagram[at] = byte;
    return datagram;
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 600 }), mutated), (datagram) => {
      const answer = answerBinding(datagram, IPV6);
      if (!answer) return;
      expect(answer.byteLength).toBe(44);
      expect([...datagram.subarray(0, 2)]).toEqual([0, 1]);
      expect(answer.subarray(4, 20)).toEqual(datagram.subarray(4, 20));
    }),
    { numRuns: 2_000 },
  );
});

import { expect, test } from "vitest";
import { Admission, type AdmissionRefusal, type Entry } from "./admission.ts";
import { TRACKER_LIMITS } from "./options.ts";

const LIMITS = {
  ...TRACKER_LIMITS,
  connectionsMax: 4,
  connectionsPerAddressMax: 2,
  upgradesPerAddress: { burst: 3, perSecond: 1 },
  messagesPerAddress: { burst: 3, perSecond: 1 },
  floodPenaltyMs: 2_000,
  memoryBytesMax: 1_000,
};

/** Opens a socket of an address that is alone in its prefix. */
const openAlone = (admission: Admission, now: number, address: string): Entry | AdmissionRefusal =>
  admission.open(now, address, `around ${address}`, undefined);

function entryOf(answer: Entry | AdmissionRefusal): Entry {
  if (typeof answer === "string") throw new Error(`refused: ${answer}`);
  return answer;
}

test("[TK60] an address gets so many sockets, and others go on", () => {
  const admission = new Admission(LIMITS);
  const first = entryOf(openAlone(admission, 0, "a"));
  entryOf(openAlone(admission, 0, "a"));
  expect(openAlone(admission, 0, "a")).toBe("address-full");
  entryOf(openAlone(admission, 0, "b"));
  admission.close(0, first);
  entryOf(openAlone(admission, 1_000, "a"));
});

test("[TK60] opening and closing without end runs into the rate", () => {
  const admission = new Admission(LIMITS);
  for (let n = 0; n < 3; n++) admission.close(0, entryOf(openAlone(admission, 0, "a")));
  expect(openAlone(admission, 0, "a")).toBe("address-rate");
  entryOf(openAlone(admission, 1_000, "a"));
});

test("[TK60] the addresses of one prefix share its sockets and its rate", () => {
  const admission = new Admission({
    ...LIMITS,
    connectionsPerPrefixMax: 2,
    upgradesPerPrefix: { burst: 3, perSecond: 1 },
  });
  const open = (now: number, address: string): Entry | AdmissionRefusal =>
    admission.open(now, address, "campus", undefined);
  const first = entryOf(open(0, "a"));
  entryOf(open(0, "b"));
  expect(open(0, "c")).toBe("prefix-full");
  admission.close(0, first);
  expect(open(0, "d")).toBe("prefix-rate");
  expect(admission.open(0, "e", "elsewhere", undefined)).toBeTypeOf("object");
  expect(open(1_000, "d")).toBeTypeOf("object");
});

test("an address that was refused for its prefix is not remembered", () => {
  const admission = new Admission({ ...LIMITS, connectionsPerPrefixMax: 1 });
  admission.open(0, "a", "campus", undefined);
  for (let n = 0; n < 100; n++) expect(admission.open(0, `b${String(n)}`, "campus", undefined)).toBe("prefix-full");
  expect(admission.addressCount).toBe(1);
});

test("[TK65] the process has its own bound", () => {
  const admission = new Admission(LIMITS);
  for (const address of ["a", "b", "c", "d"]) entryOf(openAlone(admission, 0, address));
  expect(openAlone(admission, 0, "e")).toBe("process-full");
});

test("only listed sites may connect, when there is a list", () => {
  const admission = new Admission({ ...LIMITS, allowOrigins: ["https://example.com"] });
  const from = (origin: string | undefined): Entry | AdmissionRefusal => admission.open(0, "a", "around a", origin);
  expect(from("https://evil.example")).toBe("origin");
  expect(from("https://example.com.evil.example")).toBe("origin");
  expect(from("null")).toBe("origin");
  expect(from(undefined)).toBe("origin");
  expect(from("HTTPS://Example.com")).toBeTypeOf("object");
});

test("[TK63] an address that flooded gets no new socket for a while, and others do", () => {
  const admission = new Admission(LIMITS);
  const flooder = entryOf(openAlone(admission, 0, "a"));
  admission.punish(0, flooder.address);
  admission.close(0, flooder);
  expect(openAlone(admission, 1_999, "a")).toBe("address-penalty");
  entryOf(openAlone(admission, 1_999, "b"));
  entryOf(openAlone(admission, 2_000, "a"));
});

test("[TK65] short of memory nobody new comes in, until there is clearly room again", () => {
  const admission = new Admission(LIMITS);
  const answers = [899, 900, 850, 801, 799, 850].map((bytes) => {
    admission.noteMemory(bytes);
    const answer = openAlone(admission, 0, String(bytes));
    if (typeof answer === "string") return answer;
    admission.close(0, answer);
    return "in";
  });
  expect(answers).toEqual(["in", "memory-full", "memory-full", "memory-full", "in", "in"]);
});

test("an address without sockets is forgotten once that forgives nothing", () => {
  const admission = new Admission(LIMITS);
  admission.close(500, entryOf(openAlone(admission, 0, "a")));
  admission.forgetIdle(3_499);
  expect(admission.addressCount).toBe(1);
  admission.forgetIdle(3_500);
  expect(admission.addressCount).toBe(0);
});

test("addresses that come once and never again do not fill the memory", () => {
  const admission = new Admission(LIMITS);
  for (let n = 0; n < 100_100; n++) admission.close(n, entryOf(openAlone(admission, n, String(n))));
  expect(admission.addressCount).toBe(100_000);
});

import { expect, test } from "vitest";
import { Admission } from "./admission.ts";
import { TRACKER_LIMITS } from "./options.ts";

const LIMITS = {
  ...TRACKER_LIMITS,
  connectionsMax: 4,
  connectionsPerAddressMax: 2,
  upgradesPerAddress: { burst: 3, perSecond: 1 },
};

test("an address gets so many sockets, and others go on", () => {
  const admission = new Admission(LIMITS);
  expect(admission.open(0, "a", undefined)).toBeUndefined();
  expect(admission.open(0, "a", undefined)).toBeUndefined();
  expect(admission.open(0, "a", undefined)).toBe("address-full");
  expect(admission.open(0, "b", undefined)).toBeUndefined();
  admission.close(0, "a");
  expect(admission.open(1_000, "a", undefined)).toBeUndefined();
});

test("opening and closing without end runs into the rate", () => {
  const admission = new Admission(LIMITS);
  for (let n = 0; n < 3; n++) {
    expect(admission.open(0, "a", undefined)).toBeUndefined();
    admission.close(0, "a");
  }
  expect(admission.open(0, "a", undefined)).toBe("address-rate");
  expect(admission.open(1_000, "a", undefined)).toBeUndefined();
});

test("the process has its own bound", () => {
  const admission = new Admission(LIMITS);
  for (const address of ["a", "b", "c", "d"]) expect(admission.open(0, address, undefined)).toBeUndefined();
  expect(admission.open(0, "e", undefined)).toBe("process-full");
});

test("only listed sites may connect, when there is a list", () => {
  const admission = new Admission({ ...LIMITS, allowOrigins: ["https://example.com"] });
  expect(admission.open(0, "a", "https://evil.example")).toBe("origin");
  expect(admission.open(0, "a", "https://example.com.evil.example")).toBe("origin");
  expect(admission.open(0, "a", "null")).toBe("origin");
  expect(admission.open(0, "a", undefined)).toBe("origin");
  expect(admission.open(0, "a", "HTTPS://Example.com")).toBeUndefined();
});

test("an address without sockets is forgotten once that forgives nothing", () => {
  const admission = new Admission(LIMITS);
  admission.open(0, "a", undefined);
  admission.close(500, "a");
  admission.forgetIdle(3_499);
  expect(admission.addressCount).toBe(1);
  expect(admission.nextExpiry()).toBe(3_500);
  admission.forgetIdle(3_500);
  expect(admission.addressCount).toBe(0);
});

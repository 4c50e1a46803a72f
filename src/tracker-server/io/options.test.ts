import { totalmem } from "node:os";
import { expect, test } from "vitest";
import { OptionError } from "../../base/option-error.ts";
import { TRACKER_LIMITS } from "../core/options.ts";
import { memoryBytesOfMachine } from "./memory.ts";
import { limitsOf } from "./options.ts";

test("what is not set has its default, what is set counts", () => {
  expect(limitsOf({})).toEqual({ ...TRACKER_LIMITS, memoryBytesMax: memoryBytesOfMachine() });
  expect(memoryBytesOfMachine()).toBeLessThan(totalmem());
  expect(limitsOf({ port: 0, connectionsMax: 7 })).toMatchObject({ connectionsMax: 7, swarmsMax: 50_000 });
});

test("a limit that is no limit is refused, and named", () => {
  expect(() => limitsOf({ connectionsMax: 0 })).toThrow(/^connectionsMax must be above 0$/);
  expect(() => limitsOf({ joinWithinMs: NaN })).toThrow(OptionError);
  expect(() => limitsOf({ messages: { burst: 10, perSecond: 0 } })).toThrow(/^messages must/);
});

test("an origin is taken as browsers send it, whatever way it is written", () => {
  expect(
    limitsOf({ allowOrigins: ["https://Example.com/", "http://localhost:8080/x", "https://a.example:443"] }),
  ).toMatchObject({
    allowOrigins: ["https://example.com", "http://localhost:8080", "https://a.example"],
  });
});

test.each(["example.com", "null", "*", "file:///x", ""])('"%s" is no origin', (origin) => {
  expect(() => limitsOf({ allowOrigins: [origin] })).toThrow(`not "${origin}"`);
});

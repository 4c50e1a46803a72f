import { describe, expect, test } from "vitest";
import { SIGNAL_CHARS_MAX, TRACKER_MESSAGE_CHARS_MAX } from "./limits.ts";
import { ProtocolError } from "./protocol-error.ts";
import { encodeTrackerMessage, parseTrackerToViewer, parseViewerToTracker } from "./tracker-codec.ts";
import type { TrackerToViewer, ViewerToTracker } from "./tracker-message.ts";
import bad from "./vectors/tracker-bad.json" with { type: "json" };
import good from "./vectors/tracker-good.json" with { type: "json" };

/** Does not compile while a type is missing. */
const TYPES: Record<ViewerToTracker["type"] | TrackerToViewer["type"], true> = {
  join: true,
  need: true,
  signal: true,
  update: true,
  report: true,
  hashes: true,
  accuse: true,
  leave: true,
  joined: true,
  peers: true,
  assign: true,
  attested: true,
  off: true,
  gone: true,
  error: true,
  drain: true,
  redirect: true,
};

describe("golden messages", () => {
  for (const { name, rule, direction, text, message } of good.vectors) {
    test(`[${rule}] ${name}`, () => {
      const parsed = parse(direction, text);
      expect(parsed).toStrictEqual(message);
      expect(encodeTrackerMessage(parsed)).toBe(text);
    });
  }

  for (const { name, rule, direction, text, message } of good.tolerated) {
    test(`[${rule}] ${name}`, () => {
      expect(parse(direction, text)).toStrictEqual(message);
    });
  }

  for (const { name, rule, direction, text, code, field } of bad.vectors) {
    test(`[${rule}] refused from ${direction}: ${name}`, () => {
      const error = errorOf(direction, text);
      expect({ code: error.code, field: error.field }).toEqual({ code, field });
    });
  }

  test("every type has a good message, a signal in both directions", () => {
    expect(new Set(good.vectors.map(({ message }) => message.type))).toEqual(new Set(Object.keys(TYPES)));
    const signals = good.vectors.filter(({ message }) => message.type === "signal");
    expect(new Set(signals.map(({ direction }) => direction)).size).toBe(2);
  });

  test("no two vectors of a direction share a name", () => {
    const all = [...good.vectors, ...good.tolerated, ...bad.vectors];
    expect(new Set(all.map(({ direction, name }) => `${direction} ${name}`)).size).toBe(all.length);
  });
});

test("[TR16] an error names the field and says how to mend it", () => {
  const need = '{"type":"need","connected":0,"peersWanted":';
  expect(errorOf(TO_TRACKER, `${need}"many"}`).message).toBe("peersWanted must be an integer from 0 to 16");
  expect(errorOf(TO_TRACKER, '{"type":"need","connected":0}').message).toBe(
    "peersWanted is missing: it must be an integer from 0 to 16",
  );
  expect(errorOf(TO_TRACKER, '{"type":"scrape"}').message).toBe(
    "type must be join, need, update, report, hashes, accuse or leave",
  );
});

test("[TR2] a message of the largest size passes, one character more does not", () => {
  const padded = (chars: number): string => '{"type":"leave"}'.padEnd(chars);
  expect(parseViewerToTracker(padded(TRACKER_MESSAGE_CHARS_MAX))).toEqual({ type: "leave" });
  expect(errorOf(TO_TRACKER, padded(TRACKER_MESSAGE_CHARS_MAX + 1)).code).toBe("too-long");
});

test("[TR10] a signal of the largest size passes, one character more does not", () => {
  const signal = (chars: number): string => `SAbCdEf_-09${"s".repeat(chars)}`;
  expect(parseViewerToTracker(signal(SIGNAL_CHARS_MAX))).toMatchObject({ type: "signal" });
  expect(errorOf(TO_TRACKER, signal(SIGNAL_CHARS_MAX + 1))).toMatchObject({ code: "bad-field", field: "signal" });
});

const TO_TRACKER = "viewer-to-tracker";

function parse(direction: string, text: string): ViewerToTracker | TrackerToViewer {
  return direction === TO_TRACKER ? parseViewerToTracker(text) : parseTrackerToViewer(text);
}

function errorOf(direction: string, text: string): ProtocolError {
  try {
    parse(direction, text);
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
  throw new Error("was accepted");
}

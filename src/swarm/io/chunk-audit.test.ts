import { expect, test } from "vitest";
import type { Logger } from "../../base/logger.ts";
import { segmentIdOf, trackIdOf } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import type { SwarmEvent } from "../core/event.ts";
import { auditChunk } from "./chunk-audit.ts";
import { createMemoryStore } from "./memory-store.ts";
import type { OriginRequest, OriginSink } from "./origin.ts";

const SEGMENT = segmentIdOf(trackIdOf("video"), { sequence: 7, tag: 1 });
const HELD = Uint8Array.from({ length: 1000 }, (_, i) => (i * 31) % 251);
const LAST = 2;
const ANSWER = { firstByte: LAST * CHUNK_BYTES, ranged: true };

/** The last chunk of a segment, held, and an origin whose answer the test gives. */
class Stage {
  readonly told: SwarmEvent[] = [];
  readonly warnings: string[] = [];
  readonly asked: OriginRequest[] = [];
  aborts = 0;

  constructor(answer: (sink: OriginSink) => void) {
    const store = createMemoryStore();
    store.put(SEGMENT, LAST, HELD);
    const origin = {
      locate: () => false,
      hashes: () => Promise.resolve(undefined),
      fetch: (request: OriginRequest, sink: OriginSink) => {
        this.asked.push(request);
        queueMicrotask(() => {
          answer(sink);
        });
        return { abort: () => this.aborts++ };
      },
    };
    const ignore = (): void => undefined;
    const warn = (_: string, message: () => string): number => this.warnings.push(message());
    const log: Logger = { debug: ignore, info: ignore, warn, error: ignore };
    auditChunk(origin, store, log, { type: "audit-chunk", segment: SEGMENT, chunk: LAST }, (event) => {
      this.told.push(event);
    });
  }
}

const COMPLETE = { outcome: "complete", status: 206 } as const;
const sends = (bytes: Uint8Array) => (sink: OriginSink) => {
  sink.opened(ANSWER);
  for (let at = 0; at < bytes.byteLength; at += 300) sink.data(bytes.slice(at, at + 300));
  sink.closed(COMPLETE);
};
const altered = HELD.map((byte, i) => (i === 999 ? byte ^ 1 : byte));

test.each([
  ["the same", sends(HELD), true, 1000],
  ["one bit of the last byte another", sends(altered), false, 1000],
  ["less", sends(HELD.subarray(0, 900)), false, 900],
] as const)("[IN16] the very range is fetched again and compared: %s", async (_, answer, fits, receivedBytes) => {
  const stage = new Stage(answer);
  await Promise.resolve();
  expect(stage.asked).toEqual([{ segment: SEGMENT, from: LAST * CHUNK_BYTES, to: LAST * CHUNK_BYTES + 1000 }]);
  expect(stage.told).toEqual([{ type: "audited", segment: SEGMENT, receivedBytes, fits }]);
  expect(stage.warnings).toHaveLength(fits ? 0 : 1);
});

test("[IN16] what fails half way says nothing, and its bytes are counted", async () => {
  const stage = new Stage((sink) => {
    sink.opened(ANSWER);
    sink.data(altered.slice());
    sink.closed({ outcome: "failed", status: 0 });
  });
  await Promise.resolve();
  expect(stage.told).toEqual([{ type: "audited", segment: SEGMENT, receivedBytes: 1000, fits: undefined }]);
});

test.each([
  ["a whole segment where a range was asked for", { firstByte: 0, ranged: false }],
  ["an answer that may be something else", { ...ANSWER, suspect: true }],
])("[IN16] %s is not waited for, and says nothing", async (_, head) => {
  const stage = new Stage((sink) => {
    sink.opened(head);
  });
  await Promise.resolve();
  expect(stage.aborts).toBe(1);
  expect(stage.told).toEqual([{ type: "audited", segment: SEGMENT, receivedBytes: 0, fits: undefined }]);
});

import { expect, test } from "vitest";
import { ChromeTrace } from "./trace.ts";

test("a trace is JSON in which every viewer has one named track", () => {
  let text = "";
  const trace = new ChromeTrace("live, seed 7", (more) => (text += more));
  trace.span(0, "watching", 100, 350, { uplink: 2 });
  trace.mark(4, "segment 12", 250.5, {});
  trace.mark(0, "segment 12", 300, {});
  trace.close();

  expect(JSON.parse(text)).toEqual({
    displayTimeUnit: "ms",
    traceEvents: [
      { ph: "M", pid: 1, name: "process_name", args: { name: "live, seed 7" } },
      { ph: "M", pid: 1, tid: 1, name: "thread_name", args: { name: "viewer 0" } },
      { ph: "M", pid: 1, tid: 1, name: "thread_sort_index", args: { sort_index: 0 } },
      { ph: "X", pid: 1, tid: 1, name: "watching", ts: 100_000, dur: 250_000, args: { uplink: 2 } },
      { ph: "M", pid: 1, tid: 5, name: "thread_name", args: { name: "viewer 4" } },
      { ph: "M", pid: 1, tid: 5, name: "thread_sort_index", args: { sort_index: 4 } },
      { ph: "i", s: "t", pid: 1, tid: 5, name: "segment 12", ts: 250_500, args: {} },
      { ph: "i", s: "t", pid: 1, tid: 1, name: "segment 12", ts: 300_000, args: {} },
    ],
  });
});

/**
 * Loaded into a program with `--import`, before its own: tells the parent, when asked anything, what the program holds once
 * its garbage is gone. It needs `--expose-gc`. Linux.
 */
import { readdirSync } from "node:fs";

process.on("message", () => {
  // What one collection frees may let the next one free more.
  for (let round = 0; round < 3; round++) globalThis.gc();
  const { heapUsed: heapBytes } = process.memoryUsage();
  const handles = process.getActiveResourcesInfo();
  const sockets = handles.filter((kind) => kind.startsWith("TCPSocket")).length;
  const timers = handles.filter((kind) => kind === "Timeout").length;
  process.send({ heapBytes, sockets, timers, files: readdirSync("/proc/self/fd").length });
});

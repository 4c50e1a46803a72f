/** How much memory is in use once everything is gone that nobody holds. For Node. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect: unknown = runInNewContext("gc");
const isCollector = (value: unknown): value is () => void => typeof value === "function";

export function heapBytes(): number {
  if (!isCollector(collect)) throw new Error("this Node collects no garbage when asked");
  // What one collection frees may let the next one free more.
  for (let i = 0; i < 3; i++) collect();
  return process.memoryUsage().heapUsed;
}

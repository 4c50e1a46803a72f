import { readFileSync } from "node:fs";

/**
 * How a server's `/metrics` and docs/metrics.md differ in what is of this server: names that the page does not explain, and
 * names that it explains and nobody serves.
 */
export function metricsAmiss(served: string, prefix: string): readonly string[] {
  const page = readFileSync(new URL("../docs/metrics.md", import.meta.url), "utf8");
  const isOurs = (name: string): boolean => name.startsWith(prefix);
  const explained = new Set((page.match(/\bhls_swarm_\w+/g) ?? []).filter(isOurs));
  const names = new Set(Array.from(served.matchAll(/^# TYPE (\w+)/gm), ([, name = ""]) => name).filter(isOurs));
  return [...[...names].filter((name) => !explained.has(name)), ...[...explained].filter((name) => !names.has(name))];
}

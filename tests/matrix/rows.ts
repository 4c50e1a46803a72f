/** What the matrix tried, row by row: tests tell, and at the end of a whole run docs/compatibility.md is written of it. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";

/** The page's sections, in its order. */
export const SECTIONS = ["streams", "hls.js", "players", "browsers", "bundlers", "node", "proxies"] as const;

export interface Row {
  readonly section: (typeof SECTIONS)[number];
  /** What was played, built or run: `AES-128, rotating keys`, `Plyr`, `webpack`. */
  readonly what: string;
  /** Of everything that has one and took part: `hls.js 1.7.4, Chromium 155`. */
  readonly versions: string;
  /** What was seen, in a few words, with its figures: `3 viewers, 1.3 copies, bytes identical`. */
  readonly result: string;
}

const root = path.resolve(import.meta.dirname, "../..");
const file = path.join(root, "node_modules/.cache/hls-swarm-matrix/rows.jsonl");

/** The version of hls.js that pages of this project bundle; beside the matrix's own packages there is another. */
export function hlsVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(path.join(root, "node_modules/hls.js/package.json"), "utf8"));
  return typeof manifest === "object" && manifest && "version" in manifest ? String(manifest.version) : "of no version";
}

/** Called by a test as its last step: what failed has no row. */
export function tried(row: Row): void {
  appendFileSync(file, `${JSON.stringify(row)}\n`);
}

export function forgetRows(): void {
  mkdirSync(path.dirname(file), { recursive: true });
  rmSync(file, { force: true });
}

export function readRows(): readonly Row[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line) as Row);
}

/** docs/security.md names tests: what it promises must not outlive them. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../", import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, root), "utf8");
const page = read("docs/security.md");

/** `- 15 `file` title`, as the page has them. */
const NAMED = [...page.matchAll(/^- (\d+) `([^`]+)` (.+)$/gm)].map(([, row = "", file = "", title = ""]) => ({
  row: Number(row),
  file,
  title,
}));

test.each(NAMED)("row $row: $file has the test “$title”", ({ file, title }) => {
  expect(read(file)).toContain(title);
});

test("the table has its 27 rows, and each has a test", () => {
  const rows = [...page.matchAll(/^\| (\d+) /gm)].map(([, row]) => Number(row));
  expect(rows).toEqual(Array.from({ length: 27 }, (_, i) => i + 1));
  expect(NAMED.length).toBeGreaterThan(rows.length);
  expect([...new Set(NAMED.map(({ row }) => row))].sort((a, b) => a - b)).toEqual(rows);
});

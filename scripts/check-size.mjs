/**
 * Fails when a built file is larger than size-budget.json allows: minified, then gzip -9. The ES module is shipped
 * readable, so minifying it here counts what it adds to a site, whose bundler does the same.
 */
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { transform } from "esbuild";

const root = new URL("..", import.meta.url);
const budgets = JSON.parse(await readFile(new URL("size-budget.json", root), "utf8"));

for (const [file, { gzipBytesMax }] of Object.entries(budgets)) {
  const source = await readFile(new URL(file, root), "utf8").catch(() => undefined);
  if (source === undefined) {
    console.error(`${file} is not there: npm run build`);
    process.exitCode = 1;
    continue;
  }
  const { code } = await transform(source, { minify: true, legalComments: "inline" });
  const gzipBytes = gzipSync(code, { level: 9 }).byteLength;
  const verdict = gzipBytes > gzipBytesMax ? "TOO LARGE" : "ok";
  if (gzipBytes > gzipBytesMax) process.exitCode = 1;
  console.log(
    `${file.padEnd(32)}${String(gzipBytes).padStart(8)} of ${String(gzipBytesMax).padStart(6)} bytes  ${verdict}`,
  );
}

/** Bundles the viewers' pages into a directory that the origin serves. */
import { build } from "esbuild";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Contender } from "./contenders.ts";

export async function buildPages(pages: ReadonlySet<Contender["page"]>, root: string, target: string): Promise<void> {
  const sources = path.join(root, "bench/browser/pages");
  const rival = (name: string): string => path.join(root, "bench/node_modules", name, "dist", `${name}.es.min.js`);
  await mkdir(target, { recursive: true });
  await build({
    entryPoints: ["connections", ...pages].map((page) => path.join(sources, `${page}.ts`)),
    outdir: target,
    bundle: true,
    minify: true,
    format: "iife",
    target: "chrome120",
    logLevel: "error",
    alias: {
      "hls-swarm": path.join(root, "dist/hls-swarm.js"),
      // The rival's sources need Node polyfills and fail silently without: these are the bundles it publishes.
      "p2p-media-loader-core": rival("p2p-media-loader-core"),
      "p2p-media-loader-hlsjs": rival("p2p-media-loader-hlsjs"),
    },
  });
  for (const page of pages) await writeFile(path.join(target, `${page}.html`), htmlOf(page));
}

const htmlOf = (page: string): string => `<!doctype html>
<meta charset="utf-8">
<title>${page}</title>
<link rel="icon" href="data:,">
<body>
<script src="connections.js"></script>
<script src="${page}.js"></script>
`;

/** A site that installed the package as published, built by each bundler with no more than it needs for any site. */
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createConsumer, ROOT, type Consumer } from "../../package/consumer.ts";
import { tried } from "../rows.ts";
import { SITE, TwoViewers, VIDEO, type Sharing } from "./two-viewers.ts";

let consumer: Consumer;
let viewers: TwoViewers;

beforeAll(async () => {
  consumer = await createConsumer();
  viewers = await TwoViewers.open(consumer.folder);
  await consumer.write("main.js", `import Hls from "hls.js";\nimport { createSwarm } from "hls-swarm";\n${SITE}`);
  await consumer.write("index.html", `${VIDEO}<script type="module" src="./main.js"></script>`);
});
afterAll(async () => {
  await viewers.close();
  await consumer.close();
});

/** Where a bundler is installed: with the matrix, or with the project. */
const inMatrix = (file: string): string => `${ROOT}tests/matrix/node_modules/${file}`;
const inProject = (file: string): string => `${ROOT}node_modules/${file}`;

interface Bundler {
  readonly folder: string;
  /** Builds the site into `site-<name>/`. */
  build(site: string): Promise<unknown>;
}

const BUNDLERS: Readonly<Record<string, Bundler>> = {
  Vite: {
    folder: inMatrix("vite"),
    build: (site) =>
      consumer.run(process.execPath, inMatrix("vite/bin/vite.js"), "build", "--base=./", "--outDir", site),
  },
  webpack: {
    folder: inMatrix("webpack"),
    async build(site) {
      const output = JSON.stringify({ path: path.join(consumer.folder, site), filename: "main.js" });
      // By its API: its command is another package.
      const script = `require(${JSON.stringify(inMatrix("webpack"))})(
        { mode: "production", entry: "./main.js", performance: { hints: false }, output: ${output} },
        (error, stats) => {
          console.log(error ?? stats.toString("errors-warnings"));
          process.exitCode = error || stats.hasErrors() || stats.hasWarnings() ? 1 : 0;
        });`;
      await consumer.run(process.execPath, await consumer.write("webpack.cjs", script));
    },
  },
  rollup: {
    folder: inProject("rollup"),
    async build(site) {
      const plugin = JSON.stringify(inProject("@rollup/plugin-node-resolve/dist/es/index.js"));
      const config = `import nodeResolve from ${plugin};
        export default { input: "main.js", plugins: [nodeResolve()], output: { file: "${site}/main.js", format: "es" } };`;
      await consumer.write("rollup.config.mjs", config);
      await consumer.run(process.execPath, inProject("rollup/dist/bin/rollup"), "-c", "--failAfterWarnings");
    },
  },
  esbuild: {
    folder: inProject("esbuild"),
    build: (site) =>
      consumer.run(inProject(".bin/esbuild"), "main.js", "--bundle", "--minify", `--outfile=${site}/main.js`),
  },
};

/** What was packed and installed. */
const installed = (file: string): string => path.join(consumer.folder, "node_modules", file);

async function versionOf(folder: string): Promise<string> {
  const { version } = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8")) as { version: string };
  return version;
}

const said = ({ peerBytes, originBytes }: Sharing): string =>
  `two viewers play; the second had ${(peerBytes / 1024).toFixed(0)} KiB from the first, ${(originBytes / 1024).toFixed(0)} KiB from the CDN`;

test.each(Object.entries(BUNDLERS))("%s builds a site, and its viewers share", async (name, { folder, build }) => {
  const site = `site-${name.toLowerCase()}`;
  await build(site);
  if (name !== "Vite") {
    const page = path.join(consumer.folder, site, "index.html");
    await writeFile(page, `${VIDEO}<script type="module" src="./main.js"></script>`);
  }
  const sharing = await viewers.share(name, site);
  expect(sharing.errors).toEqual([]);
  expect(sharing.peerBytes).toBeGreaterThan(0);
  const versions = `${name} ${await versionOf(folder)}, ${viewers.chromium}`;
  tried({ section: "bundlers", what: name, versions, result: said(sharing) });
});

describe("a script tag, without a bundler", () => {
  /** A page for the build of some hls.js; returns the folder. */
  async function write(hls: string): Promise<string> {
    const site = `site-script-${hls.replaceAll(/\W/g, "-")}`;
    await mkdir(path.join(consumer.folder, site), { recursive: true });
    await copyFile(inProject(hls), path.join(consumer.folder, site, "hls.js"));
    await copyFile(installed("hls-swarm/dist/hls-swarm.iife.min.js"), path.join(consumer.folder, site, "hls-swarm.js"));
    const script = `<script>{ const { createSwarm } = HlsSwarm; ${SITE} }</script>`;
    const page = `${VIDEO}<script src="hls.js"></script><script src="hls-swarm.js"></script>${script}`;
    await writeFile(path.join(consumer.folder, site, "index.html"), page);
    return site;
  }

  test.each([
    ["hls.js/dist/hls.min.js", "hls.js-1.5/dist/hls.min.js"],
    ["hls.js-1.5/dist/hls.min.js", "hls.js-1.6/dist/hls.min.js"],
    ["hls.js-1.6/dist/hls.min.js", "hls.js/dist/hls.min.js"],
    ["hls.js/dist/hls.min.js", "hls.js/dist/hls.light.min.js"],
  ])("%s gives to %s", async (first, second) => {
    const sharing = await viewers.share(`${first} ${second}`, await write(first), await write(second));
    expect(sharing.errors).toEqual([]);
    expect(sharing.peerBytes).toBeGreaterThan(0);
    const [giver, taker] = sharing.versions;
    const light = second.includes("light") ? " light" : "";
    const versions = `hls.js ${giver ?? ""} and ${taker ?? ""}${light}, ${viewers.chromium}`;
    tried({ section: "bundlers", what: "script tags", versions, result: said(sharing) });
  });
});

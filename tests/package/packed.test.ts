import { readFile } from "node:fs/promises";
import path from "node:path";
import nodeResolve from "@rollup/plugin-node-resolve";
import { build as buildWithEsbuild } from "esbuild";
import type { Browser } from "playwright-core";
import { rollup } from "rollup";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { build as buildWithVite } from "vite";
import { launchChromium } from "../../testkit/chromium.ts";
import { createConsumer, ROOT, type Consumer } from "./consumer.ts";
import { SERVER_RENDERING, SERVER_RENDERING_SAYS, TICKET, TRACKER } from "./node-scripts.ts";

/* What npm would publish, installed into an empty project, used in every way that the README promises. */

let consumer: Consumer;

beforeAll(async () => {
  consumer = await createConsumer();
});

afterAll(async () => {
  await consumer.close();
});

test("the package holds what is built and the papers, and nothing else", () => {
  const strangers = consumer.packedFiles.filter((file) => !/^dist\/[\w.-]+$/.test(file));
  expect(strangers.sort()).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "package.json"]);
  expect(consumer.packedFiles).toEqual(
    expect.arrayContaining([
      "dist/hls-swarm.js",
      "dist/hls-swarm.js.map",
      "dist/hls-swarm.d.ts",
      "dist/hls-swarm.iife.min.js",
      "dist/hls-swarm.iife.min.js.map",
      "dist/consent-prompt.js",
      "dist/consent-prompt.d.ts",
      "dist/tracker.js",
      "dist/tracker.d.ts",
      "dist/seeder.js",
      "dist/seeder.d.ts",
      "dist/ticket.js",
      "dist/ticket.d.ts",
      "dist/cli.js",
    ]),
  );
});

describe("in Node", () => {
  test("hls-swarm/tracker starts and stops a tracker", async () => {
    await consumer.write("tracker.mjs", TRACKER);
    const tracker = await consumer.start(/ws:\/\/\S+?:(\d+)/, process.execPath, "tracker.mjs");
    expect((await fetch(`http://127.0.0.1:${tracker.said}/healthz`)).status).toBe(200);
    await tracker.stop();
  });

  test("[TI2] hls-swarm/ticket issues tickets", async () => {
    await consumer.write("ticket.mjs", TICKET);
    expect(await consumer.run(process.execPath, "ticket.mjs")).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+\n$/);
  });

  test("npx hls-swarm tracker serves", async () => {
    const tracker = await consumer.start(/ws:\/\/\S+?:(\d+)/, "npx", "hls-swarm", "tracker", "--port", "0");
    try {
      expect((await fetch(`http://127.0.0.1:${tracker.said}/healthz`)).status).toBe(200);
    } finally {
      await tracker.stop();
    }
  });

  test("importing the browser's entry, as a server that renders pages does, changes and starts nothing", async () => {
    await consumer.write("ssr.mjs", SERVER_RENDERING);
    expect(await consumer.run(process.execPath, "ssr.mjs")).toBe(SERVER_RENDERING_SAYS);
  });
});

const ENTRY = `import { createSwarm, isSupported } from "hls-swarm";
  globalThis.found = { supported: isSupported(), offload: createSwarm({ tracker: "wss://tracker.example" }).stats.offload };`;

/** Bundlers, each as a site uses it that knows nothing of us. Vite is the one that vitest brings. */
const BUNDLERS: Readonly<Record<string, (entry: string) => Promise<string>>> = {
  async esbuild(entry) {
    const { outputFiles } = await buildWithEsbuild({ entryPoints: [entry], bundle: true, write: false });
    return outputFiles.map(({ text }) => text).join("");
  },
  async rollup(entry) {
    const build = await rollup({
      input: entry,
      plugins: [nodeResolve()],
      onwarn(warning) {
        throw new Error(warning.message);
      },
    });
    const { output } = await build.generate({ format: "iife" });
    return output[0].code;
  },
  async vite(entry) {
    const outDir = path.join(consumer.folder, "vite");
    const lib = { entry, formats: ["iife" as const], name: "Site", fileName: () => "site.js" };
    await buildWithVite({ root: consumer.folder, logLevel: "error", build: { outDir, lib } });
    return readFile(path.join(outDir, "site.js"), "utf8");
  },
};

describe("in a browser", () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser.close();
  });

  /** Runs a script in an empty page; returns what `expression` is there, and whatever went wrong. */
  async function runInPage(script: string, expression: string): Promise<{ found: unknown; errors: string[] }> {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.evaluate("globalThis.globalBefore = new Set([...Object.keys(globalThis), 'globalBefore'])");
    await page.addScriptTag({ content: script });
    const found = await page.evaluate(expression);
    await page.close();
    return { found, errors };
  }

  test.each(Object.keys(BUNDLERS))("%s bundles it without configuration, and it runs", async (name) => {
    const entry = await consumer.write("site.js", ENTRY);
    const script = (await BUNDLERS[name]?.(entry)) ?? "";
    for (const nodes of [/\bprocess\./, /\brequire\(/, /node:/, /\bWebSocketServer\b/, /createServer/, /["'`]stun:/])
      expect(script).not.toMatch(nodes);
    expect(await runInPage(script, "found")).toEqual({ found: { supported: true, offload: 0 }, errors: [] });
  });

  test("a script tag defines HlsSwarm and nothing else", async () => {
    const file = path.join(consumer.folder, "node_modules/hls-swarm/dist/hls-swarm.iife.min.js");
    const expression = `({
      added: Object.keys(globalThis).filter((name) => !globalBefore.has(name)),
      functions: Object.keys(HlsSwarm).sort(),
    })`;
    const script = await readFile(file, "utf8");
    expect(await runInPage(script, expression)).toEqual({
      found: { added: ["HlsSwarm"], functions: ["createSwarm", "install", "isSupported"] },
      errors: [],
    });
  });

  test("the ES module needs nothing else", async () => {
    const module = await readFile(path.join(consumer.folder, "node_modules/hls-swarm/dist/hls-swarm.js"), "utf8");
    expect(module).not.toMatch(/^import\b|\bimport\(|\bfrom ["']/m);
  });
});

describe("for TypeScript", () => {
  const SITE = `import Hls from "hls.js";
    import { createSwarm, install, isSupported, type Swarm, type SwarmStats } from "hls-swarm";
    const swarm: Swarm = createSwarm({ tracker: "wss://tracker.example" });
    const hls = new Hls({ ...swarm.config(Hls) });
    swarm.attach(hls);
    swarm.on("change", (stats: SwarmStats) => stats.offload.toFixed(2));
    install(Hls, { tracker: "wss://tracker.example" });
    export const supported: boolean = isSupported();`;
  const SERVER = `import { startTracker, type RunningTracker } from "hls-swarm/tracker";
    const tracker: RunningTracker = await startTracker({ port: 0 });
    export const port: number = tracker.port;
    await tracker.close();`;

  test.each(["bundler", "nodenext"])("the types are found and strict with moduleResolution %s", async (resolution) => {
    await consumer.write("site.ts", SITE);
    await consumer.write("server.ts", SERVER);
    const compilerOptions = {
      strict: true,
      noEmit: true,
      exactOptionalPropertyTypes: true,
      target: "ES2022",
      lib: ["ES2022", "DOM"],
      module: resolution === "bundler" ? "ESNext" : "NodeNext",
      moduleResolution: resolution,
      skipLibCheck: false,
      typeRoots: [`${ROOT}node_modules/@types`],
      types: ["node"],
    };
    const project = await consumer.write(
      "tsconfig.json",
      JSON.stringify({ compilerOptions, files: ["site.ts", "server.ts"] }),
    );
    const tsc = path.join(ROOT, "node_modules/typescript/bin/tsc");
    expect(await consumer.run(process.execPath, tsc, "-p", project)).toBe("");
  });
});

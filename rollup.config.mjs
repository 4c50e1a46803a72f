/**
 * Builds what is published, into dist/: the browser's engine as an ES module and as a minified script, the servers and
 * the command for Node, and the types of all. The browser's files hold everything they need, simple-peer included.
 */
import { chmodSync, readFileSync, rmSync } from "node:fs";
import nodeResolve from "@rollup/plugin-node-resolve";
import terser from "@rollup/plugin-terser";
import dts from "rollup-plugin-dts";
import esbuild from "rollup-plugin-esbuild";
import { slimSimplePeer } from "./scripts/slim-simple-peer.mjs";

const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));
const banner = `/*! hls-swarm ${version} | MIT License | contains simple-peer, MIT License, (c) Feross Aboukhadijeh */`;

/** Private fields and static blocks: Chrome 94, Firefox 93, Safari 16.4. */
const typescript = () => esbuild({ target: "es2022", tsconfig: false, sourceMap: true });

const CLI = "dist/cli.js";
const makeExecutable = { name: "make-executable", writeBundle: () => chmodSync(CLI, 0o755) };

/** An import left over would hand the site that bundles us a problem. */
const failOnWarning = (warning) => {
  throw new Error(warning.message);
};

/** What a server needs that a browser does not: installed beside us, where the package.json says so. */
const SERVER_PACKAGES = ["commander", "maxmind", /^node-datachannel/, "pino", "prom-client", "redis", "ws"];

/**
 * Which file of the server's a module is in. Commands are in `cli.js`; what they do is not, and what must not be loaded
 * without need stands alone.
 */
function serverPart(id) {
  if (id.includes("node-peer-connection")) return "node-web-rtc";
  const [, room, rest = ""] = /[\\/]src[\\/]([\w-]+)[\\/](.*)$/.exec(id) ?? [];
  if (/simple-peer/.test(id)) return "swarm";
  if (room === undefined || rest === "cli.ts") return undefined;
  return SETTINGS.includes(rest) ? "common" : SERVER_PARTS[room];
}
/** What a command's settings are made of. */
const SETTINGS = ["settings.ts", "ladder.ts", "stage.ts"];
const SERVER_PARTS = {
  ...{ base: "common", protocol: "common", settings: "common", ticket: "common", http: "common", playlist: "common" },
  ...{ swarm: "swarm", headless: "swarm" },
  ...{ "tracker-server": "tracker", seeder: "seeder", viewers: "viewers", live: "live" },
};

/** One entry at a time: some have types in common, and each file is to stand alone. */
const types = (input, file) => ({
  input,
  external: ["hls.js", ...SERVER_PACKAGES, /^node:/],
  plugins: [dts()],
  onwarn: failOnWarning,
  output: { file, format: "es" },
});

rmSync(new URL("dist", import.meta.url), { recursive: true, force: true });

export default [
  {
    input: "src/index.ts",
    plugins: [slimSimplePeer(), nodeResolve({ browser: true, extensions: [".ts", ".js"] }), typescript()],
    onwarn: failOnWarning,
    output: [
      { file: "dist/hls-swarm.js", format: "es", banner, sourcemap: true },
      {
        file: "dist/hls-swarm.iife.min.js",
        format: "iife",
        name: "HlsSwarm",
        banner,
        sourcemap: true,
        plugins: [terser({ ecma: 2022, compress: { passes: 3 } })],
      },
    ],
  },
  {
    input: "src/consent-prompt.ts",
    plugins: [typescript()],
    onwarn: failOnWarning,
    output: { file: "dist/consent-prompt.js", format: "es", sourcemap: true },
  },
  {
    // One build: what several commands use is there once, and what only one needs is loaded when that is called.
    input: { cli: "src/cli.ts", tracker: "src/tracker-server/index.ts", seeder: "src/seeder/index.ts" },
    external: [...SERVER_PACKAGES, /^node:/],
    plugins: [slimSimplePeer(), nodeResolve({ extensions: [".ts", ".js"] }), typescript(), makeExecutable],
    onwarn: failOnWarning,
    output: {
      dir: "dist",
      format: "es",
      chunkFileNames: "server-[name].js",
      manualChunks: serverPart,
      hoistTransitiveImports: false,
      sourcemap: true,
    },
  },
  {
    input: "src/ticket/index.ts",
    external: [/^node:/],
    plugins: [nodeResolve({ extensions: [".ts", ".js"] }), typescript()],
    onwarn: failOnWarning,
    output: { file: "dist/ticket.js", format: "es", sourcemap: true },
  },
  types("src/ticket/index.ts", "dist/ticket.d.ts"),
  types("src/index.ts", "dist/hls-swarm.d.ts"),
  types("src/consent-prompt.ts", "dist/consent-prompt.d.ts"),
  types("src/tracker-server/index.ts", "dist/tracker.d.ts"),
  types("src/seeder/index.ts", "dist/seeder.d.ts"),
];

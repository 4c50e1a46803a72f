import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** An empty project that has installed the package as npm would publish it. Needs no network. */
export interface Consumer {
  readonly folder: string;
  /** The paths within the package. */
  readonly packedFiles: readonly string[];
  write(file: string, text: string): Promise<string>;
  /** Runs a command to its end; resolves with what it printed, rejects when it fails. */
  run(command: string, ...args: readonly string[]): Promise<string>;
  /** Starts a command and resolves once it has printed `pattern`, with what the first group matched. */
  start(pattern: RegExp, command: string, ...args: readonly string[]): Promise<{ said: string; stop(): Promise<void> }>;
  close(): Promise<void>;
}

/** Whatever a user of the package gets with it, and with what it gets. */
async function readRuntimePackages(): Promise<readonly string[]> {
  const lock = JSON.parse(await readFile(`${ROOT}package-lock.json`, "utf8")) as LockFile;
  return Object.entries(lock.packages)
    .filter(([place, { dev, devOptional, optional, peer }]) => place && !dev && !devOptional && !optional && !peer)
    .map(([place]) => place.replace("node_modules/", ""));
}

interface LockFile {
  readonly packages: Readonly<Record<string, Partial<Record<"dev" | "devOptional" | "optional" | "peer", boolean>>>>;
}

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export async function createConsumer(): Promise<Consumer> {
  if (!existsSync(`${ROOT}dist/hls-swarm.js`)) throw new Error("nothing is built: npm run build");
  const folder = await mkdtemp(path.join(tmpdir(), "hls-swarm-consumer-"));
  const write = async (file: string, text: string): Promise<string> => {
    const place = path.join(folder, file);
    await writeFile(place, text);
    return place;
  };
  const run = async (command: string, ...args: readonly string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(command, args, { cwd: folder, env: ENVIRONMENT });
    return stdout;
  };

  const packing = ["pack", ROOT, "--ignore-scripts", "--json", "--pack-destination", folder];
  const { fileName, packedFiles } = parsePacked(await run("npm", ...packing));
  // What a registry would bring is taken from where it is installed already.
  const here = (name: string): [string, string] => [name, `file:${ROOT}node_modules/${name}`];
  const others = ["hls.js", ...(await readRuntimePackages())];
  const dependencies = { "hls-swarm": `file:${fileName}`, ...Object.fromEntries(others.map(here)) };
  await write("package.json", JSON.stringify({ private: true, type: "module", dependencies }));
  await run("npm", "install", "--offline", "--install-links", "--ignore-scripts", "--no-audit", "--no-fund");

  return {
    folder,
    packedFiles,
    write,
    run,
    start: (pattern, command, ...args) =>
      new Promise((resolve, reject) => {
        // A process group of its own, because npx starts a shell that starts the command.
        const child = spawn(command, args, { cwd: folder, env: ENVIRONMENT, detached: true });
        const ended = new Promise<void>((end) => child.once("close", () => end()));
        let output = "";
        const listen = (text: string): void => {
          output += text;
          const found = pattern.exec(output);
          if (found)
            resolve({
              said: found[1] ?? found[0],
              stop() {
                if (child.pid !== undefined) process.kill(-child.pid);
                return ended;
              },
            });
        };
        child.stdout.setEncoding("utf8").on("data", listen);
        child.stderr.setEncoding("utf8").on("data", listen);
        void ended.then(() => {
          reject(new Error(`${command} ended without saying ${String(pattern)}: ${output}`));
        });
      }),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Without what npm tells the scripts that it runs: the npm in here is another one's. */
const ENVIRONMENT = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("npm_")));

function parsePacked(json: string): { readonly fileName: string; readonly packedFiles: readonly string[] } {
  const [packed] = JSON.parse(json) as readonly { filename: string; files: readonly { path: string }[] }[];
  if (!packed) throw new Error("npm pack made nothing");
  return { fileName: packed.filename, packedFiles: packed.files.map(({ path }) => path) };
}

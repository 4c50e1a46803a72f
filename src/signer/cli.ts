/** The command `hls-swarm sign`. */
import { unwatchFile, watch, watchFile } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { OptionError } from "../base/option-error.ts";
import { PublisherKey, writeNewKey } from "./publisher-key.ts";
import { findPlaylists, isPlaylist, Signer, type SignedPlaylist } from "./signer.ts";

/** What `hls-swarm sign --help` prints. */
const SIGN_USAGE = `hls-swarm sign: gives viewers what they check each other's bytes against.

Usage: hls-swarm sign <playlist or folder> [options]

Puts a tag before each segment of the media playlists, and a file of hashes beside each segment (seg-1.ts.hashes).
Every other player ignores both. A multivariant playlist stands for the renditions that it lists.

  --output <folder>   where signed playlists are written, under the same names; to be served in place of the others.
                      Without it they are signed where they are
  --key <file>        signs every root with this private Ed25519 key (PEM), for pages that name it as publisherKey
  --stream <name>     the contentId that those pages give, if they give one: signatures hold for that stream alone
  --new-key <file>    makes such a key and does nothing else
  --watch             goes on: signs each playlist again when a packager has rewritten it; needs --output
  --help              this text
`;

/** Runs the command `sign`. Rejects with an {@link OptionError} when the command line cannot be understood. */
export async function runSign(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args);
  if (values.help) {
    process.stdout.write(SIGN_USAGE);
    return;
  }
  const [start, ...more] = positionals;
  if (values["new-key"] !== undefined) {
    if (positionals.length > 0) throw new OptionError("--new-key signs nothing: name no playlist");
    tellKey(await writeNewKey(values["new-key"]));
    return;
  }
  if (values.stream !== undefined && values.key === undefined) throw new OptionError("--stream needs --key");
  if (start === undefined || more.length > 0) throw new OptionError("name one playlist or folder");
  // A packager that is in the middle of writing would lose what it writes.
  if (values.watch && values.output === undefined) throw new OptionError("--watch needs --output");
  const { folder, files } = await findPlaylists(path.resolve(start));
  // While it watches, the packager may be about to begin.
  if (files.length === 0 && !values.watch) throw new OptionError(`there is no playlist in ${folder}`);
  const output = path.resolve(values.output ?? folder);
  const key = values.key === undefined ? undefined : await PublisherKey.read(values.key, values.stream ?? "");
  if (key) tellKey(key);
  const signer = new Signer(folder, output, key);
  const waiting = new Set(files.filter((file) => output === folder || !file.startsWith(output + path.sep)));
  const isOfAFolder = path.resolve(start) === folder;
  if (!values.watch) {
    await signAll(signer, waiting);
    return;
  }
  let signing: Promise<void> | undefined;
  const signWaiting = (): void => {
    signing ??= signAll(signer, waiting)
      .catch((error: unknown) => {
        // The next version of the playlist may do better: viewers have the last one until then.
        process.stderr.write(`hls-swarm sign: ${String(error)}\n`);
      })
      .finally(() => {
        signing = undefined;
        if (waiting.size > 0) signWaiting();
      });
  };
  const looked = new Set<string>();
  // Node's recursive watcher misses a file that is replaced again before it has found the first replacement.
  const lookAt = (file: string): void => {
    if (looked.has(file)) return;
    looked.add(file);
    watchFile(file, { interval: LOOK_EVERY_MS }, () => {
      waiting.add(file);
      signWaiting();
    });
  };
  waiting.forEach(lookAt);
  const watcher = watch(folder, { recursive: true }, (_event, name) => {
    const file = path.join(folder, name ?? "");
    const isOurs = file.startsWith(output + path.sep) || path.basename(file).startsWith(".");
    if (isOurs || !isPlaylist(file) || !(isOfAFolder || files.includes(file))) return;
    lookAt(file);
    waiting.add(file);
    signWaiting();
  });
  signWaiting();
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, resolve);
  });
  watcher.close();
  for (const file of looked) unwatchFile(file);
  await signing;
}

const tellKey = ({ publicKey }: PublisherKey): void => {
  process.stdout.write(`publisherKey: ${publicKey}\n`);
};

/** One after the other: a machine that packages has other things to do. What vanishes meanwhile is left out. */
async function signAll(signer: Signer, waiting: Set<string>): Promise<void> {
  for (const file of waiting) {
    waiting.delete(file);
    try {
      const signed = await signer.sign(file);
      if (signed) process.stdout.write(`${describe(signed)}\n`);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
  }
}

function describe({ file, segments, without }: SignedPlaylist): string {
  const left =
    without > 0 ? `, ${String(without)} without a root (not here, or above 32 MiB): those are not shared` : "";
  return `${file}: ${String(segments)} segments${left}`;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new OptionError(error instanceof Error ? error.message : String(error));
  }
}

/** Less than a part of a low-latency stream; one `stat` for each playlist. */
const LOOK_EVERY_MS = 100;

const OPTIONS = {
  output: { type: "string" },
  key: { type: "string" },
  stream: { type: "string" },
  "new-key": { type: "string" },
  watch: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

import { generateKeyPairSync } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { SILENT } from "../base/logger.ts";
import { parseRoot, ROOT_TAG } from "../protocol/segment-root.ts";
import { hasSigned } from "../swarm/io/publisher.ts";
import { runSign } from "./cli.ts";
import { listedAddresses } from "./signed-playlist.ts";

let folder: string;
const at = (...names: string[]): string => path.join(folder, ...names);

/** What the command printed as the public key. */
async function printedKey(...args: string[]): Promise<string> {
  const said = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  await runSign(args);
  const [line] = said.mock.calls.map(([text]) => /^publisherKey: ([0-9a-f]{64})\n$/.exec(String(text))?.[1]);
  said.mockRestore();
  if (line === undefined) throw new Error("no key was printed");
  return line;
}

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "key-"));
  await mkdir(at("live", "720p"), { recursive: true });
  for (const name of ["a.ts", "b.ts"]) await writeFile(at("live", "720p", name), name.repeat(10));
  const playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na.ts\n#EXTINF:2,\nb.ts\n";
  await writeFile(at("live", "720p", "index.m3u8"), playlist);
});
afterEach(() => rm(folder, { recursive: true }));

describe("[IN23] hls-swarm sign", () => {
  test("makes a key, signs every root with it, and a page that names it takes them", async () => {
    const key = await printedKey("--new-key", at("key.pem"));
    expect((await stat(at("key.pem"))).mode & 0o777).toBe(0o600);
    expect(await printedKey(at("live"), "--key", at("key.pem"), "--stream", "news")).toBe(key);

    const text = await readFile(at("live", "720p", "index.m3u8"), "utf8");
    const values = text.split("\n").flatMap((line) => (line.startsWith(`#${ROOT_TAG}:`) ? [line.split(":")[1]] : []));
    expect(values).toHaveLength(2);
    for (const [index, address] of (listedAddresses(text) ?? []).entries()) {
      const root = parseRoot(values[index] ?? "", address, "https://cdn.test/x/720p/index.m3u8");
      if (!root) throw new Error("no root");
      expect(await hasSigned({ key, stream: "news" }, root, SILENT)).toBe(true);
      expect(await hasSigned({ key, stream: "" }, root, SILENT)).toBe(false);
    }

    await printedKey(at("live"), "--key", at("key.pem"), "--stream", "news");
    expect(await readFile(at("live", "720p", "index.m3u8"), "utf8")).toBe(text);
  });

  test("keeps the key that is there", async () => {
    await printedKey("--new-key", at("key.pem"));
    const before = await readFile(at("key.pem"), "utf8");
    await expect(runSign(["--new-key", at("key.pem")])).rejects.toThrow("cannot be written");
    expect(await readFile(at("key.pem"), "utf8")).toBe(before);
  });

  test("refuses what is no such key, and what makes no sense without one", async () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;
    await writeFile(at("rsa.pem"), rsa.export({ type: "pkcs8", format: "pem" }));
    for (const file of [at("rsa.pem"), at("live", "720p", "a.ts")])
      await expect(runSign([at("live"), "--key", file])).rejects.toThrow("no private Ed25519 key");
    await expect(runSign([at("live"), "--key", at("nowhere.pem")])).rejects.toThrow("nowhere.pem cannot be read");
    await expect(runSign([at("live"), "--stream", "news"])).rejects.toThrow("--stream needs --key");
    await expect(runSign([at("live"), "--new-key", at("key.pem")])).rejects.toThrow("name no playlist");
  });
});

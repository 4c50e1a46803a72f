/** A stream as `hls-swarm sign` leaves it. */
import { mkdtemp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { runSign } from "../../src/signer/cli.ts";
import type { Files } from "./encodings.ts";

export async function signed(files: Files): Promise<Files> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "signed-"));
  try {
    for (const [name, bytes] of files) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), bytes);
    }
    await runSign([folder]);
    const found = new Map<string, Buffer>();
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const file = path.join(entry.parentPath, entry.name);
      if (entry.isFile()) found.set(path.relative(folder, file), await readFile(file));
    }
    return found;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Writes a file so that whoever reads it sees the old one or the new one, and nothing in between. */
import { mkdir, rename, writeFile } from "node:fs/promises";
import path from "node:path";

export async function writeAtomically(file: string, content: string | Uint8Array): Promise<void> {
  const folder = path.dirname(file);
  await mkdir(folder, { recursive: true });
  const unfinished = path.join(folder, `.${path.basename(file)}.${String(process.pid)}`);
  await writeFile(unfinished, content);
  await rename(unfinished, file);
}

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { OptionError } from "../../base/option-error.ts";
import { swarmIdOf } from "../../protocol/ids.ts";
import { keyedSwarmId } from "../../ticket/issue.ts";
import { readOffFile } from "./off-file.ts";

const folder = mkdtempSync(path.join(tmpdir(), "hls-swarm-off-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const read = (content: string, ...ticketSecrets: string[]): readonly string[] => {
  const file = path.join(folder, "off");
  writeFileSync(file, content);
  return readOffFile(file, ticketSecrets);
};

test("[TK69] streams are named as the page names them, or by their ids", () => {
  const id = swarmIdOf("path:/other/index.m3u8");
  expect(read(`# the match\n\n path:/live/index.m3u8 \r\ncontent:my-event\n${id}\n*\n`)).toEqual([
    swarmIdOf("path:/live/index.m3u8"),
    swarmIdOf("content:my-event"),
    id,
    "*",
  ]);
});

test("[TK69] [TI7] a content is off for those, too, whose tickets give it an id that depends on the secret", () => {
  const [secret, older] = ["s".repeat(32), "t".repeat(32)];
  expect(read("content:my-event\npath:/live/index.m3u8", secret, older)).toEqual([
    swarmIdOf("content:my-event"),
    keyedSwarmId({ secret }, "my-event"),
    keyedSwarmId({ secret: older }, "my-event"),
    swarmIdOf("path:/live/index.m3u8"),
  ]);
});

test("[TK69] no file, or an empty one, switches nothing off", () => {
  expect(readOffFile(path.join(folder, "absent"))).toEqual([]);
  expect(read("")).toEqual([]);
});

test.each(["/live/index.m3u8", "path:", "all"])("[TK69] a line like `%s` is named", (line) => {
  expect(() => read(`# note\n${line}\n`)).toThrow(OptionError);
  expect(() => read(line)).toThrow(`"${line}"`);
});

test("[TK69] a file that cannot be read is no empty file", () => {
  expect(() => readOffFile(folder)).toThrow(OptionError);
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { readRevokedFile } from "./revoked-file.ts";

const folder = mkdtempSync(path.join(tmpdir(), "hls-swarm-revoked-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const file = path.join(folder, "revoked");
const read = (text: string) => {
  writeFileSync(file, text);
  return readRevokedFile(file);
};

test("[TI9] each line is a ticket or a class, with remarks", () => {
  expect(read("ticket Xy_1  # shared in a forum\r\n\n# all of\nclass gold\nclass x")).toEqual({
    tickets: ["Xy_1"],
    classes: ["gold", "x"],
  });
  expect(read("")).toEqual({ tickets: [], classes: [] });
});

test.each(["Xy1", "ticket", "ticket a b", "tickets a", "class gold,silver"])(
  "[TI9] %s is neither, and named",
  (line) => {
    expect(() => read(`class gold\n${line}\n`)).toThrow(/^line 2 of .*revoked must be like/);
  },
);

test("a file that is not there is an error", () => {
  expect(() => readRevokedFile(path.join(folder, "nowhere"))).toThrow("cannot be read");
});

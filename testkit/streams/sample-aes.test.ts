import { createDecipheriv } from "node:crypto";
import { describe, expect, test } from "vitest";
import { encryptAdts, encryptAnnexB } from "./sample-aes.ts";

const KEY = Buffer.alloc(16, 7);
const IV = Buffer.alloc(16, 9);

const decrypt = (blocks: Buffer): Buffer =>
  createDecipheriv("aes-128-cbc", KEY, IV).setAutoPadding(false).update(blocks);

describe("H.264", () => {
  /** A start code and an IDR slice of bytes that need no escape. */
  const slice = (length: number): Buffer =>
    Buffer.concat([Buffer.from([0, 0, 0, 1, 0x65]), Buffer.alloc(length - 1, 5)]);
  const unescaped = (stream: Buffer): Buffer =>
    Buffer.from(stream.toString("hex").replaceAll(/(?<=^(?:..)*)000003/g, "0000"), "hex").subarray(4);

  test("the first block of every ten is encrypted, from byte 32 on, and one chain goes through a slice", () => {
    const plain = slice(400);
    const encrypted = unescaped(encryptAnnexB(plain, KEY, IV));
    const at = [32, 192, 352];
    expect(decrypt(Buffer.concat(at.map((from) => encrypted.subarray(from, from + 16))))).toEqual(Buffer.alloc(48, 5));
    for (const [from, to] of [
      [0, 32],
      [48, 192],
      [208, 352],
      [368, 400],
    ] as const)
      expect(encrypted.subarray(from, to)).toEqual(plain.subarray(4 + from, 4 + to));
  });

  test("what a slice escapes itself stays escaped for the decoder", () => {
    const plain = slice(400);
    plain.set([0, 0, 3, 1], 104);
    expect(unescaped(encryptAnnexB(plain, KEY, IV)).subarray(100, 104)).toEqual(Buffer.from([0, 0, 3, 1]));
  });

  test("short slices and other units stay clear", () => {
    const others = Buffer.concat([slice(48), Buffer.from([0, 0, 0, 1, 0x67]), Buffer.alloc(100, 5)]);
    expect(encryptAnnexB(others, KEY, IV)).toEqual(others);
  });
});

test("AAC: whole blocks of each frame, after its header and 16 bytes", () => {
  const frame = Buffer.concat([Buffer.from([0xff, 0xf1, 0x4c, 0x40, 0, 0, 0xfc]), Buffer.alloc(60, 3)]);
  frame.writeUIntBE((0x40 << 16) | (frame.length << 5) | 0x1f, 3, 3);
  const encrypted = encryptAdts(Buffer.concat([frame, frame]), KEY, IV);
  expect(encrypted.subarray(frame.length)).toEqual(encrypted.subarray(0, frame.length));
  expect(encrypted.subarray(0, 23)).toEqual(frame.subarray(0, 23));
  expect(decrypt(encrypted.subarray(23, 55))).toEqual(Buffer.alloc(32, 3));
  expect(encrypted.subarray(55, frame.length)).toEqual(frame.subarray(55));
});

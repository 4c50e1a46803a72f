import { createHash } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import { HASH_BYTES, hashesAddress, parseRoot, rootInput } from "../../src/protocol/segment-root.ts";
import { listedAddresses } from "../../src/signer/signed-playlist.ts";
import type { RunningLowLatencyOrigin } from "./low-latency.d.mts";
import { createLowLatencyOrigin } from "./low-latency.mjs";

let origin: RunningLowLatencyOrigin;
afterEach(() => origin.close());

const textOf = async (path: string): Promise<string> => (await fetch(`${origin.url}/live/${path}`)).text();
const bytesOf = async (path: string, headers = {}): Promise<Buffer> =>
  Buffer.from(await (await fetch(`${origin.url}/live/${path}`, { headers })).arrayBuffer());

test("the parts of a segment are the segment, and a part to come is held until it is made and then listed", async () => {
  origin = await createLowLatencyOrigin();
  const [, newest, hinted] = /PRELOAD-HINT:TYPE=PART,URI="s(\d+)\.(\d+)\.m4s"/.exec(await textOf("index.m3u8")) ?? [];
  // The one after it: the hinted one may be made while we ask.
  const number = Number(newest) * origin.partsPerSegment + Number(hinted) + 1;
  const [sequence, part] = [Math.floor(number / origin.partsPerSegment), number % origin.partsPerSegment];
  const uri = `s${sequence}.${part}.m4s`;
  const [held, playlist] = await Promise.all([
    bytesOf(uri),
    textOf(`index.m3u8?_HLS_msn=${sequence}&_HLS_part=${part}`),
  ]);
  expect(held.equals(origin.part(sequence, part))).toBe(true);
  expect(playlist).toContain(`EXT-X-PART:DURATION=0.5,URI="${uri}"`);
  expect(origin.log).toMatchObject([{ sequence, part, held: true, bytes: held.length }]);
  const before = sequence - 1;
  const parts = await Promise.all([0, 1, 2, 3].map((index) => bytesOf(`s${before}.${index}.m4s`)));
  expect(Buffer.concat(parts).equals(await bytesOf(`s${before}.m4s`))).toBe(true);
  expect(origin.counters().segmentBytes.get(before)).toBe(2 * origin.segment(before).length);
});

test("parts may be byte ranges of their segment, and hints refused", async () => {
  origin = await createLowLatencyOrigin({ byteRangeParts: true, holdsHints: false });
  const playlist = await textOf("index.m3u8");
  const [, uri = "", length, start] = /URI="(s\d+\.m4s)",BYTERANGE="(\d+)@(\d+)"/.exec(playlist) ?? [];
  const last = Number(start) + Number(length) - 1;
  const bytes = await bytesOf(uri, { Range: `bytes=${String(start)}-${last}` });
  const sequence = Number(uri.slice(1, -4));
  expect(bytes.equals(origin.part(sequence, Number(start) / Number(length)))).toBe(true);
  const [, hinted] = /PRELOAD-HINT:TYPE=PART,URI="s(\d+)\.m4s",BYTERANGE-START=\d+/.exec(playlist) ?? [];
  expect((await fetch(`${origin.url}/live/s${Number(hinted) + 1}.m4s`)).status).toBe(404);
});

test.each([false, true])(
  "[IN26] signed, every part and segment has its root (byte ranges: %s)",
  async (byteRangeParts) => {
    origin = await createLowLatencyOrigin({ signed: true, byteRangeParts });
    const playlist = await textOf("index.m3u8");
    const tags = [...playlist.matchAll(/^#EXT-X-HLS-SWARM-(ROOT|PART-ROOT:\d+)[:,](.*)$/gm)];
    const listed = listedAddresses(playlist) ?? [];
    expect(tags).toHaveLength(listed.length);
    for (const [i, address] of listed.entries()) {
      const [, kind, value = ""] = tags[i] ?? [];
      expect(kind).toBe(address.part === undefined ? "ROOT" : `PART-ROOT:${String(address.part)}`);
      const root = parseRoot(value, address);
      if (!root) throw new Error(`no root of ${address.uri}`);
      const hashes = await bytesOf(hashesAddress(address.uri, address.byteRange));
      const hash = createHash("sha256").update(rootInput(root.label, hashes)).digest("hex");
      expect(hash.slice(0, 2 * HASH_BYTES)).toBe(root.hash);
    }
  },
);

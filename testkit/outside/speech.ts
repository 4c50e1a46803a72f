import { segmentIdOf, trackIdOf, type SegmentName } from "../../src/protocol/ids.ts";
import { CHUNK_BYTES } from "../../src/protocol/limits.ts";
import type { CoreMessage, HaveEntry } from "../../src/protocol/peer-message.ts";
import { bytesOf, keyOf, parseKey, TRACKS, VIDEO, type Remote, type Scene } from "./scene.ts";

/**
 * What a peer says next, if anything, by three dice. An honest one keeps to the protocol: hello first, then its tracks,
 * then whatever is true; another may say anything that can be said on the wire.
 */
export function speak(
  scene: Scene,
  remote: Remote,
  honest: boolean,
  a: number,
  b: number,
  c: number,
): CoreMessage | undefined {
  const track = TRACKS[c % 2] ?? VIDEO;
  const slot = 3 + (c % 2);
  const segment = scene.name(track, scene.newest + 3 - (b % 10));
  const id = segmentIdOf(track, segment);
  const count = Math.ceil(bytesOf(id) / CHUNK_BYTES);
  if (!remote.saidHello && (honest || b > 10)) {
    remote.saidHello = true;
    return {
      type: "hello",
      version: 1,
      versionMin: 1,
      viewer: remote.viewer,
      uplink: ([1, 0, 2] as const)[b % 3] ?? 1,
      seeder: false,
    };
  }
  if (!remote.bound.has(slot) && (honest || b > 10)) {
    remote.bound.add(slot);
    return { type: "track", slot, track, following: b % 5 > 0 };
  }
  const lie = honest ? 0 : c >> 5;
  const asked = [...remote.asked].map(parseKey);
  switch ((b + (c >> 2)) % 16) {
    case 0:
      return { type: "track", slot, track: lie === 7 ? trackIdOf("other") : track, following: c > 100 };
    case 1:
      for (const key of remote.asked) if (key.startsWith(id)) remote.asked.delete(key);
      remote.announced.delete(id);
      return { type: "gone", slot, segments: [segment] };
    case 2:
    case 3: {
      const from = a % (count + lie);
      const to = from + 1 + (c % (8 + lie * 40));
      const size = c % 3 ? {} : { byteLength: bytesOf(id) + lie * 40_000 };
      return { type: "fetching", slot, segment, from, ...(c % 5 ? { to } : {}), ...size, hops: c % 9 };
    }
    case 4:
    case 5:
    case 6: {
      const held = [...scene.store].filter(([key]) => key.startsWith(track))[a % scene.store.size];
      const name = held ? parseKey(`${held[0]}/0`).name : segment;
      const chunks = [...(held?.[1].keys() ?? [a % 4])].sort((x, y) => x - y).slice(0, 1 + (c % 8));
      if (!honest && c < 30) chunks.push(100 + a);
      for (const chunk of chunks) remote.asking.add(keyOf(segmentIdOf(track, name), chunk));
      return { type: "request", slot, segment: name, chunks, dueInMs: c * 20 };
    }
    case 7: {
      const chunks = [a % 4, (a % 4) + 2];
      for (const chunk of chunks) remote.asking.delete(keyOf(id, chunk));
      return { type: "cancel", slot, segment, chunks };
    }
    case 8: {
      const first = asked[a % asked.length];
      if (!first || first.track !== track) return undefined;
      const key = keyOf(segmentIdOf(track, first.name), first.chunk);
      remote.asked.delete(key);
      const reason = (["busy", "gone", "off"] as const)[c % 3] ?? "busy";
      if (reason !== "busy") remote.announced.delete(segmentIdOf(track, first.name));
      return { type: "reject", slot, segment: first.name, chunks: [first.chunk], reason, retryInMs: c };
    }
    case 9:
    case 10: {
      const bytes = Math.min(remote.sentBytes, remote.acknowledgedBytes + CHUNK_BYTES * (1 + (a % 3)));
      remote.acknowledgedBytes = bytes;
      return { type: "received", bytes: lie === 7 ? bytes + 1 : bytes };
    }
    case 11:
      return c % 2 ? { type: "ping", nonce: c } : { type: "pong", nonce: c };
    case 12:
      if (c < 200) return undefined;
      return { type: "bye", reason: "leaving" };
    default: {
      const size = bytesOf(id) + (lie === 6 ? CHUNK_BYTES : lie === 5 ? -CHUNK_BYTES : 0);
      if (size <= 0) return undefined;
      const entry = haveEntry(segment, size, a, c);
      const held = Array.from({ length: Math.ceil(size / CHUNK_BYTES) }, (_, chunk) => chunk).filter(
        (chunk) => !entry.bitmap || ((entry.bitmap[chunk >> 3] ?? 0) >> (chunk & 7)) & 1,
      );
      remote.announced.set(id, new Set(held));
      return { type: "have", slot, segments: [entry] };
    }
  }
}

function haveEntry(segment: SegmentName, byteLength: number, a: number, c: number): HaveEntry {
  const count = Math.ceil(byteLength / CHUNK_BYTES);
  if (c % 3 === 0) return { segment, byteLength };
  const bitmap = new Uint8Array((count + 7) >> 3);
  for (let chunk = 0; chunk < count; chunk++)
    if ((chunk * 5 + a) % 3 > 0 || chunk === 0) bitmap[chunk >> 3] = (bitmap[chunk >> 3] ?? 0) | (1 << (chunk & 7));
  return { segment, ...(c % 3 === 1 ? { byteLength } : {}), bitmap };
}

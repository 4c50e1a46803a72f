import { describe, expect, test } from "vitest";
import { AUDIO, hold, trackOf } from "../../../testkit/swarm-parts.ts";
import { Playback } from "./playback.ts";
import { SegmentTable } from "./segment-table.ts";
import { windowAt } from "./window.ts";

const NOW = 1000;

interface Player {
  readonly position?: number;
  readonly bufferedEnd?: number;
  readonly ahead?: number;
  readonly rate?: number;
  readonly wanted?: readonly number[];
}

interface Scene {
  readonly table: SegmentTable;
  readonly playback: Playback;
}

/** Ten segments of 4 s from sequence 10 (second 40) on, and a player. */
function scene({ position, bufferedEnd = position ?? 0, ahead = 12, rate = 1, wanted = [] }: Player): Scene {
  const table = new SegmentTable();
  const track = trackOf(table, 10, 20);
  const playback = new Playback();
  playback.update(NOW, position, bufferedEnd, rate, ahead);
  for (const segment of track.listed) segment.wanted = wanted.includes(segment.name.sequence);
  return { table, playback };
}

/** `sequence@ms from now`, `a` before those of the audio track. */
const print = ({ table, playback }: Scene): string =>
  windowAt(NOW, table, playback)
    .map(({ segment, dueAt }) => `${segment.track.id === AUDIO ? "a" : ""}${segment.name.sequence}@${dueAt - NOW}`)
    .join(" ");

describe("[SW10] the window is", () => {
  test("what the player will reach within its own buffer limit, soonest first", () => {
    expect(print(scene({ position: 50 }))).toMatchInlineSnapshot(`"12@0 13@2000 14@6000 15@10000"`);
  });

  test("without what is buffered, give or take what buffers end early", () => {
    expect(print(scene({ position: 50, bufferedEnd: 56 }))).toMatchInlineSnapshot(`"14@6000 15@10000"`);
    expect(print(scene({ position: 50, bufferedEnd: 55.9 }))).toMatchInlineSnapshot(`"14@6000 15@10000"`);
    expect(print(scene({ position: 50, bufferedEnd: 55 }))).toMatchInlineSnapshot(`"13@2000 14@6000 15@10000"`);
  });

  test("sooner due for a fast player, and due for a paused one, which may go on at once", () => {
    expect(print(scene({ position: 50, rate: 2 }))).toMatchInlineSnapshot(`"12@0 13@1000 14@3000 15@5000"`);
    expect(print(scene({ position: 50, rate: 0 }))).toMatchInlineSnapshot(`"12@0 13@2000 14@6000 15@10000"`);
  });

  test("empty before the player has asked for anything", () => {
    expect(print(scene({}))).toBe("");
  });

  test("[SW2] before playback what the player waits for, at once, and what will follow", () => {
    expect(print(scene({ wanted: [15] }))).toMatchInlineSnapshot(`"15@0 16@4000 17@8000"`);
  });

  test("what the player waits for also outside: it has gone back, or ahead", () => {
    expect(print(scene({ position: 70, bufferedEnd: 80, wanted: [11] }))).toMatchInlineSnapshot(`"11@0"`);
    expect(print(scene({ position: 41, ahead: 4, wanted: [18] }))).toMatchInlineSnapshot(`"10@0 11@3000 18@31000"`);
  });

  test("never what is complete", () => {
    const { table, playback } = scene({ position: 50 });
    const segment = table.track([...table.tracks.keys()][0] ?? AUDIO).bySequence.get(13);
    if (segment) {
      segment.learnSize(32_768, true);
      hold(segment, [0]);
    }
    expect(print({ table, playback })).toMatchInlineSnapshot(`"12@0 14@6000 15@10000"`);
  });

  test("of a track that is not followed only what the player still waits for", () => {
    const { table, playback } = scene({ position: 50, wanted: [14] });
    for (const track of table.tracks.values()) track.following = false;
    expect(print({ table, playback })).toMatchInlineSnapshot(`"14@6000"`);
  });

  test("of audio and video together, in one order", () => {
    const { table, playback } = scene({ position: 50, ahead: 8 });
    trackOf(table, 25, 35, { id: AUDIO, seconds: 2 });
    expect(print({ table, playback })).toMatchInlineSnapshot(`"12@0 a25@0 13@2000 a26@2000 a27@4000 14@6000 a28@6000"`);
  });
});

describe("[SW95] in recorded video a segment is known", () => {
  /** How long before it is due, in a title that was listed long ago. */
  const slackOf = (sequence: number, position: number, ahead = 30): number | undefined => {
    const table = new SegmentTable();
    trackOf(table, 10, 40, { live: false });
    const playback = new Playback();
    playback.update(NOW, 20, 79, 1, ahead);
    playback.update(60_000, position, position, 1, ahead);
    const found = windowAt(60_000, table, playback).find(({ segment }) => segment.name.sequence === sequence);
    return found && found.dueAt - found.segment.knownAt;
  };

  test("from when the player comes as near as it buffers", () => {
    expect(slackOf(22, 79)).toBe(30_000);
    expect(slackOf(22, 79, 12)).toBe(12_000);
  });

  test("or from a jump on, and with eight seconds at least", () => {
    expect(slackOf(25, 90)).toBe(10_000);
    expect(slackOf(23, 90)).toBe(8000);
  });
});

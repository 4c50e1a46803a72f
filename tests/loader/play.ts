/** Real hls.js, every version, plays a short stream to its end with and without us. */
import { describe, expect, test } from "vitest";
import type { PlayOptions, Played } from "./page-play.ts";
import type { Stage } from "./stage.ts";

interface Viewing extends Played {
  /** What the origin saw of it. */
  readonly bytes: number;
  readonly requests: readonly string[];
}

export function provePlayback(stage: Stage): void {
  const VERSIONS = ["1.5", "1.6", "1.7", "1.7 light"] as const;
  const DOORS = ["attach", "config", "install"] as const;

  let viewers = 0;

  async function play(options: Omit<PlayOptions, "url">, playlist = "index.m3u8", way = "well"): Promise<Viewing> {
    const viewer = `play-${String(viewers++)}`;
    const played = await stage.call("play", { ...options, url: stage.url(way, viewer, playlist) });
    const { bytes, requests } = stage.origin.countsOf(viewer);
    return { ...played, bytes, requests };
  }

  const whole = (name = (index: number) => `s${String(index)}.m4s`) =>
    [0, 1, 2, 3].map((sequence) => ({ sequence, sha256: stage.sha256(name(sequence)) }));

  test.each(VERSIONS)(
    "[LC27] [LC30] hls.js %s plays the same with us as without, whatever the door",
    async (version) => {
      const [plain, fetching, ...ours] = await Promise.all([
        play({ version, engine: "plain" }),
        play({ version, engine: "origin-only" }),
        ...DOORS.map((door) => play({ version, engine: "swarm", door })),
      ]);
      expect(plain).toMatchObject({ ended: true, errors: [], segments: whole() });
      expect(fetching).toMatchObject({ ended: true, errors: [], segments: whole(), requests: plain.requests });
      for (const played of ours) {
        expect(played).toMatchObject({ ended: true, errors: [], segments: whole() });
        expect(played.bytes).toBe(plain.bytes);
        expect(played.stats).toMatchObject({ originBytes: plain.bytes, peerBytes: 0, wastedBytes: 0, retired: false });
      }
    },
  );

  describe("streams", () => {
    test("[LC13] encrypted ones are passed on as they are served", async () => {
      const ours = await play({ version: "1.7", engine: "swarm" }, "encrypted.m3u8");
      expect(ours).toMatchObject({ ended: true, errors: [], segments: whole((index) => `e${String(index)}.m4s`) });
    });

    test("byte ranges of one file are asked for as hls.js does", async () => {
      const [plain, ours] = await Promise.all([
        play({ version: "1.7", engine: "plain" }, "ranged.m3u8"),
        play({ version: "1.7", engine: "swarm" }, "ranged.m3u8"),
      ]);
      expect(ours).toMatchObject({ ended: true, errors: [], segments: whole(), bytes: plain.bytes });
      expect([...ours.requests].sort()).toEqual([...plain.requests].sort());
    });

    test.each(["no-ranges", "compresses", "refuses-ranges"])("from a server that has %s", async (way) => {
      const ours = await play({ version: "1.7", engine: "swarm" }, "index.m3u8", way);
      expect(ours).toMatchObject({ ended: true, errors: [], segments: whole() });
    });
  });

  describe("the player is restless", () => {
    test.each(["swarm", "origin-only"] as const)("a seek with %s", async (engine) => {
      const ours = await play({ version: "1.7", engine, then: "seek" });
      expect(ours).toMatchObject({ ended: true, errors: [] });
      for (const { sequence, sha256 } of ours.segments) expect(sha256).toBe(whole()[sequence]?.sha256);
    });

    test("[LC10] progressive mode", async () => {
      const ours = await play({ version: "1.7", engine: "swarm", config: { progressive: true } });
      expect(ours).toMatchObject({ ended: true, errors: [], segments: whole() });
    });
  });
}

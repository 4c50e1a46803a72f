/** The ways into a player, and what a page has set up there by itself. Names quote docs/loader-contract.md. */
import { describe, expect, test } from "vitest";
import type { Hand } from "./page-hands.ts";
import type { LoadRequest } from "./page-load.ts";
import type { PlayOptions } from "./page-play.ts";
import type { Version } from "./page-players.ts";
import type { Stage } from "./stage.ts";

export function proveDoors(stage: Stage, version: Version): void {
  let viewers = 0;
  const someone = (): string => `doors-${version.replace(" ", "-")}-${viewers++}`;
  const requestsOf = (viewer: string): readonly string[] => stage.origin.countsOf(viewer).requests;

  const asServed = () => [0, 1, 2, 3].map((sequence) => ({ sequence, sha256: stage.sha256(`s${sequence}.m4s`) }));

  async function play(options: Omit<PlayOptions, "version" | "engine" | "url">) {
    const viewer = someone();
    const url = stage.url("well", viewer);
    const played = await stage.call("play", { version, engine: "swarm", url, ...options });
    return { ...played, requests: requestsOf(viewer) };
  }

  describe("[LC28]", () => {
    test("attached in the middle of playback", async () => {
      const played = await play({ door: "late" });
      expect(played).toMatchObject({ ended: true, errors: [], segments: asServed() });
      expect(played.requests).toHaveLength(4);
      expect(played.stats?.originBytes).toBeGreaterThan(0);
    });

    test("detached in the middle of playback, and attached again", async () => {
      expect(await play({ then: "detach" })).toMatchObject({ ended: true, errors: [], segments: asServed() });
      const again = await play({ then: "detach and attach" });
      expect(again).toMatchObject({ ended: true, errors: [], segments: asServed() });
    });

    test.each(["attach", "config", "install"] as const)("the same source loaded again, by %s", async (door) => {
      const played = await play({ door, then: "reload" });
      expect(played).toMatchObject({ ended: true, errors: [] });
      expect(played.segments.slice(-4)).toEqual(asServed());
    });

    test("two players on one page", async () => {
      const both = [someone(), someone()];
      const options = both.map((viewer) => ({ version, engine: "swarm" as const, url: stage.url("well", viewer) }));
      for (const played of await stage.call("playBoth", options)) {
        expect(played).toMatchObject({ ended: true, errors: [], segments: asServed() });
        expect(played.stats).toMatchObject({ wastedBytes: 0, retired: false });
      }
      for (const viewer of both) expect(requestsOf(viewer)).toHaveLength(4);
    });
  });

  const HANDS: readonly Hand[] = ["xhrSetup", "fetchSetup", "loader", "fLoader", "around"];
  const CMCD: readonly Hand[] = version === "1.7 light" ? [] : ["CMCD", "CMCD around"];

  describe.each([...HANDS, ...CMCD])("[LC24] [LC25] %s", (hand) => {
    const mark = hand.replace(" around", "");

    test("has its way with every request of the CDN, and nothing is asked twice", async () => {
      const played = await play({ hand });
      expect(played).toMatchObject({ ended: true, errors: [], segments: asServed() });
      expect(played.requests).toEqual([0, 1, 2, 3].map((index) => `s${index}.m4s ${mark}`));
    });

    test("has its way with what peers leave missing", async () => {
      const viewer = someone();
      const request: LoadRequest = { version, kind: "half", url: stage.url("well", viewer), hand };
      const loaded = await stage.call("loadWith", request);
      expect(loaded).toMatchObject({ said: ["started", "success"], broken: [], sha256: stage.sha256("s1.m4s") });
      const half = Math.floor(stage.origin.bytes("s1.m4s").length / 2);
      expect(requestsOf(viewer)).toEqual([expect.stringMatching(new RegExp(`^s1.m4s bytes=${half}-\\d* ${mark}$`))]);
    });
  });

  const CHILDREN = version === "1.5" || version === "1.7 light" ? [] : (["interstitial", "thumbnails"] as const);

  describe.each(CHILDREN.filter((kind) => version === "1.7" || kind === "interstitial"))("[LC26] %s", (kind) => {
    test.each(["config", "install"] as const)("are left alone, by %s", async (door) => {
      const playlist = kind === "interstitial" ? "break.m3u8" : "tricks.m3u8";
      const url = stage.url("well", someone(), playlist);
      expect(await stage.call("meetChildren", { version, door, url, kind })).toEqual({
        swarms: 1,
        childTouched: false,
        parentTouched: true,
      });
    });
  });
}

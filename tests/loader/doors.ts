/** The ways into a player, and what a page has set up there by itself. Names quote docs/loader-contract.md. */
import { describe, expect, test } from "vitest";
import type { Hand } from "./page-hands.ts";
import type { LoadRequest } from "./page-load.ts";
import type { PlayOptions } from "./page-play.ts";
import type { Version } from "./page-players.ts";
import type { Stage } from "./stage.ts";

export function proveDoors(stage: Stage, version: Version, hands: readonly Hand[]): void {
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
      expect(played).toMatchObject({ ended: true, errors: [] });
      expect(new Set(played.requests)).toEqual(new Set(FILES));
      expect(played.requests.length).toBeLessThanOrEqual(5); // one was on its way and no loader of ours knows of it
      expect(played.stats?.originBytes).toBeGreaterThan(0);
    });

    test("detached in the middle of playback, and attached again", async () => {
      expect(await play({ then: "detach" })).toMatchObject({ ended: true, errors: [], segments: asServed() });
      const again = await play({ then: "detach and attach" });
      expect(again).toMatchObject({ ended: true, errors: [] });
      expect(new Set(again.requests)).toEqual(new Set(FILES));
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

  describe.each(hands)("[LC24] [LC25] %s", (hand) => {
    const mark = hand === "CMCD around" ? "CMCD" : hand;

    test("has its way with every request of the CDN, and nothing is asked twice", async () => {
      const played = await play({ hand });
      expect(played).toMatchObject({ ended: true, errors: [], segments: asServed() });
      // What the swarm fetches before hls.js asks for it has not been through a loader around ours.
      const marked = hand.endsWith("around") ? played.requests.slice(0, 1) : played.requests;
      expect(marked).toEqual(FILES.slice(0, marked.length).map((file) => `${file} ${mark}`));
      expect(played.requests.map((request) => request.split(" ")[0])).toEqual(FILES);
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

  const inConfig = (["fLoader", "CMCD"] as const).filter((hand) => handsOf(version).includes(hand));

  describe.each(inConfig)("[LC24] [LC25] %s", (hand) => {
    test.each(["config", "install"] as const)("is gone around, by %s", async (door) => {
      const played = await play({ hand, door });
      expect(played).toMatchObject({ ended: true, errors: [], segments: asServed() });
      expect(played.requests).toEqual(FILES.map((file) => `${file} ${hand}`));
      expect(played.stats?.originBytes).toBeGreaterThan(0);
    });
  });

  describe.each(CHILDREN[version])("[LC26] %s", (kind) => {
    test.each(["config", "install"] as const)("are left alone, by %s", async (door) => {
      const playlist = kind === "interstitial" ? "break.m3u8" : "tricks.m3u8";
      const url = stage.url("well", someone(), playlist);
      expect(await stage.call("meetChildren", { version, door, url, kind })).toEqual({
        swarms: door === "install" ? 1 : 0,
        childTouched: false,
        parentTouched: true,
      });
    });
  });
}

/** All ways to have a hand in requests that a version knows. */
export const handsOf = (version: Version): readonly Hand[] =>
  version === "1.7 light" ? ANY_HANDS : [...ANY_HANDS, "CMCD", "CMCD around"];

const ANY_HANDS: readonly Hand[] = ["xhrSetup", "fetchSetup", "loader", "fLoader", "around"];

/** The children that a version knows. */
const CHILDREN: Readonly<Record<Version, readonly ("interstitial" | "thumbnails")[]>> = {
  "1.5": [],
  "1.6": ["interstitial"],
  "1.7": ["interstitial", "thumbnails"],
  "1.7 light": [],
};

const FILES = ["s0.m4s", "s1.m4s", "s2.m4s", "s3.m4s"];

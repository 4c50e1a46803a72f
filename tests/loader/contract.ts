/**
 * hls.js's own loaders and ours, over the same server, asked the same: whatever hls.js could see must be the same.
 * XMLHttpRequest is the measure, because it is what hls.js loads fragments with. Names quote docs/loader-contract.md.
 */
import { describe, expect, test } from "vitest";
import type { Loaded, LoaderKind, LoadRequest } from "./page-load.ts";
import type { Version } from "./page-players.ts";
import type { Stage } from "./stage.ts";

/** How our loader gets its bytes. */
export type OurKind = Exclude<LoaderKind, "xhr" | "fetch">;
export const OUR_KINDS: readonly OurKind[] = ["origin-only", "swarm", "peers", "half"];

type Case = Omit<LoadRequest, "version" | "kind" | "url">;

export function proveContract(stage: Stage, version: Version, kinds: readonly OurKind[]): void {
  let viewers = 0;
  interface Asked extends Loaded {
    /** Of the CDN. */
    readonly requests: readonly string[];
  }
  const request = (kind: LoaderKind, way: string, options: Case = {}, playlist?: string): LoadRequest => ({
    ...{
      version,
      kind,
      url: stage.url(way, `contract-${version.replace(" ", "-")}-${viewers++}`, playlist),
      ...options,
    },
  });
  const requestsOf = ({ url }: LoadRequest): readonly string[] =>
    stage.origin.countsOf(new URL(url).pathname.split("/")[2] ?? "").requests;
  async function load(kind: LoaderKind, way: string, options: Case = {}, playlist?: string): Promise<Asked> {
    const asked = request(kind, way, options, playlist);
    return { ...(await stage.call("loadWith", asked)), requests: requestsOf(asked) };
  }

  describe.each(kinds)("[LC18] %s", (kind) => {
    const rows = kind === "peers" ? EVERYWHERE : [...EVERYWHERE, ...FROM_THE_CDN];
    test.each(rows)("%s", async (_, way, options, playlist) => {
      const [xhr, fetch, ours] = await Promise.all([
        load("xhr", way, options, playlist),
        // 1.5's never loads again after an abort before its first load.
        options.before ? undefined : load("fetch", way, options, playlist),
        load(kind, way, options, playlist),
      ]);
      expect(xhr.broken).toEqual([]);
      expect(shown(ours)).toEqual(shown(xhr));
      // hls.js's two agree on what matters, so it is not a whim of the one.
      if (fetch) expect([fetch.said, fetch.code]).toEqual([xhr.said, xhr.code]);
      if (ours.sha256 && kind !== "half")
        expect(ours.requests).toEqual(kind === "peers" && ours.wanted ? [] : xhr.requests);
    });

    test("[LC12] chunks are no shorter than hls.js wants them, and an encrypted segment is one", async () => {
      const [ours, encrypted] = await Promise.all([
        load(kind, "well", withProgress),
        load(kind, "well", withProgress, "encrypted.m3u8"),
      ]);
      expect(ours.chunks.slice(0, -1).filter((bytes) => bytes < 131_072)).toEqual([]);
      expect(encrypted.chunks).toEqual([stage.origin.bytes("e1.m4s").length]);
    });

    test.each([
      ["[LC14] a part of a segment", { rangeStart: 16, rangeEnd: 4096 }],
      ["[LC15] a range widened for decryption", { rangeStart: 16, rangeEnd: 4096, resetIV: true }],
    ])("%s is asked for as it is", async (_, context) => {
      const ours = await load(kind, "well", { options: { context } });
      expect(ours).toMatchObject({
        said: ["started", "success"],
        broken: [],
        sha256: stage.sha256("s1.m4s", 16, 4096),
      });
      expect(ours).toMatchObject({ requests: ["s1.m4s bytes=16-4095"], wanted: false });
    });

    test("[LC14] a range is right even where the server answers 200 with everything", async () => {
      const ours = await load(kind, "no-ranges", {}, "ranged.m3u8");
      expect(ours).toMatchObject({ said: ["started", "success"], broken: [], sha256: stage.sha256("s1.m4s") });
    });

    test("[LC19] a buffer that hls.js has transferred away does no harm to the cache", async () => {
      const asked = request(kind, "well", withProgress);
      const both = await stage.call("loadTwice", asked);
      expect(both.map(({ broken }) => broken)).toEqual([[], []]);
      expect(both.map(({ sha256 }) => sha256)).toEqual([stage.sha256("s1.m4s"), stage.sha256("s1.m4s")]);
      if (kind === "swarm") expect(requestsOf(asked)).toEqual(["s1.m4s"]);
    });

    test("[LC20] five at once do not mind each other", async () => {
      const all = await stage.call("loadFive", request(kind, "well"));
      expect(all.map(({ broken }) => broken)).toEqual([[], [], [], [], []]);
      expect(all.map(({ sha256 }) => sha256)).toEqual([0, 1, 2, 3, 1].map((index) => stage.sha256(`s${index}.m4s`)));
    });
  });

  test.each(kinds.filter((kind) => kind !== "peers"))(
    "[T7] %s: an error page or a playlist is refused where hls.js would have passed it to its demuxer",
    async (kind) => {
      for (const ours of await Promise.all([load(kind, "apologises"), load(kind, "sends-a-playlist")]))
        expect(ours).toMatchObject({ said: ["started", "error"], broken: [], code: 200 });
    },
  );

  test("[LC12] hls.js's own streaming is what chunks are measured by", async () => {
    const { chunks, progressSha256 } = await load("fetch", "well", withProgress);
    expect(progressSha256).toBe(stage.sha256("s1.m4s"));
    expect(chunks.slice(0, -1).filter((bytes) => bytes < 131_072)).toEqual([]);
  });
}

/** What a load was to hls.js. How much of a broken one was counted when it broke is a matter of luck. */
function shown({ said, broken, code, text, url, sha256, progressSha256, ...rest }: Loaded): Partial<Loaded> {
  const { status, aborted, retry, loaded, total, timeout } = rest;
  return {
    ...{ said, broken, code, text, sha256, progressSha256, aborted, retry },
    url: url?.split("/").at(-1),
    ...(sha256 !== undefined && { loaded, total }),
    ...(code && { status }),
    ...(said.includes("timeout") && { timeout }), // hls.js prints it
  };
}

const policy = { maxTimeToFirstByteMs: 300, maxLoadTimeMs: 600, timeoutRetry: null, errorRetry: null };
const within = (waits: Partial<typeof policy>): Case => {
  const own = { ...policy, ...waits };
  return { options: { policy: own }, config: { fragLoadPolicy: { default: own } } };
};
const withProgress: Case = { options: { withProgress: true } };
const inOneChunk: Case = { options: { withProgress: true, highWaterMark: Infinity } };

/** A name, how the server serves, what hls.js does, the playlist. */
type Row = [name: string, way: string, options: Case, playlist?: string];

const EVERYWHERE: readonly Row[] = [
  ["[LC2] [LC3] [LC4] [LC5] [LC8] [LC11] a segment", "well", {}],
  ["[LC10] a segment through onProgress", "well", inOneChunk],
  ["[LC13] an encrypted segment through onProgress", "well", inOneChunk, "encrypted.m3u8"],
  ["[LC14] a byte range", "well", {}, "ranged.m3u8"],
  ["[LC21] a part", "well", { what: "part" }, "parts.m3u8"],
  ["[LC22] an init segment", "well", { what: "init", options: { highWaterMark: Infinity } }],
  ["[LC23] a bandwidth test", "well", { what: "bandwidth test" }],
  ["[LC1] a loader used twice", "well", { atOnce: "load" }],
  ["[LC1] a loader used again", "well", { after: "load" }],
  ["[LC6] an abort at once", "well", { atOnce: "abort" }],
  ["[LC7] destroyed at once", "well", { atOnce: "destroy" }],
  ["[LC9] an abort before it loads", "well", { before: "abort" }],
  ["[LC9] destroyed again after success", "well", { after: "destroy" }],
  ["[LC9] destroyed again after an abort", "well", { atOnce: "abort", after: "destroy" }],
];

/** What peers that hold everything make impossible. */
const FROM_THE_CDN: readonly Row[] = [
  ["a compressed segment", "compresses", {}],
  ["[IN28] a segment that says to be a page", "mistypes", {}],
  ["[LC6] an abort while it answers", "never-ends", { midway: "abort" }],
  ["[LC7] destroyed while it answers", "never-ends", { midway: "destroy" }],
  ["[LC16] no answer in time", "never-answers", within({})],
  ["[LC16] no answer in time, where only the whole has a limit", "never-answers", within({ maxTimeToFirstByteMs: 0 })],
  ["[LC16] no end in time", "never-ends", within({})],
  ["[LC17] 403", "forbids", {}],
  ["[LC17] 404", "missing", {}],
  ["[LC17] 500", "broken", {}],
  ["[LC17] a connection that breaks off", "breaks-off", {}],
  ["[LC17] a connection that is refused", "hangs-up", {}],
];

/**
 * hls.js's own loaders and ours, over the same server, asked the same: whatever hls.js could see must be the same.
 * XMLHttpRequest is the measure; where fetch differs from it, either will do.
 */
import { describe, expect, test } from "vitest";
import type { Loaded, LoaderKind, LoadRequest } from "./page-load.ts";
import type { Stage } from "./stage.ts";

type Case = Omit<LoadRequest, "kind" | "url">;

export function proveConformance(stage: Stage): void {
  const OURS = ["origin-only", "swarm"] as const;

  const load = (kind: LoaderKind, way: string, options: Case = {}, playlist?: string): Promise<Loaded> =>
    stage.call("loadWith", { kind, url: stage.url(way, `conformance-${kind}`, playlist), ...options });

  const policy = { maxTimeToFirstByteMs: 300, maxLoadTimeMs: 600, timeoutRetry: null, errorRetry: null };
  const quick: Case = { options: { policy }, config: { fragLoadPolicy: { default: policy } } };

  describe.each(OURS)("%s", (kind) => {
    test.each<[string, string, Case, string?]>([
      ["a segment", "well", {}],
      ["a segment through onProgress", "well", { options: { withProgress: true } }],
      ["a byte range", "well", {}, "ranged.m3u8"],
      ["an encrypted segment", "well", {}, "encrypted.m3u8"],
      ["a compressed segment", "compresses", {}],
      ["404", "missing", {}],
      ["500", "broken", {}],
      ["a connection that breaks off", "breaks-off", {}],
      ["a connection that is refused", "hangs-up", {}],
      ["no answer in time", "never-answers", quick],
      ["no end in time", "never-ends", quick],
      ["an abort while it answers", "never-ends", { midway: "abort" }],
    ])("%s", async (_, way, options, playlist) => {
      const [theirs, ours] = await Promise.all([
        load("xhr", way, options, playlist),
        load(kind, way, options, playlist),
      ]);
      // How much of a broken load was counted when it broke is a matter of luck, and hls.js prints the wait of timeouts.
      const counted = theirs.sha256 === undefined ? { loaded: ours.loaded, total: ours.total } : {};
      const waited = theirs.said.includes("timeout") ? {} : { timeout: ours.timeout };
      expect(ours).toEqual({ ...theirs, ...counted, ...waited });
      expect(ours).toMatchObject({ startedAtOnce: true, inOrder: true, sameStats: true });
      expect(ours.said.filter((word) => word !== "progress")).toHaveLength(2);
    });

    test("destroyed while it answers", async () => {
      const ours = await load(kind, "never-ends", { midway: "destroy" });
      expect(ours.said).toEqual(["started"]);
      expect(ours.aborted).toBe(true);
    });

    test("an error page is refused where hls.js would have passed it to its demuxer", async () => {
      const ours = await load(kind, "apologises");
      expect(ours).toMatchObject({ said: ["started", "error"], code: 200 });
    });
  });

  test("hls.js's own loaders agree on what is measured here", async () => {
    const [xhr, fetch] = await Promise.all([load("xhr", "well"), load("fetch", "well")]);
    expect(fetch).toEqual(xhr);
  });
}

import { afterEach, describe, expect, test, vi } from "vitest";
import { loadFragment, loadSource } from "../../testkit/headless-player.ts";
import { createPlainLoader } from "../../testkit/plain-loader.ts";
import { A, B, errorsOf, firstOf, playerSwarms, settled } from "../../testkit/player-swarms.ts";
import type { PlayerSwarm } from "./player-swarm.ts";

const { drivers, switchOff, createSwarm, play } = playerSwarms();

describe("consent", () => {
  const modeOf = ({ stats }: PlayerSwarm): unknown => stats.swarming;

  test.each(["denied", "ask"] as const)("[CO1] `%s`: the player plays plainly", async (consent) => {
    const { Plain, loads } = createPlainLoader();
    const hls = await play(A, { fLoader: Plain });
    const swarm = createSwarm({ consent });
    swarm.attach(hls);
    await loadSource(hls, B);
    loadFragment(hls, firstOf(hls));
    expect(drivers).toEqual([]);
    expect(loads).toHaveLength(1);
    expect(modeOf(swarm)).toEqual({ mode: "off", reason: "consent" });
  });

  test("[CO4] granted later, it joins in the middle of playback", async () => {
    const hls = await play(A, { fLoader: createPlainLoader().Plain });
    const swarm = createSwarm({ consent: "ask" });
    swarm.attach(hls);
    swarm.consent.grant();
    expect(drivers[0]?.playlists).toHaveLength(1);
    loadFragment(hls, firstOf(hls));
    expect(drivers[0]?.wanted.size).toBe(1);
    expect(modeOf(swarm)).toMatchObject({ mode: "serve" });
    await loadSource(hls, B);
    expect(drivers).toHaveLength(2);
  });

  test("[CO5] withdrawn, all is closed at once, and what is loading goes on plainly", async () => {
    const { Plain, loads } = createPlainLoader();
    const hls = await play(A, { fLoader: Plain });
    const errors = errorsOf(hls);
    const swarm = createSwarm();
    swarm.attach(hls);
    drivers[0]?.change({ peerBytes: 300, uploadedBytes: 70, tracker: "joined" });
    loadFragment(hls, firstOf(hls));
    swarm.consent.withdraw();
    expect(drivers[0]?.isClosed).toBe(true);
    expect(loads).toHaveLength(1);
    expect(errors).toEqual([]);
    expect(swarm.stats).toMatchObject({ peerBytes: 300, uploadedBytes: 70, tracker: "off", peers: [] });
    expect(modeOf(swarm)).toEqual({ mode: "off", reason: "consent" });
    await loadSource(hls, B);
    expect(drivers).toHaveLength(1);
  });

  test("[CO3] a function is asked once there is a player, and once only", async () => {
    let asked = 0;
    const swarm = createSwarm({ consent: () => ++asked > 0 });
    await settled();
    expect(asked).toBe(0);
    const hls = await play();
    swarm.attach(hls);
    await settled();
    expect([asked, drivers.length]).toEqual([1, 1]);
    swarm.consent.withdraw();
    swarm.attach(hls);
    await settled();
    expect([asked, drivers.length]).toEqual([1, 1]);
  });

  test("[CO6] the page hears of every change", async () => {
    const swarm = createSwarm({ consent: "ask" });
    swarm.attach(await play());
    const states: string[] = [];
    const reasons: string[] = [];
    swarm.on("consent", (state) => states.push(state));
    swarm.on("change", ({ swarming }) => reasons.push(swarming.reason));
    swarm.consent.grant();
    swarm.consent.grant();
    swarm.consent.withdraw();
    await settled();
    await settled();
    expect(states).toEqual(["granted", "denied"]);
    expect(reasons).toEqual(["consent"]);
  });
});

describe("off switches", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test.each(["?p2p=0", "?a=1&p2p=0&b=2"])(
    "[CO7] `%s` in the page's address counts more than any consent",
    async (search) => {
      vi.stubGlobal("location", { href: `https://page.example/${search}`, search });
      let asked = 0;
      const [granted, asking] = [createSwarm({ consent: "granted" }), createSwarm({ consent: () => ++asked > 0 })];
      granted.attach(await play());
      asking.attach(await play());
      await settled();
      granted.consent.grant();
      expect([asked, drivers]).toEqual([0, []]);
      expect(granted.stats.swarming).toEqual({ mode: "off", reason: "url" });
    },
  );

  test.each(["", "?p2p=1", "?p2p=00", "?ap2p=0"])("[CO7] `%s` switches nothing off", async (search) => {
    vi.stubGlobal("location", { href: `https://page.example/${search}`, search });
    createSwarm().attach(await play());
    expect(drivers).toHaveLength(1);
  });

  test("[CO8] [TR48] the tracker's word holds for this stream, in all players of the page, whatever the viewer says", async () => {
    const [hls, contentId] = [await play(), "switched off"];
    const swarm = createSwarm({ contentId: (url) => (url === A ? contentId : undefined) });
    swarm.attach(hls);
    switchOff[0]?.();
    expect(drivers[0]?.isClosed).toBe(true);
    expect(swarm.stats.swarming).toEqual({ mode: "off", reason: "tracker" });
    swarm.consent.withdraw();
    swarm.consent.grant();
    createSwarm({ contentId }).attach(await play());
    expect(drivers).toHaveLength(1);
    await loadSource(hls, B);
    expect(drivers).toHaveLength(2);
    expect(swarm.stats.swarming).toMatchObject({ mode: "serve" });
  });
});

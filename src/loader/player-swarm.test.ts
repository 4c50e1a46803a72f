import Hls, { type HlsConfig } from "hls.js";
import { afterEach, describe, expect, test, vi } from "vitest";
import { loadFragment, loadSource, quiet } from "../../testkit/headless-player.ts";
import { createPlainLoader } from "../../testkit/plain-loader.ts";
import { A, B, errorsOf, firstOf, PLAYLISTS, playerSwarms, settled } from "../../testkit/player-swarms.ts";
import { swarmIdOf } from "../protocol/ids.ts";
import type { SwarmStats } from "../swarm/core/stats.ts";
import { PlayerSwarm } from "./player-swarm.ts";
import { install, type DeliveredSegment } from "./swarm.ts";

const { drivers, opened, players, createSwarm, play } = playerSwarms();

describe("attach", () => {
  test("puts a loader in and takes it out again", async () => {
    const hls = await play();
    const detach = createSwarm().attach(hls);
    expect(hls.config.fLoader).toBeDefined();
    detach();
    detach();
    expect(hls.config).not.toHaveProperty("fLoader", expect.anything());
    expect(drivers[0]?.isClosed).toBe(true);
  });

  test("puts the loader back that was there", async () => {
    const { Plain } = createPlainLoader();
    const hls = await play(A, { fLoader: Plain });
    const detach = createSwarm().attach(hls);
    expect(hls.config.fLoader).not.toBe(Plain);
    detach();
    expect(hls.config.fLoader).toBe(Plain);
  });

  test("leaves alone what somebody put around it", async () => {
    const hls = await play();
    const detach = createSwarm().attach(hls);
    const { Plain } = createPlainLoader();
    hls.config.fLoader = Plain;
    detach();
    expect(hls.config.fLoader).toBe(Plain);
  });

  test("before there is a source waits for one", async () => {
    const hls = new Hls(quiet(PLAYLISTS));
    players.push(hls);
    createSwarm().attach(hls);
    expect(drivers).toHaveLength(0);
    await loadSource(hls, A);
    expect(drivers).toHaveLength(1);
    expect(drivers[0]?.playlists).toHaveLength(1);
  });

  test("in the middle of playback knows what is loaded already", async () => {
    const hls = await play();
    createSwarm().attach(hls);
    expect(drivers[0]?.playlists[0]?.segments).toHaveLength(2);
    loadFragment(hls, firstOf(hls));
    expect(drivers[0]?.wanted.size).toBe(1);
  });

  test("puts nothing into the config that hls.js could not hand to its worker", async () => {
    const hls = await play();
    const before = JSON.stringify(hls.config);
    createSwarm().attach(hls);
    expect(JSON.stringify(hls.config)).toBe(before);
  });

  test("a hundred times and out again leaves nothing", async () => {
    const hls = await play();
    const events = Object.values(Hls.Events);
    const listeners = (): number => events.reduce((sum, event) => sum + hls.listenerCount(event), 0);
    const before = listeners();
    vi.useFakeTimers();
    const swarm = createSwarm();
    swarm.on("change", () => {});
    for (let i = 0; i < 100; i++) {
      const detach = swarm.attach(hls);
      drivers.at(-1)?.change({});
      detach();
    }
    expect(listeners()).toBe(before);
    expect(vi.getTimerCount()).toBe(0);
    expect(drivers.filter(({ isClosed }) => !isClosed)).toEqual([]);
    vi.useRealTimers();
  });

  test("to another player leaves the first", async () => {
    const [first, second] = [await play(), await play()];
    const swarm = createSwarm();
    swarm.attach(first);
    swarm.attach(second);
    expect(drivers.map(({ isClosed }) => isClosed)).toEqual([true, false]);
    expect(first.config.fLoader).toBeUndefined();
  });

  test("two swarms in two players do not mind each other", async () => {
    const [first, second] = [await play(), await play(B)];
    createSwarm().attach(first);
    createSwarm().attach(second);
    loadFragment(first, firstOf(first));
    expect(drivers.map(({ wanted }) => wanted.size)).toEqual([1, 0]);
    first.destroy();
    expect(drivers.map(({ isClosed }) => isClosed)).toEqual([true, false]);
  });

  test.each([{ assetPlayerId: "ad" }, { primarySessionId: "main" }])(
    "leaves child players alone: %o",
    async (config) => {
      const hls = await play(A, config);
      createSwarm().attach(hls);
      expect(hls.config.fLoader).toBeUndefined();
      expect(drivers).toHaveLength(0);
    },
  );

  test("does nothing where there is no WebRTC", async () => {
    vi.stubGlobal("RTCPeerConnection", undefined);
    try {
      const hls = await play();
      const swarm = createSwarm();
      expect(swarm.isSupported()).toBe(false);
      swarm.attach(hls)();
      expect(hls.config.fLoader).toBeUndefined();
      expect(swarm.stats.segments).toEqual([]);
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

describe("sources", () => {
  test("each is a swarm of its own", async () => {
    const hls = await play();
    createSwarm().attach(hls);
    await loadSource(hls, B);
    expect(new Set(opened).size).toBe(2);
    expect(drivers.map(({ isClosed }) => isClosed)).toEqual([true, false]);
  });

  test("are named by the site if it likes", async () => {
    const hls = await play();
    createSwarm({ contentId: "channel" }).attach(hls);
    createSwarm({ contentId: (url) => (url === A ? "channel" : undefined) }).attach(hls);
    expect(opened).toEqual([swarmIdOf("content:channel"), swarmIdOf("content:channel")]);
    await loadSource(hls, B);
    createSwarm().attach(hls);
    expect(opened.at(-1)).toBe(swarmIdOf("path:/b/index.m3u8"));
  });

  test("for which there can be no swarm play plainly", async () => {
    const { Plain, loads } = createPlainLoader();
    const hls = await play(A, { fLoader: Plain });
    const errors = errorsOf(hls);
    const bugs: unknown[] = [];
    const bug = new Error("no");
    const swarm = new PlayerSwarm({}, () => {
      throw bug;
    });
    swarm.on("retired", (told) => bugs.push(told));
    swarm.attach(hls);
    loadFragment(hls, firstOf(hls));
    await settled();
    expect(loads).toHaveLength(1);
    expect(errors).toEqual([]);
    expect(bugs).toEqual([bug]);
  });

  test("whose segments the site cannot name play plainly, and leave nothing behind", async () => {
    const { Plain, loads } = createPlainLoader();
    const hls = await play(A, { fLoader: Plain });
    const listeners = hls.listenerCount(Hls.Events.LEVEL_UPDATED);
    const errors = errorsOf(hls);
    const swarm = createSwarm({
      segmentKey: () => {
        throw new Error("no name");
      },
    });
    swarm.attach(hls);
    loadFragment(hls, firstOf(hls));
    expect(loads).toHaveLength(1);
    expect(errors).toEqual([]);
    expect(swarm.stats.retired).toBe(true);
    expect(drivers[0]?.isClosed).toBe(true);
    expect(hls.listenerCount(Hls.Events.LEVEL_UPDATED)).toBe(listeners);
  });

  test("end with the player: nothing is loaded anew, nothing is left", async () => {
    const { Plain, loads } = createPlainLoader();
    const hls = await play(A, { fLoader: Plain });
    const swarm = createSwarm();
    swarm.attach(hls);
    const { loader } = loadFragment(hls, firstOf(hls));
    hls.destroy();
    loader.destroy();
    expect(loads).toEqual([]);
    expect(drivers[0]?.isClosed).toBe(true);
    expect(hls.listenerCount(Hls.Events.MANIFEST_LOADING)).toBe(0);
  });
});

describe("a bug of ours in a listener", () => {
  test("never reaches hls.js, and costs the swarm, not the player", async () => {
    const hls = await play();
    const errors = errorsOf(hls);
    const bugs: unknown[] = [];
    const swarm = createSwarm();
    swarm.on("retired", (bug) => bugs.push(bug));
    swarm.attach(hls);
    const bug = new Error("bug");
    drivers[0]!.bugOfPlayback = bug;
    hls.trigger(Hls.Events.MEDIA_DETACHING, {});
    await settled();
    expect(errors).toEqual([]);
    expect(bugs).toEqual([bug]);
    expect(drivers[0]?.isClosed).toBe(true);
    expect(swarm.stats.retired).toBe(true);
  });
});

describe("other doors", () => {
  test("config meets the player that it made", async () => {
    const swarm = createSwarm();
    const hls = new Hls({ ...quiet(PLAYLISTS), ...swarm.config(Hls) });
    players.push(hls);
    await loadSource(hls, A);
    expect(hls.config.fLoader).toBeDefined();
    expect(drivers[0]?.playlists).toHaveLength(1);
  });

  test("config keeps the controller that was in mine", async () => {
    let made = 0;
    const mine: Partial<HlsConfig> = {
      ...quiet(PLAYLISTS),
      abrController: class extends Hls.DefaultConfig.abrController {
        constructor(hls: Hls) {
          super(hls);
          made++;
        }
      },
    };
    const hls = new Hls({ ...mine, ...createSwarm().config(Hls, mine) });
    players.push(hls);
    await loadSource(hls, A);
    expect(made).toBe(1);
    expect(drivers).toHaveLength(1);
  });

  test("config goes around what hls.js puts into the config itself", async () => {
    const hls = new Hls({ ...quiet(PLAYLISTS), cmcd: {}, ...createSwarm().config(Hls) });
    players.push(hls);
    const cmcd = hls.config.fLoader;
    expect(cmcd).toBeDefined();
    await settled();
    expect(hls.config.fLoader).not.toBe(cmcd);
  });

  test("install gives every player a swarm of its own, until it is told to stop", async () => {
    const before = Hls.DefaultConfig.abrController;
    const swarms: unknown[] = [];
    const stop = install(Hls, { tracker: "wss://tracker.example", onSwarm: (swarm) => swarms.push(swarm) });
    players.push(
      new Hls(quiet(PLAYLISTS)),
      new Hls(quiet(PLAYLISTS)),
      new Hls({ ...quiet(PLAYLISTS), assetPlayerId: "ad" }),
    );
    await settled();
    expect(new Set(swarms).size).toBe(2);
    expect(players.map(({ config }) => config.fLoader !== undefined)).toEqual([true, true, false]);
    stop();
    expect(Hls.DefaultConfig.abrController).toBe(before);
    players.push(new Hls(quiet(PLAYLISTS)));
    await settled();
    expect(swarms).toHaveLength(2);
  });
});

describe("stats and events", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test("stats are zero before the first source, and the last ones after the last", async () => {
    const swarm = createSwarm();
    expect(swarm.stats).toMatchObject({
      peerBytes: 0,
      originBytes: 0,
      offload: 0,
      tracker: "off",
      peers: [],
      retired: false,
    });
    const hls = await play();
    const detach = swarm.attach(hls);
    drivers[0]?.change({ peerBytes: 300, originBytes: 100, offload: 0.75 });
    expect(swarm.stats.offload).toBe(0.75);
    detach();
    expect(swarm.stats.offload).toBe(0.75);
  });

  test("change comes at once, then at most four times a second, and never late for the last", async () => {
    const swarm = createSwarm();
    swarm.attach(await play());
    vi.useFakeTimers();
    const seen: SwarmStats[] = [];
    swarm.on("change", (stats) => seen.push(stats));
    for (let ms = 0; ms < 1000; ms += 10) {
      drivers[0]?.change({ peerBytes: ms });
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(seen.length).toBeGreaterThanOrEqual(4);
    expect(seen.length).toBeLessThanOrEqual(5);
    await vi.advanceTimersByTimeAsync(250);
    expect(seen.at(-1)?.peerBytes).toBe(990);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("segment tells what was delivered, and by whom", async () => {
    const hls = await play();
    const swarm = createSwarm();
    const seen: DeliveredSegment[] = [];
    const stop = swarm.on("segment", (delivered) => seen.push(delivered));
    swarm.attach(hls);
    loadFragment(hls, firstOf(hls));
    const segment = drivers[0]!.playlists[0]!.segments[0]!.id;
    drivers[0]!.deliver(new Uint8Array(1000), 700);
    await settled();
    const [track] = segment.split("/");
    expect(seen).toEqual([{ segment, track, sequence: 7, byteLength: 1000, peerBytes: 700, originBytes: 300 }]);
    stop();
    loadFragment(hls, firstOf(hls));
    drivers[0]!.deliver(new Uint8Array(1000));
    await settled();
    expect(seen).toHaveLength(1);
  });
});

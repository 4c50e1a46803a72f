import { AttrList, Part, type Fragment, type MediaFragment } from "hls.js";
import type Hls from "hls.js";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import {
  loadFragment,
  openPlayer,
  standInForBrowser,
  type LoadOptions,
  type LoadRecord,
} from "../../testkit/headless-player.ts";
import { createPlainLoader, type PlainLoad } from "../../testkit/plain-loader.ts";
import { ScriptedDriver } from "../../testkit/scripted-driver.ts";
import { PlayerSwarm } from "./player-swarm.ts";
import { SEGMENT_BYTES_MAX } from "./segment-catalogue.ts";

const PLAYLIST_URL = "https://cdn.example/live/index.m3u8";
const PLAYLIST = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:100
#EXT-X-MAP:URI="init.mp4"
#EXTINF:4,
s100.m4s
#EXTINF:4,
s101.m4s
#EXTINF:4,
s102.m4s
#EXTINF:4,
s103.m4s
#EXTINF:4,
s104.m4s
#EXT-X-ENDLIST
`;

interface Stage {
  readonly hls: Hls;
  readonly driver: ScriptedDriver;
  readonly plain: readonly PlainLoad[];
  readonly bugs: unknown[];
  readonly frags: readonly MediaFragment[];
  detach(): void;
  load(frag?: Fragment, options?: LoadOptions): LoadRecord;
}

/** A player with a swarm in it that does what the test says. */
async function stage(): Promise<Stage> {
  const { Plain, loads } = createPlainLoader();
  const hls = await openPlayer(new Map([[PLAYLIST_URL, PLAYLIST]]), PLAYLIST_URL, { fLoader: Plain });
  const drivers: ScriptedDriver[] = [];
  const swarm = new PlayerSwarm({}, (_, origin) => {
    const driver = new ScriptedDriver(origin);
    drivers.push(driver);
    return driver;
  });
  const bugs: unknown[] = [];
  swarm.on("retired", (bug) => bugs.push(bug));
  const detach = swarm.attach(hls);
  const [driver] = drivers;
  const frags = hls.levels[0]?.details?.fragments ?? [];
  return {
    hls,
    driver: driver!,
    plain: loads,
    bugs,
    frags,
    detach,
    load: (frag = frags[0]!, options) => loadFragment(hls, frag, options),
  };
}

const bytes = (length = 1000): Uint8Array<ArrayBuffer> => Uint8Array.from({ length }, (_, index) => index % 251);
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

beforeAll(standInForBrowser);

let world: Stage;
beforeEach(async () => {
  world = await stage();
});

describe("a segment that the swarm brings", () => {
  test("arrives whole, once, after load has returned", async () => {
    const load = world.load();
    const segment = bytes();
    world.driver.deliver(segment.slice());
    await load.ended;
    expect(load.said).toEqual(["started", "success"]);
    expect(new Uint8Array(load.data!)).toEqual(segment);
    expect(world.plain).toEqual([]);
  });

  test("goes through onProgress first where there is one", async () => {
    const load = world.load(undefined, { withProgress: true });
    world.driver.deliver(bytes());
    await load.ended;
    expect(load.said).toEqual(["started", "progress", "success"]);
    expect(load.progressed).toEqual([load.data]);
  });

  test("has a buffer of its own, which hls.js may transfer away", async () => {
    const load = world.load();
    const shared = bytes(2000);
    world.driver.deliver(shared.subarray(500, 1500));
    await load.ended;
    expect(load.data?.byteLength).toBe(1000);
    structuredClone(load.data, { transfer: [load.data!] });
    expect(shared.byteLength).toBe(2000);
  });

  test("leaves statistics in order, in the object that hls.js had from the start", async () => {
    const load = world.load();
    const { stats } = load.loader;
    expect(world.frags[0]?.stats).toBe(stats);
    expect(stats.loading.start).toBeGreaterThan(0);
    world.driver.deliver(bytes());
    await load.ended;
    expect(load.loader.stats).toBe(stats);
    expect(stats).toMatchObject({ loaded: 1000, total: 1000, aborted: false });
    expect(stats.loading.start).toBeLessThanOrEqual(stats.loading.first);
    expect(stats.loading.first).toBeLessThanOrEqual(stats.loading.end);
  });

  test("shows its size as soon as it is known, and nothing of what peers bring", () => {
    const { stats } = world.load().loader;
    world.driver.only.progress?.(400, 0, undefined);
    expect(stats).toMatchObject({ loaded: 0, total: 0 });
    world.driver.only.progress?.(500, 0, 1000);
    expect(stats).toMatchObject({ loaded: 0, total: 1000 });
    expect(stats.loading.first).toBe(0);
  });

  test("five at once do not mind each other", async () => {
    const loads = world.frags.map((frag) => world.load(frag));
    [...world.driver.wanted.values()].forEach((watcher, index) => {
      watcher.complete({ bytes: bytes(index + 1), peerBytes: 1, originBytes: index });
    });
    await Promise.all(loads.map((load) => load.ended));
    expect(loads.map((load) => load.data?.byteLength)).toEqual([1, 2, 3, 4, 5]);
  });

  test("counts the retries that hls.js wrote down", async () => {
    const load = world.load();
    load.loader.stats.retry = 3;
    world.driver.deliver(bytes());
    await load.ended;
    expect(load.loader.stats.retry).toBe(3);
  });

  test("a loader loads once", () => {
    const { loader, context, config } = world.load();
    const nothing = { onSuccess: () => {}, onError: () => {}, onTimeout: () => {} };
    expect(() => {
      loader.load(context, config, nothing);
    }).toThrow("once");
  });
});

describe("hls.js changes its mind", () => {
  test("abort says so at once, and nothing after", async () => {
    const load = world.load();
    const watcher = world.driver.only;
    load.loader.abort(); // the record destroys the loader inside of onAbort, as hls.js does
    expect(load.said).toEqual(["started", "abort"]);
    expect(load.loader.stats.aborted).toBe(true);
    expect(world.driver.wanted.size).toBe(0);
    watcher.complete({ bytes: bytes(), peerBytes: 0, originBytes: 1000 });
    watcher.failed(500);
    load.loader.abort();
    await settled();
    expect(load.said).toEqual(["started", "abort"]);
  });

  test("destroy in flight is silent and counts as ended early", async () => {
    const load = world.load();
    const watcher = world.driver.only;
    load.loader.destroy();
    load.loader.destroy();
    watcher.complete({ bytes: bytes(), peerBytes: 0, originBytes: 1000 });
    await settled();
    expect(load.said).toEqual(["started"]);
    expect(load.loader.stats.aborted).toBe(true);
    expect(load.loader.context).toBeNull();
    expect(world.driver.wanted.size).toBe(0);
  });

  test("destroy after success does not", async () => {
    const load = world.load();
    world.driver.deliver(bytes());
    await load.ended;
    load.loader.destroy();
    load.loader.abort();
    expect(load.loader.stats.aborted).toBe(false);
    expect(load.said).toEqual(["started", "success"]);
  });

  test("abort and destroy before load are harmless", () => {
    const { hls } = world;
    const loader = new hls.config.fLoader!(hls.config);
    loader.abort();
    loader.destroy();
    expect(loader.stats.aborted).toBe(false);
    expect(world.plain).toEqual([]);
  });

  test("destroy in onProgress keeps onSuccess from being called", async () => {
    const load = world.load(undefined, { withProgress: true });
    load.progressed.push = () => {
      load.loader.destroy();
      return 1;
    };
    world.driver.deliver(bytes());
    await settled();
    expect(load.said).toEqual(["started", "progress"]);
  });
});

describe("failures", () => {
  test.each([403, 404, 500, 503])("the origin's %i is reported as it is", async (status) => {
    const load = world.load();
    world.driver.only.failed(status);
    await load.ended;
    expect(load.said).toEqual(["started", "error"]);
    expect(load.error?.code).toBe(status);
  });

  test("a load that takes too long is a timeout, and says how long", async () => {
    vi.useFakeTimers();
    try {
      const load = world.load(undefined, { policy: { maxTimeToFirstByteMs: 100, maxLoadTimeMs: 5000 } });
      expect(load.config.timeout).toBe(100);
      await vi.advanceTimersByTimeAsync(4999);
      expect(load.said).toEqual(["started"]);
      await vi.advanceTimersByTimeAsync(1);
      expect(load.said).toEqual(["started", "timeout"]);
      expect(load.config.timeout).toBe(5000);
      expect(world.driver.wanted.size).toBe(0);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test("an origin that took too long is a timeout too, not an error", async () => {
    const load = world.load();
    const [segment] = world.driver.wanted.keys();
    const { only, origin } = world.driver;
    origin.fetch(
      { segment: segment!, from: 0 },
      {
        opened: () => {},
        data: () => {},
        closed: (end) => {
          only.failed(end.outcome === "failed" ? end.status : -1);
        },
      },
    );
    await settled();
    const [request] = world.plain;
    request!.callbacks.onTimeout(request!.stats, request!.context, null);
    await load.ended;
    expect(load.said).toEqual(["started", "timeout"]);
  });

  test("no wait at all when hls.js sets none", () => {
    vi.useFakeTimers();
    try {
      const load = world.load(undefined, { policy: { maxTimeToFirstByteMs: Infinity, maxLoadTimeMs: Infinity } });
      expect(load.config.timeout).toBe(Infinity);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("not for the swarm", () => {
  /** Loads it and checks that the plain loader had it, with hls.js's own arguments, and that the player got its answer. */
  const expectPlain = async (frag: Fragment, options?: LoadOptions): Promise<void> => {
    const load = world.load(frag, options);
    expect(world.driver.wanted.size).toBe(0);
    const request = world.plain.at(-1);
    expect(request?.context).toBe(load.context);
    expect(request?.config).toBe(load.config);
    expect(request?.stats).toBe(load.loader.stats);
    request?.succeed(new ArrayBuffer(7));
    await load.ended;
    expect(load.data?.byteLength).toBe(7);
    expect(request?.undone).toEqual(["destroyed"]);
  };

  test("init segments", () => expectPlain(world.frags[0]!.initSegment!));
  test("parts", () => {
    const part = new Part(new AttrList({ DURATION: "1", URI: "s100.0.m4s" }), world.frags[0]!, PLAYLIST_URL, 0);
    return expectPlain(world.frags[0]!, { context: { part } });
  });
  test("a part of a segment", () => expectPlain(world.frags[0]!, { context: { rangeStart: 100, rangeEnd: 200 } }));
  test("bitrate tests", () => expectPlain(Object.assign(world.frags[0]!, { bitrateTest: true })));
  test("fragments of no playlist", () => expectPlain(Object.create(world.frags[0]!) as Fragment));
  test("segments that the swarm does not list", async () => {
    world.driver.lists = () => false;
    await expectPlain(world.frags[0]!);
  });
  test("anything once the swarm has retired", async () => {
    world.driver.retire(new Error("bug"));
    await expectPlain(world.frags[0]!);
  });
  test("anything once it is detached", async () => {
    world.detach();
    expect(world.load().said).toEqual(["started"]);
    expect(world.plain).toHaveLength(1);
  });

  test("abort and destroy reach the plain loader", () => {
    const load = world.load(world.frags[0]!.initSegment!);
    load.loader.abort();
    load.loader.destroy();
    expect(world.plain[0]?.undone).toEqual(["aborted", "destroyed"]);
  });
});

describe("the swarm gives up", () => {
  const plainly = async (load: LoadRecord): Promise<void> => {
    expect(load.said).toEqual(["started"]);
    expect(world.plain).toHaveLength(1);
    expect(load.loader.stats.aborted).toBe(false);
    world.plain[0]?.succeed(new ArrayBuffer(9));
    await load.ended;
    expect(load.said).toEqual(["started", "success"]);
    expect(load.data?.byteLength).toBe(9);
  };

  test("a pending load goes on plainly when the swarm retires, unseen", async () => {
    const load = world.load();
    world.driver.only.progress?.(100, 0, 1000);
    world.driver.retire(new Error("bug"));
    await plainly(load);
    await settled();
    expect(world.bugs).toEqual([new Error("bug")]);
  });

  test("a pending load goes on plainly when the swarm is taken out", async () => {
    const load = world.load();
    world.detach();
    await plainly(load);
  });

  test("a bug in asking is ours alone", async () => {
    world.driver.bugOfWant = new Error("bug");
    await plainly(world.load());
    expect(world.bugs).toEqual([new Error("bug")]);
    expect(world.driver.isClosed).toBe(true);
  });

  test("a segment that turns out too large to share", async () => {
    const load = world.load();
    world.driver.only.progress?.(0, 1000, SEGMENT_BYTES_MAX + 1);
    expect(world.driver.wanted.size).toBe(0);
    await plainly(load);
    expect(world.bugs).toEqual([]);
  });

  test("a bug in looking is ours alone", async () => {
    world.driver.lists = () => {
      throw new Error("bug");
    };
    await plainly(world.load());
    expect(world.bugs).toEqual([new Error("bug")]);
  });

  test("what was already over stays over", async () => {
    const load = world.load();
    world.driver.deliver(bytes());
    await load.ended;
    world.driver.retire(new Error("bug"));
    expect(world.plain).toEqual([]);
  });
});

test("[TK56] a viewer that is held out loads plainly, and counts what the swarm would have brought", async () => {
  const { driver, plain, frags, load } = await stage();
  const before = load(frags[0]);
  driver.change({ holdOut: true });
  const after = load(frags[1]);
  expect(driver.wanted.size).toBe(1); // what was begun is not begun again
  expect(plain).toHaveLength(1);
  after.loader.stats.loaded = 500; // as hls.js's own loaders write it
  plain[0]?.succeed(bytes(500).buffer);
  await settled();
  expect(after.said).toContain("success");
  expect(before.said).toEqual(["started"]);
  expect(driver.told.filter(({ type }) => type !== "device")).toEqual([{ type: "loaded-plainly", byteLength: 500 }]);
});

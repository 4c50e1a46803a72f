import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/option-error.ts";
import { openRedisBus } from "../../src/tracker-server/io/redis-bus.ts";
import { openUnixBus, startUnixBusHub, type UnixBusHub } from "../../src/tracker-server/io/unix-bus.ts";
import { busContract, listen } from "../../testkit/bus-contract.ts";
import { createMemoryEngine } from "../../testkit/memory-bus.ts";
import { startRedis, startRedisCluster, type TestRedis } from "../../testkit/redis.ts";

describe("every bus", () => {
  let redis: TestRedis;
  let cluster: Awaited<ReturnType<typeof startRedisCluster>>;
  let hub: UnixBusHub;
  const path = join(tmpdir(), `hls-swarm-${randomUUID()}.sock`);
  beforeAll(async () => {
    [redis, cluster, hub] = await Promise.all([startRedis(), startRedisCluster(), startUnixBusHub(path)]);
  });
  afterAll(() => Promise.all([redis.close(), cluster.close(), hub.close()]));

  const engine = createMemoryEngine();
  busContract("in memory", () => Promise.resolve(engine.open()));
  busContract("over a unix socket", () => openUnixBus(path));
  busContract("over Redis", () => openRedisBus(redis.url));
  busContract("over a Redis cluster", () => openRedisBus(cluster.url));

  test("a cluster is recognized by one of its nodes", async () => {
    const [whole, part] = await Promise.all([
      openRedisBus(cluster.url),
      openRedisBus(cluster.url.replace("redis-cluster", "redis").replace(/,.*/, "")),
    ]);
    const inbox = await listen(whole, "a");
    await part.publish("a", Buffer.from("hello"));
    expect((await inbox.next()).toString()).toBe("hello");
    await Promise.all([whole.close(), part.close()]);
  });

  test("deployments with different prefixes do not hear each other", async () => {
    const [one, two] = await Promise.all([
      openRedisBus(`${redis.url}?prefix=one`),
      openRedisBus(`${redis.url}?prefix=two`),
    ]);
    const [first, second] = [await listen(one, "a"), await listen(two, "a")];
    await one.publish("a", Buffer.from("one"));
    await two.publish("a", Buffer.from("two"));
    expect((await first.next()).toString()).toBe("one");
    expect((await second.next()).toString()).toBe("two");
    await Promise.all([one.close(), two.close()]);
  });
});

describe("a bus over Redis", () => {
  let redis: TestRedis;
  beforeEach(async () => {
    redis = await startRedis("--requirepass", "open sesame");
  });
  afterEach(() => redis.close());
  const url = (): string => redis.url.replace("redis://", "redis://:open%20sesame@");
  const command = (...args: readonly string[]): Promise<string> =>
    redis.command("--no-auth-warning", "-a", "open sesame", ...args);

  test("[TK38] comes back when Redis does, with all its subscriptions", async () => {
    const warnings: string[] = [];
    const log = (text: string): void => void warnings.push(text);
    const bus = await openRedisBus(url(), { info: log, warn: log, error: log });
    const inbox = await listen(bus, "a");
    await redis.kill();
    await expect.poll(() => bus.publish("a", Buffer.from("x")).catch((error: unknown) => error)).toBeInstanceOf(Error);
    await redis.restart();
    await expect.poll(() => warnings).toHaveLength(2); // away, and back
    await listen(bus, "b");
    await bus.publish("a", Buffer.from("hello"));
    expect((await inbox.next()).toString()).toBe("hello");
    await bus.close();
  });

  test("[TK38] comes back when its subscriptions are cut", async () => {
    const bus = await openRedisBus(url());
    await listen(bus, "a");
    expect(await command("CLIENT", "KILL", "TYPE", "pubsub")).toContain("1");
    await listen(bus, "a");
    await bus.close();
  });

  test("[TK38] waits for a Redis that is not there yet", async () => {
    await redis.kill();
    const warnings: string[] = [];
    const bus = await openRedisBus(url(), {
      info: () => undefined,
      warn: (text) => void warnings.push(text),
      error: () => undefined,
    });
    expect(warnings[0]).toContain("cannot be reached");
    const inbox = listen(bus, "a");
    await redis.restart();
    await inbox;
    await bus.close();
  });

  test("needs no more than the access list in docs/tracker-scaling.md", async () => {
    const page = await readFile(new URL("../../docs/tracker-scaling.md", import.meta.url), "utf8");
    const [, list = ""] = /^ACL (SETUSER tracker .*)$/m.exec(page) ?? [];
    expect(await command("ACL", ...list.split(" "))).toContain("OK");
    const bus = await openRedisBus(redis.url.replace("redis://", "redis://tracker:password@"));
    const inbox = await listen(bus, "a");
    await bus.publish("a", Buffer.from("hello"));
    expect((await inbox.next()).toString()).toBe("hello");
    bus.unsubscribe("a");
    await bus.close();
  });

  test("keeps nothing for a Redis that does not read", async () => {
    const bus = await openRedisBus(url());
    await listen(bus, "a");
    redis.signal("SIGSTOP");
    const sent = Array.from({ length: 3_000 }, () => bus.publish("a", Buffer.alloc(1_000)));
    await expect(Promise.all(sent.slice(-1_990).map((publish) => publish.catch(() => "refused")))).resolves.toEqual(
      Array(1_990).fill("refused"),
    );
    const settled = Promise.allSettled(sent);
    redis.signal("SIGCONT");
    expect((await settled).filter(({ status }) => status === "fulfilled").length).toBeGreaterThan(900);
    await bus.close();
  });

  test.each([
    ["a wrong password", "redis://:guess@", "refuses us"],
    ["no password", "redis://", "refuses us"],
  ])("says so at %s", async (_, start, text) => {
    const opening = openRedisBus(redis.url.replace("redis://", start));
    await expect(opening).rejects.toThrow(text);
    await expect(opening).rejects.toBeInstanceOf(OptionError);
  });

  test.each([
    "",
    "localhost:6379",
    "http://localhost",
    "redis://",
    "redis://a,b",
    "redis://host:port",
    "redis://h?prefix=a b",
  ])("a wrong URL is refused without being repeated: %s", async (wrong) => {
    await expect(openRedisBus(wrong)).rejects.toBeInstanceOf(OptionError);
  });
});

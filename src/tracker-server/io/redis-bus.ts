import { setTimeout as sleep } from "node:timers/promises";
import { OptionError } from "../../base/option-error.ts";
import type { Millis } from "../../base/time.ts";
import type { Bus } from "./bus.ts";
import { SILENT, type TrackerLogger } from "./logger.ts";
import { RenewedBus, type BusConnection, type ConnectBus } from "./renewed-bus.ts";

type Redis = typeof import("redis");

/** Where Redis is, and what all our channels begin with. */
interface Address {
  readonly urls: readonly [string, ...string[]];
  readonly isCluster: boolean;
  readonly prefix: string;
}

/**
 * A bus over Redis 7 or Valkey: plain pub/sub, sharded pub/sub on a cluster. `url` is `redis://` or `rediss://` (TLS) with
 * `user:password@`, host and port; `redis-cluster://` or `rediss-cluster://` may name several hosts with commas between;
 * `?prefix=name` keeps deployments that share a Redis apart. Rejects with an {@link OptionError} when the package `redis`
 * is missing, the URL is wrong, or Redis refuses the password. A Redis that cannot be reached is waited for.
 */
export async function openRedisBus(url: string, logger: TrackerLogger = SILENT): Promise<Bus> {
  const address = parseAddress(url);
  const redis = await loadRedis();
  const bus = new RenewedBus(connectTo(redis, address), logger);
  const failure: unknown = await bus.open().catch((cause: unknown) => cause);
  if (failure instanceof redis.ErrorReply) throw new OptionError(`Redis refuses us: ${failure.message}`);
  bus.start(failure);
  return bus;
}

function parseAddress(text: string): Address {
  const [, secure, cluster, login = "", hosts, query] = URL_PATTERN.exec(text) ?? [];
  if (secure === undefined || hosts === undefined) throw wrongUrl();
  const [first = "", ...others] = hosts.split(",").map((host) => `redis${secure}://${login}${host}`);
  if (![first, ...others].every((url) => URL.canParse(url)) || (others.length > 0 && !cluster)) throw wrongUrl();
  const prefix = new URLSearchParams(query).get("prefix") ?? "hls-swarm";
  if (!/^[A-Za-z0-9_.-]{1,64}$/.test(prefix))
    throw new OptionError("the prefix in the Redis URL must be 1 to 64 characters A-Z a-z 0-9 _ . -");
  return { urls: [first, ...others], isCluster: cluster !== undefined, prefix };
}

/** Without the URL itself, in which a password may stand. */
const wrongUrl = (): OptionError =>
  new OptionError(
    "the Redis URL must look like redis://user:password@host:6379 or redis-cluster://host:6379,host:6380",
  );

async function loadRedis(): Promise<Redis> {
  try {
    return await import("redis");
  } catch {
    throw new OptionError("a bus over Redis needs the package redis, which is not installed: npm install redis");
  }
}

/** Whoever says `redis://` to one node of a cluster means the cluster. */
function connectTo(redis: Redis, { urls, isCluster, prefix }: Address): ConnectBus {
  let mode: "unknown" | "single" | "cluster" = isCluster ? "cluster" : "unknown";
  return async (deliver) => {
    const channelOf = (channel: string): string => `${prefix}:${channel}`;
    const hear = (message: Buffer, channel: Buffer): void => {
      deliver(channel.toString().slice(prefix.length + 1), message);
    };
    if (mode === "unknown") mode = await modeOf(redis, urls[0]);
    return mode === "single"
      ? connectSingle(redis, urls[0], channelOf, hear)
      : connectCluster(redis, urls, channelOf, hear);
  };
}

async function modeOf(redis: Redis, url: string): Promise<"single" | "cluster"> {
  const client = redis.createClient(singleOptions(url));
  client.on("error", () => undefined); // whoever waits for an answer learns of it
  try {
    await soon(client.connect());
    // An access list may forbid INFO: then Redis is taken for what it looks like.
    const info = await soon(client.info("cluster")).catch(() => "");
    return info.includes("cluster_enabled:1") ? "cluster" : "single";
  } finally {
    if (client.isOpen) client.destroy();
  }
}

/** One connection to speak and one to listen, so that neither waits for the other. */
async function connectSingle(
  redis: Redis,
  url: string,
  channelOf: (channel: string) => string,
  hear: (message: Buffer, channel: Buffer) => void,
): Promise<BusConnection> {
  const speaker = redis.createClient(singleOptions(url));
  const listener = redis.createClient(singleOptions(url));
  const clients = [speaker, listener];
  let hasClosed = (): void => undefined;
  const closed = new Promise<void>((resolve) => (hasClosed = resolve));
  const close = (): void => {
    for (const client of clients) if (client.isOpen) client.destroy();
    hasClosed();
  };
  for (const client of clients) client.on("error", close);
  try {
    await soon(Promise.all(clients.map((client) => client.connect())));
  } catch (cause) {
    close();
    throw cause;
  }
  return {
    publish: (channel, message) => speaker.publish(channelOf(channel), message),
    subscribe: (channels) => listener.subscribe(channels.map(channelOf), hear, true),
    unsubscribe: (channel) => listener.unsubscribe(channelOf(channel)),
    closed,
    close,
  };
}

/** A channel lives on one shard; the client finds it, and follows it when it moves. A shard that fails ends it all. */
async function connectCluster(
  redis: Redis,
  urls: readonly string[],
  channelOf: (channel: string) => string,
  hear: (message: Buffer, channel: Buffer) => void,
): Promise<BusConnection> {
  const [first] = urls;
  const { username, password } = new URL(first ?? "");
  const client = redis.createCluster({
    rootNodes: urls.map((url) => ({ url })),
    // Other shards than those named are found, and ask for the password as well.
    defaults: {
      ...(username && { username: decodeURIComponent(username) }),
      ...(password && { password: decodeURIComponent(password) }),
      socket: first?.startsWith("rediss:") ? { ...SOCKET, tls: true } : SOCKET,
      disableOfflineQueue: true,
    },
  });
  let hasClosed = (): void => undefined;
  const closed = new Promise<void>((resolve) => (hasClosed = resolve));
  const close = (): void => {
    if (client.isOpen) client.destroy();
    hasClosed();
  };
  client.on("error", close);
  client.on("node-error", close);
  try {
    await soon(client.connect());
  } catch (cause) {
    close();
    throw cause;
  }
  return {
    publish: (channel, message) => client.sPublish(channelOf(channel), message),
    subscribe: (channels) => Promise.all(channels.map((channel) => client.sSubscribe(channelOf(channel), hear, true))),
    unsubscribe: (channel) => client.sUnsubscribe(channelOf(channel)),
    closed,
    close,
  };
}

/** A Redis that takes connections and says nothing is as good as away. */
async function soon<Value>(task: Promise<Value>): Promise<Value> {
  const done = new AbortController();
  const late = sleep(CONNECT_MS_MAX, undefined, { signal: done.signal, ref: false }).then(() => {
    throw new Error("no answer");
  });
  try {
    return await Promise.race([task, late]);
  } finally {
    done.abort();
    late.catch(() => undefined);
    task.catch(() => undefined);
  }
}

/** Whether TLS, whether a cluster, the login with its `@`, hosts, query. Channels know no databases: a path is left out. */
const URL_PATTERN = /^redis(s?)(-cluster)?:\/\/([^/?#]*@)?([^/?#@]+)(?:\/[^?#]*)?(?:\?(.*))?$/;

const CONNECT_MS_MAX: Millis = 5_000;

const SOCKET = { connectTimeout: CONNECT_MS_MAX, reconnectStrategy: false } as const;

const singleOptions = (url: string) => ({ url, socket: SOCKET, disableOfflineQueue: true });

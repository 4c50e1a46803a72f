/** What one server is put through, in stages; each tells what the server's own process used for it. */
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { quantile } from "../../src/base/quantile.ts";
import { PEERS, type Client, type Wire } from "./client.ts";
import { FrameRelay, streamOf } from "./raw-frames.ts";
import { ServerUnderTest } from "./server.ts";

export interface TrackerFigures {
  readonly name: Wire["name"];
  /** Per second of the server's own CPU. Viewers that became known on open sockets; undefined for a bare relay. */
  readonly joinsPerCpuSecond: number | undefined;
  /** Viewers that had five offers answered, everything relayed. */
  readonly introducedPerCpuSecond: number | undefined;
  readonly relaysPerCpuSecond: number;
  /** At half of that rate, in an open loop, this program's own delays included. */
  readonly relayMsP99: number | undefined;
  /** Resident memory of the server's process for each viewer that joined and does nothing. */
  readonly bytesPerIdleViewer: number;
  /** Both ways, in a session of five minutes, heartbeats and routine messages included. */
  readonly wireBytesPerConnection: number | undefined;
}

/** How much each stage does. */
export interface Scale {
  readonly joins: number;
  readonly connects: number;
  readonly pairs: number;
  readonly relays: number;
  readonly openLoopMs: number;
  readonly idle: number;
}

export async function measure(wire: Wire, scale: Scale, root: string): Promise<TrackerFigures> {
  const stage = async <Result>(play: (server: ServerUnderTest) => Promise<Result>): Promise<Result> => {
    const server = await ServerUnderTest.start(wire.name, root);
    try {
      return await play(server);
    } finally {
      await server.stop();
    }
  };
  const joinsPerCpuSecond = wire.relaysOnly ? undefined : await stage((server) => measureJoins(wire, scale, server));
  const connected = wire.relaysOnly ? undefined : await stage((server) => measureConnects(wire, scale, server));
  const { relaysPerCpuSecond, relayMsP99 } = await stage((server) => measureRelays(wire, scale, server));
  return {
    name: wire.name,
    joinsPerCpuSecond,
    introducedPerCpuSecond: connected?.perCpuSecond,
    relaysPerCpuSecond,
    relayMsP99,
    bytesPerIdleViewer: await stage((server) => measureMemory(wire, scale, server)),
    wireBytesPerConnection: connected?.bytesPerConnection,
  };
}

async function measureJoins(wire: Wire, scale: Scale, server: ServerUnderTest): Promise<number> {
  const clients = await openClients(wire, server, 2 * scale.joins, "joins");
  await forEach(clients.slice(0, scale.joins), (client) => client.join()); // warms the server, and is somebody to meet
  const used = await cpuOf(server, () => forEach(clients.slice(scale.joins), (client) => client.join()));
  for (const client of clients) client.close();
  return scale.joins / used;
}

async function measureConnects(wire: Wire, scale: Scale, server: ServerUnderTest) {
  const clients = await openClients(wire, server, 2 * scale.connects, "connects");
  const bytes = clients.map(countBytes);
  const isFirst = (index: number): boolean => index % SWARM_VIEWERS <= PEERS; // somebody to answer all others
  await forEach(
    clients.filter((_, index) => isFirst(index)),
    (client) => client.join(),
  );
  const others = clients.filter((_, index) => !isFirst(index));
  const comers = others.splice(others.length / 2);
  await forEach(others, (client) => client.connect()); // warms the server
  const before = sumOf(bytes);
  let connections = 0;
  const used = await cpuOf(server, async () => {
    await forEach(comers, async (client) => {
      const answers = await client.connect();
      connections += answers;
    });
  });
  const connecting = sumOf(bytes) - before;
  const everyMs = comers[0]?.routine.everyMs ?? Infinity;
  for (const { routine } of comers) routine.perform();
  await Promise.all(clients.map((client) => client.settled()));
  const routine = (sumOf(bytes) - before - connecting - clients.length * SETTLING_BYTES) * timesIn(everyMs);
  const heartbeats = comers.length * wire.heartbeat.bytes * timesIn(wire.heartbeat.everyMs);
  for (const client of clients) client.close();
  return {
    perCpuSecond: comers.length / used,
    bytesPerConnection: (connecting + routine + heartbeats) / connections,
  };
}

async function measureRelays(wire: Wire, scale: Scale, server: ServerUnderTest) {
  let arrived: (pair: number, ms: number) => void = () => undefined;
  const relays: FrameRelay[] = [];
  const senders: Client[] = [];
  for (let pair = 0; pair < scale.pairs; pair++) {
    const receiver = wire.client(server.url, `pair ${String(pair)}`);
    const sender = wire.client(server.url, `pair ${String(pair)}`);
    await Promise.all([receiver.open(), sender.open()]);
    await receiver.join();
    await sender.join();
    const relay = new FrameRelay(sender.ws, receiver.ws, sender.signalTo(receiver), (ms) => {
      arrived(pair, ms);
    });
    relays.push(relay);
    senders.push(sender);
  }
  const relay = async (count: number): Promise<void> => {
    let sent = 0;
    let received = 0;
    await new Promise<void>((resolve) => {
      arrived = (pair) => {
        if (++received === count) resolve();
        else if (sent++ < count) relays[pair]?.send();
      };
      for (; sent < relays.length * SIGNALS_IN_FLIGHT; sent++) relays[sent % relays.length]?.send();
    });
  };
  await relay(scale.relays / 4);
  const used = await cpuOf(server, () => relay(scale.relays));
  const relaysPerCpuSecond = scale.relays / used;

  const perSecond = Math.min(relaysPerCpuSecond / 2, OPEN_LOOP_PER_SECOND_MAX);
  const latencies: number[] = [];
  arrived = (_, ms) => latencies.push(ms);
  const startedAt = performance.now();
  let sent = 0;
  for (let at = 0; at < scale.openLoopMs; at = performance.now() - startedAt) {
    for (; sent < (at * perSecond) / 1000; sent++) relays[sent % relays.length]?.send();
    await sleep(1);
  }
  // A server may drop what a reader is far behind with, so not all need arrive.
  await Promise.all(senders.map((sender) => sender.settled()));
  return { relaysPerCpuSecond, relayMsP99: quantile(latencies, 0.99) };
}

async function measureMemory(wire: Wire, scale: Scale, server: ServerUnderTest): Promise<number> {
  await forEach(await openClients(wire, server, WARM_CLIENTS, "idle"), (client) => client.join());
  const before = await server.usage("memory");
  await forEach(await openClients(wire, server, scale.idle, "idle"), (client) => client.join());
  await sleep(QUIET_MS);
  const after = await server.usage("memory");
  return (after.rssBytes - before.rssBytes) / scale.idle;
}

/** They come in groups to swarms of {@link SWARM_VIEWERS}, as a stream has them. */
async function openClients(wire: Wire, { url }: ServerUnderTest, count: number, name: string): Promise<Client[]> {
  const clients: Client[] = [];
  for (let first = 0; first < count; first += WAVE) {
    const wave = Array.from({ length: Math.min(WAVE, count - first) }, (_, index) =>
      wire.client(url, `${name} ${String(Math.floor((first + index) / SWARM_VIEWERS))}`),
    );
    await Promise.all(wave.map((client) => client.open()));
    clients.push(...wave);
  }
  return clients;
}

/** Some at once, the next one as soon as one is done: a server that waits for the end of a wave wakes for every message. */
async function forEach(clients: readonly Client[], perform: (client: Client) => Promise<unknown>): Promise<void> {
  const queue = clients.values();
  const workThrough = async (): Promise<void> => {
    for (const client of queue) await perform(client);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, workThrough));
}

async function cpuOf(server: ServerUnderTest, perform: () => Promise<void>): Promise<number> {
  const before = await server.usage("cpu");
  await perform();
  return (await server.usage("cpu")).cpuSeconds - before.cpuSeconds;
}

/** All that goes over a client's socket from now on, in both directions. */
function countBytes({ ws }: Client): () => number {
  const stream = streamOf(ws);
  return () => stream.bytesRead + stream.bytesWritten;
}

const sumOf = (counts: ReadonlyArray<() => number>): number => counts.reduce((sum, count) => sum + count(), 0);

const timesIn = (everyMs: number): number => Math.floor(SESSION_MS / everyMs);

/** A description and some candidates after it: what a viewer has on the way to one peer at a time. */
const SIGNALS_IN_FLIGHT = 4;
/** This program sends and receives no more beside a server on two cores: its own queue would be measured. */
const OPEN_LOOP_PER_SECOND_MAX = 20_000;
const SESSION_MS = 300_000;
/** A ping of a client, masked, and its pong (RFC 6455 section 5.2). */
const SETTLING_BYTES = 6 + 2;
const AT_ONCE = 200;
/** Handshakes at once. */
const WAVE = 50;
const SWARM_VIEWERS = 1_000;
const WARM_CLIENTS = 200;
/** For sockets and heaps to come to rest. */
const QUIET_MS = 500;

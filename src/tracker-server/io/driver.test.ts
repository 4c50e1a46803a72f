import { expect, test } from "vitest";
import { createRng } from "../../base/random.ts";
import type { PeerId, SwarmId } from "../../protocol/ids.ts";
import type { TrackerToViewer } from "../../protocol/tracker-message.ts";
import type { TrackerEvent } from "../core/event.ts";
import { TRACKER_LIMITS } from "../core/options.ts";
import { Tracker } from "../core/tracker.ts";
import { TrackerDriver, type DrivenCore } from "./driver.ts";

let ids = 0;
const createCore = (): Tracker<Buffer> =>
  new Tracker<Buffer>(0, TRACKER_LIMITS, createRng(1), {
    newPeerId: () => `peer-${String(++ids).padStart(5, "0")}` as PeerId,
    resumeToken: () => "token",
    ownerOf: () => undefined,
  });

/** A driver on a clock that stands still, and sockets that note what is done to them. */
function createStage(core: DrivenCore) {
  const errors: string[] = [];
  const driver = new TrackerDriver(core, () => 0, {
    info: () => undefined,
    warn: () => undefined,
    error: (text) => errors.push(text),
  });
  let connections = 0;
  const connect = (options: { readonly handshakeFails?: boolean; readonly isDeaf?: boolean } = {}) => {
    const received: TrackerToViewer<Buffer>[] = [];
    const done: string[] = [];
    const socket = {
      send(message: TrackerToViewer<Buffer>): boolean {
        if (!options.isDeaf) received.push(message);
        return !options.isDeaf;
      },
      close: (code: number) => done.push(`closed with ${String(code)}`),
      terminate: () => done.push("terminated"),
    };
    driver.ask(
      {
        accept: () => (options.handshakeFails ? undefined : socket),
        refuse: (status) => done.push(`refused with ${String(status)}`),
      },
      { addressKey: "home", network: { prefixKey: "town" }, origin: undefined },
    );
    return { connection: ++connections, received, done };
  };
  return { driver, errors, connect };
}

const join = (connection: number): TrackerEvent<Buffer> => ({
  type: "message",
  connection,
  bytes: 100,
  message: { type: "join", version: 1, versionMin: 1, swarm: "a-swarm-to-drive" as SwarmId, peersWanted: 8, uplink: 2 },
});

test("a handshake that fails after all gives its place back", () => {
  const { driver, connect } = createStage(createCore());
  connect({ handshakeFails: true });
  expect(driver.health().connections).toBe(0);
});

test("a signal that a socket does not take comes back to its sender as gone", () => {
  const { driver, connect } = createStage(createCore());
  const deaf = connect({ isDeaf: true });
  driver.tell(join(deaf.connection));
  const sender = connect();
  driver.tell(join(sender.connection));
  const [joined] = sender.received;
  if (joined?.type !== "joined" || !joined.peers[0]) throw new Error("was not introduced");
  const { peer } = joined.peers[0];
  driver.tell({
    type: "message",
    connection: sender.connection,
    bytes: 16,
    message: { type: "signal", to: peer, signal: Buffer.from("offer") },
  });
  expect(sender.received.at(-1)).toEqual({ type: "gone", peer });
});

test("a bug costs the socket whose event found it, and nobody else", () => {
  const core = createCore();
  let isBroken = false;
  const { driver, connect, errors } = createStage({
    handle(now, event) {
      if (isBroken && event.type !== "connection-closed") throw new Error("a bug");
      return core.handle(now, event);
    },
    nextWakeup: () => core.nextWakeup(),
    health: (now) => core.health(now),
    stats: (now) => core.stats(now),
    stream: (now, swarm) => core.stream(now, swarm),
  });
  const [alice, bob] = [connect(), connect()];
  driver.tell(join(alice.connection));
  isBroken = true;
  driver.tell(join(bob.connection));
  const late = connect();
  isBroken = false;
  expect([alice.done, bob.done, late.done]).toEqual([[], ["terminated"], ["refused with 500"]]);
  expect(errors).toEqual(['a bug of ours, handling "message"', 'a bug of ours, handling "connection-asked"']);
  driver.tell({ type: "connection-closed", connection: bob.connection });
  expect(driver.health()).toMatchObject({ connections: 1, viewers: 1 });
});

test("waiting for nobody is over at once, otherwise with the last socket", async () => {
  const { driver, connect } = createStage(createCore());
  await driver.empty();
  const { connection } = connect();
  let isEmpty = false;
  const empty = driver.empty().then(() => (isEmpty = true));
  await Promise.resolve();
  expect(isEmpty).toBe(false);
  driver.tell({ type: "connection-closed", connection });
  await empty;
});

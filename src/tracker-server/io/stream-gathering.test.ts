import { expect, test } from "vitest";
import { createMemoryEngine } from "../../../testkit/memory-bus.ts";
import type { SwarmId } from "../../protocol/ids.ts";
import { NO_COUNTS } from "../core/session-counts.ts";
import { StreamSavings, type StreamSums } from "../core/stream-savings.ts";
import type { Bus } from "./bus.ts";
import { QUESTIONS_MAX, StreamGathering } from "./stream-gathering.ts";
import { answersOf, encodeSums, QUESTIONS_CHANNEL, SUM_MAX } from "./stream-sums-codec.ts";

const SWARM = "the-swarm-of-tests" as SwarmId;
const ASKER = "asker-0123456789";

/** Of a stream with one session that played so many bytes of each source. */
function sumsOf(peerBytes: number, originBytes: number): StreamSums {
  const savings = new StreamSavings();
  savings.attend(0, { viewers: 1, seeders: 0, heldOut: 0, tracks: 1 });
  savings.began(false);
  savings.grew(false, NO_COUNTS, { ...NO_COUNTS, peerBytes, originBytes, playedMs: 60_000 });
  return savings.sums(60_000);
}

/** Processes that know each other, by node, on one engine: what each knows of the stream. */
function createStage(known: Readonly<Record<string, StreamSums | undefined>>) {
  const engine = createMemoryEngine();
  const stage = { now: 0, dropped: 0, questions: 0 };
  const eavesdropper = engine.open();
  eavesdropper.subscribe(QUESTIONS_CHANNEL, () => stage.questions++);
  const start = (self: string, asker: string, bus: Bus | undefined = engine.open()): StreamGathering =>
    new StreamGathering(
      {
        now: () => stage.now,
        nodes: () => [self, ...Object.keys(known).filter((node) => node !== self)].map((node) => ({ node })),
        stream: (swarm) => (swarm === SWARM ? known[self] : undefined),
        countDropped: () => stage.dropped++,
      },
      asker,
      bus,
    );
  return { stage, start, eavesdropper };
}

test("[TK58] the sums of all processes are one answer, and each of them gives the same", async () => {
  const { start } = createStage({ aa: sumsOf(600, 400), bb: sumsOf(300, 700), cc: undefined });
  const all = ["aa", "bb", "cc"].map((node) => start(node, `process-${node}-------`.slice(0, 16)));
  for (const gathering of all) {
    const { sums, processes } = await gathering.gather(SWARM);
    expect(processes).toEqual({ asked: 3, answered: 3, busUp: true });
    expect(sums).toMatchObject({ viewers: 2, peak: 2, ageMs: 60_000, viewerMs: 120_000 });
    expect(sums?.sharing).toMatchObject({ sessions: 2, counts: { peerBytes: 900, originBytes: 1100 } });
    expect(sums?.sharing.ratios.offload).toMatchObject({ sessions: 2, x: 2000, y: 900, xx: 2e6 });
  }
});

test("[TK58] a stream that nobody knows is known to be unknown", async () => {
  const { start } = createStage({ aa: undefined, bb: undefined });
  const [asked] = [start("aa", ASKER), start("bb", "other-0123456789")];
  expect(await asked.gather(SWARM)).toEqual({
    sums: undefined,
    processes: { asked: 2, answered: 2, busUp: true },
  });
});

test("[TK58] nobody waits for a process that is silent, and the answer says that one is missing", async () => {
  const { start } = createStage({ aa: sumsOf(600, 400), bb: sumsOf(300, 700), cc: sumsOf(1, 1) });
  const [asked] = [start("aa", ASKER), start("bb", "other-0123456789")];
  const { sums, processes } = await asked.gather(SWARM);
  expect(processes).toEqual({ asked: 3, answered: 2, busUp: true });
  expect(sums?.sharing.counts.peerBytes).toBe(900);
});

test("[TK58] while the bus is away a process answers with what it knows itself, and says so", async () => {
  const { stage, start } = createStage({ aa: sumsOf(600, 400), bb: sumsOf(300, 700) });
  const engine = createMemoryEngine();
  const away: Bus = { ...engine.open(), publish: () => Promise.reject(new Error("away")) };
  const mute: Bus = { ...engine.open(), publish: () => Promise.resolve() };
  for (const bus of [away, mute]) {
    const { sums, processes } = await start("aa", ASKER, bus).gather(SWARM);
    expect(processes).toEqual({ asked: 2, answered: 1, busUp: false });
    expect(sums?.sharing.counts.peerBytes).toBe(600);
  }
  expect(stage.dropped).toBe(1); // the mute one has taken the question
});

test("[TK58] without a bus there is nobody to ask", async () => {
  const alone = new StreamGathering(
    { now: () => 0, nodes: () => [{ node: "aa" }], stream: () => sumsOf(1, 2), countDropped: () => undefined },
    ASKER,
    undefined,
  );
  expect((await alone.gather(SWARM)).processes).toEqual({ asked: 1, answered: 1 });
});

test("[TK59] however many ask the same within a second, the others are asked once", async () => {
  const { stage, start } = createStage({ aa: sumsOf(600, 400), bb: sumsOf(300, 700) });
  const [asked] = [start("aa", ASKER), start("bb", "other-0123456789")];
  const answers = await Promise.all(Array.from({ length: 1000 }, () => asked.gather(SWARM)));
  stage.now = 999;
  answers.push(await asked.gather(SWARM));
  expect(new Set(answers).size).toBe(1);
  expect(stage.questions).toBe(1);
  stage.now = 1000;
  await asked.gather(SWARM);
  expect(stage.questions).toBe(2);
});

test("[TK59] whoever asks for ever more streams has this process answer alone", async () => {
  const { stage, start } = createStage({ aa: sumsOf(600, 400), bb: sumsOf(300, 700) });
  const [asked] = [start("aa", ASKER), start("bb", "other-0123456789")];
  const ask = (index: number) => asked.gather(`swarm-that-nobody-knows-${String(index)}` as SwarmId);
  await Promise.all(Array.from({ length: 2 * QUESTIONS_MAX }, (_, index) => ask(index)));
  expect(stage.questions).toBe(QUESTIONS_MAX);
  expect((await asked.gather(SWARM)).processes).toEqual({ asked: 2, answered: 1 });
  stage.now = 1000;
  expect((await asked.gather(SWARM)).processes).toEqual({ asked: 2, answered: 2, busUp: true });
});

const whole = (sums: unknown): Buffer => Buffer.from(JSON.stringify({ swarm: SWARM, node: "bb", sums }));
const good = sumsOf(300, 700);
test.each([
  ["nothing", Buffer.alloc(0)],
  ["bytes", Buffer.from([0xff, 0x00, 0xfe])],
  ["no object", Buffer.from("[]")],
  ["too much", Buffer.from(JSON.stringify({ swarm: SWARM, node: "bb", more: "x".repeat(10_000) }))],
  ["another kind of node", Buffer.from(JSON.stringify({ swarm: SWARM, node: "presence" }))],
  ["sums that are none", whole("a lot")],
  ["a negative number", whole({ ...good, viewers: -1 })],
  ["a text", whole({ ...good, peak: "9" })],
  ["a number that ends all sums", whole({ ...good, seederBytes: 2 * SUM_MAX })],
  ["a field too few", whole({ ...good, relayedBytes: undefined })],
  ["a counter too few", whole({ ...good, sharing: { ...good.sharing, counts: {} } })],
  ["ratios of a list", whole({ ...good, holdOut: { ...good.holdOut, ratios: [] } })],
])("[TK58] a garbage answer is dropped and counted: %s", async (_, garbage) => {
  const { stage, start, eavesdropper } = createStage({ aa: sumsOf(600, 400), bb: undefined });
  eavesdropper.subscribe(QUESTIONS_CHANNEL, () => {
    void eavesdropper.publish(answersOf(ASKER), garbage);
    // After it, the right one: that of the garbage's process is still awaited.
    void eavesdropper.publish(answersOf(ASKER), encodeSums({ swarm: SWARM, node: "bb", sums: good }));
  });
  const { sums, processes } = await start("aa", ASKER).gather(SWARM);
  expect(stage.dropped).toBe(1);
  expect(processes.answered).toBe(2);
  expect(sums?.sharing.counts.peerBytes).toBe(900);
});

test("[TK58] of each process one answer counts, and none of a process that was not asked", async () => {
  const { start, eavesdropper } = createStage({ aa: sumsOf(600, 400), bb: undefined, cc: undefined });
  eavesdropper.subscribe(QUESTIONS_CHANNEL, () => {
    for (const node of ["zz", "bb", "bb", "aa", "cc"])
      void eavesdropper.publish(answersOf(ASKER), encodeSums({ swarm: SWARM, node, sums: good }));
  });
  const { sums, processes } = await start("aa", ASKER).gather(SWARM);
  expect(processes).toEqual({ asked: 3, answered: 3, busUp: true });
  expect(sums?.sharing.counts.peerBytes).toBe(1200);
});

test("[TK58] nobody can have a process speak on a channel of their choice", async () => {
  const { stage, start, eavesdropper } = createStage({ aa: sumsOf(600, 400), bb: sumsOf(300, 700) });
  const [one, other] = [start("aa", ASKER), start("bb", "other-0123456789")];
  const heard: string[] = [];
  for (const asker of ["", "x", "../presence-----", "x".repeat(17)]) {
    eavesdropper.subscribe(answersOf(asker), () => heard.push(asker));
    await eavesdropper.publish(QUESTIONS_CHANNEL, encodeSums({ swarm: SWARM, asker }));
  }
  // Whatever was said before it has been heard when this is answered.
  for (const asked of [one, other]) expect((await asked.gather(SWARM)).processes.answered).toBe(2);
  expect(stage.dropped).toBe(8);
  expect(heard).toEqual([]);
});

test("[TK58] a tracker that closes lets nobody wait", async () => {
  const { start } = createStage({ aa: sumsOf(600, 400), bb: sumsOf(300, 700) });
  const asked = start("aa", ASKER);
  const gathered = asked.gather(SWARM);
  asked.close();
  expect((await gathered).processes).toEqual({ asked: 2, answered: 1, busUp: false });
});

import { createRng, type Rng } from "../../src/base/random.ts";
import type { Millis } from "../../src/base/time.ts";
import { Clock } from "./clock.ts";
import type { Host, RunResult, TraceSink } from "./figures.ts";
import { Meter } from "./meter.ts";
import { Origin } from "./origin.ts";
import type { Fault, Plan } from "./plan.ts";
import { exponential, seederTraits, traitsOf, viewerRng, type Traits } from "./population.ts";
import { Stream, type StreamSegment } from "./stream.ts";
import { TrackerHost } from "./tracker.ts";
import { Viewer } from "./viewer.ts";
import type { World } from "./world.ts";

/**
 * Plays a plan: thousands of real swarm cores and a real tracker core over a modelled network, in virtual time. The
 * same plan gives the same trace hash. Takes the machine's clock and memory from `host`, for the record only.
 */
export function simulate(plan: Plan, host: Host): RunResult {
  const startedAt = host.now();
  const run = new Simulation(plan, host);
  run.play();
  return run.result({ wallMs: Math.round(host.now() - startedAt), peakRssMb: Math.round(run.peakRssMb) });
}

class Simulation implements World {
  readonly plan: Plan;
  readonly clock: Clock;
  readonly stream: Stream;
  readonly meter: Meter;
  readonly origin: Origin;
  readonly tracker: TrackerHost<Viewer>;
  readonly trace: TraceSink | undefined;
  readonly #host: Host;
  readonly #viewers: Viewer[] = [];
  readonly #seeders: Viewer[] = [];
  #present = 0;
  peakRssMb = 0;

  constructor(plan: Plan, host: Host) {
    this.plan = plan;
    this.#host = host;
    this.trace = host.trace;
    this.meter = new Meter(plan);
    this.clock = new Clock(this.meter.toMs);
    this.stream = new Stream(plan);
    this.origin = new Origin(this.clock, this.stream, this.meter, plan);
    this.tracker = new TrackerHost<Viewer>(this.clock, plan.seed, plan.proof === "attested");
  }

  play(): void {
    const { plan, clock, meter } = this;
    const chance = createRng(plan.seed).fork("arrivals");
    plan.seeders.forEach((seeder, i) => this.#enter(this.#seeders, seederTraits(plan, seeder, i)));
    const initial = Math.max(1, Math.round(plan.viewers * plan.initialShare));
    for (let i = 0; i < initial; i++) this.#joinAt(chance.next() * INITIAL_ARRIVALS_MS);
    const { fromSecond, toSecond } = plan.arrivals;
    for (let i = initial; i < plan.viewers; i++)
      this.#joinAt(meter.fromMs + (fromSecond + (toSecond - fromSecond) * chance.next()) * 1000);
    if (plan.sessionSeconds < Infinity) this.#replace(chance, (plan.sessionSeconds * 1000) / plan.viewers);
    for (const fault of plan.faults) this.#arm(fault);
    clock.after(meter.fromMs, () => {
      meter.on = true;
    });
    for (let at = 0; at < meter.toMs; at += RSS_EVERY_MS)
      clock.after(at, () => {
        this.peakRssMb = Math.max(this.peakRssMb, this.#host.rssMb());
      });
    clock.runToEnd();
    for (const viewer of this.#viewers) if (viewer.alive) this.#watched(viewer);
  }

  result(run: { readonly wallMs: number; readonly peakRssMb: number }): RunResult {
    const { plan, clock, meter, stream } = this;
    const rate = plan.bitsPerSecond / 8000;
    const counted = this.#viewers.filter((viewer) => viewer.counts);
    const presences = [...counted, ...this.#seeders].map((viewer) => ({
      fromMs: viewer.joinedAt,
      toMs: Math.min(viewer.leftAt, meter.toMs),
      uplinkRate: viewer.traits.mischief || viewer.traits.seeder?.isIdle ? 0 : viewer.traits.uplink * rate,
      demandRate: viewer.counts ? rate * (plan.renditions[viewer.traits.rendition] ?? 1) : 0,
      rendition: viewer.traits.rendition,
      sentBytes: viewer.sentBytes,
    }));
    return meter.result(stream, presences, { events: clock.events, ...run });
  }

  left(viewer: Viewer): void {
    if (!viewer.traits.seeder) this.#present--;
    this.#watched(viewer);
  }

  completed(viewer: Viewer, segment: StreamSegment): void {
    const { meter, clock } = this;
    this.trace?.mark(viewer.index, `segment ${segment.name.sequence}`, clock.now, {});
    if (!meter.on || !viewer.counts) return;
    meter.completed++;
    if (this.stream.live && segment.availableAt >= viewer.joinedAt) meter.ages.push(clock.now - segment.availableAt);
  }

  #watched(viewer: Viewer): void {
    this.trace?.span(viewer.index, "watching", viewer.joinedAt, this.clock.now, { ...viewer.traits });
  }

  #joinAt(at: Millis): void {
    this.clock.at(at, { run: () => this.#join() });
  }

  #join(): void {
    this.#present++;
    // Those who were there from the start have been watching for a while: the exponential does not remember.
    this.#enter(this.#viewers, traitsOf(this.plan, this.#viewers.length));
  }

  #enter(those: Viewer[], traits: Traits): void {
    const viewer = new Viewer(this, traits, viewerRng(this.plan, traits.index));
    those.push(viewer);
    viewer.start();
  }

  /** Poisson arrivals that keep the number of viewers about constant. */
  #replace(chance: Rng, gapMs: Millis): void {
    this.clock.after(gapMs * exponential(chance.next()), () => {
      // As many as leave, on the mean: before a crowd has come, few do.
      if (chance.next() * this.plan.viewers < this.#present) this.#join();
      this.#replace(chance, gapMs);
    });
  }

  #arm(fault: Fault): void {
    const { clock, meter } = this;
    const between = (begin: () => void, end: () => void): void => {
      clock.after(meter.fromMs + fault.fromSecond * 1000, begin);
      clock.after(meter.fromMs + fault.toSecond * 1000, end);
    };
    switch (fault.type) {
      case "tracker-down":
        between(
          () => this.tracker.setUp(false),
          () => this.tracker.setUp(true),
        );
        return;
      case "origin-outage":
        between(
          () => (this.origin.outage = fault.status),
          () => (this.origin.outage = undefined),
        );
        return;
      case "uplink-collapse": {
        const scale = (factor: number): void => {
          for (const { index, line } of this.#viewers) if (isWithin(index, fault.share)) line.uplinkRate *= factor;
        };
        between(
          () => scale(fault.factor),
          () => scale(1 / fault.factor),
        );
      }
    }
  }
}

/** Every so-manieth, evenly. */
const isWithin = (index: number, share: number): boolean => Math.floor((index + 1) * share) > Math.floor(index * share);

/** The first viewers come within this span: one segment or two. */
const INITIAL_ARRIVALS_MS: Millis = 4000;
const RSS_EVERY_MS: Millis = 2000;

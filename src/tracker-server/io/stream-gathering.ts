import type { Millis } from "../../base/time.ts";
import type { SwarmId } from "../../protocol/ids.ts";
import { ProtocolError } from "../../protocol/protocol-error.ts";
import type { NodeId } from "../core/bus-record.ts";
import { addStreams, type StreamSums } from "../core/stream-savings.ts";
import type { TrackerNode } from "../core/tracker-node.ts";
import type { Bus } from "./bus.ts";
import { answersOf, decodeAnswer, decodeQuestion, encodeSums, QUESTIONS_CHANNEL } from "./stream-sums-codec.ts";

/** What is known of one stream, and by how many of the processes that were to be asked. */
export interface GatheredStream {
  readonly sums: StreamSums | undefined;
  readonly processes: {
    /** This one included. */
    readonly asked: number;
    readonly answered: number;
    /** Whether the question came back to this process. Absent where none was put. */
    readonly busUp?: boolean;
  };
}

/** What is needed of this process. */
export interface GatheringProcess {
  now(): Millis;
  /** Itself first. */
  nodes(): ReadonlyArray<Pick<TrackerNode, "node">>;
  stream(swarm: SwarmId): StreamSums | undefined;
  /** A message on the bus was of no use. */
  countDropped(): void;
}

/**
 * Adds up what all processes on one bus know of a stream, and answers the others when they do. Waits for those that this
 * process knows, and not for long; says how many it has heard. Without a bus it is what this process knows.
 */
export class StreamGathering {
  readonly #process: GatheringProcess;
  readonly #bus: Bus | undefined;
  readonly #asker: string;
  /** Begun within {@link SHARED_MS}, done or not, oldest first. */
  readonly #recent = new Map<SwarmId, Gathering>();

  /** `asker` names this process as no other is named. */
  constructor(process: GatheringProcess, asker: string, bus: Bus | undefined) {
    this.#process = process;
    this.#asker = asker;
    this.#bus = bus;
    bus?.subscribe(QUESTIONS_CHANNEL, this.#hearQuestion);
    bus?.subscribe(answersOf(asker), this.#hearAnswer);
  }

  /** Never rejects. Whoever asks the same within a second gets the same. */
  gather(swarm: SwarmId): Promise<GatheredStream> {
    const now = this.#process.now();
    for (const [oldest, { askedAt }] of this.#recent) {
      if (now - askedAt < SHARED_MS) break;
      this.#recent.delete(oldest);
    }
    const shared = this.#recent.get(swarm);
    if (shared) return shared.gathered;
    const sums = this.#process.stream(swarm);
    const [, ...others] = this.#process.nodes().map(({ node }) => node);
    if (!this.#bus || this.#recent.size >= QUESTIONS_MAX)
      return Promise.resolve({ sums, processes: { asked: 1 + others.length, answered: 1 } });
    const gathering = new Gathering(now, sums, others);
    this.#recent.set(swarm, gathering);
    this.#bus.publish(QUESTIONS_CHANNEL, encodeSums({ swarm, asker: this.#asker })).catch(() => {
      this.#process.countDropped();
      gathering.finish();
    });
    return gathering.gathered;
  }

  /** Hears nothing more; whoever waits gets what there is. The bus stays open: it is whoever opened it who closes it. */
  close(): void {
    this.#bus?.unsubscribe(QUESTIONS_CHANNEL);
    this.#bus?.unsubscribe(answersOf(this.#asker));
    for (const gathering of this.#recent.values()) gathering.finish();
  }

  readonly #hearQuestion = (message: Buffer): void => {
    this.#read(message, decodeQuestion, ({ swarm, asker }) => {
      if (asker === this.#asker) {
        this.#recent.get(swarm)?.handleEcho();
        return;
      }
      const [self] = this.#process.nodes();
      if (!self) return;
      const answer = encodeSums({ swarm, node: self.node, sums: this.#process.stream(swarm) });
      this.#bus?.publish(answersOf(asker), answer).catch(() => {
        this.#process.countDropped();
      });
    });
  };

  readonly #hearAnswer = (message: Buffer): void => {
    this.#read(message, decodeAnswer, ({ swarm, node, sums }) => {
      this.#recent.get(swarm)?.handleAnswer(node, sums);
    });
  };

  #read<Message>(bytes: Buffer, decode: (bytes: Buffer) => Message, handle: (message: Message) => void): void {
    let message: Message;
    try {
      message = decode(bytes);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#process.countDropped();
      return;
    }
    handle(message);
  }
}

/** One question on its way: done when everybody has answered, when time is up, or when it could not be put. */
class Gathering {
  readonly askedAt: Millis;
  readonly gathered: Promise<GatheredStream>;
  readonly #asked: number;
  readonly #missing: Set<NodeId>;
  readonly #timer: NodeJS.Timeout;
  #resolve: (gathered: GatheredStream) => void = () => undefined;
  #sums: StreamSums | undefined;
  #busUp = false;

  constructor(now: Millis, sums: StreamSums | undefined, others: readonly NodeId[]) {
    this.askedAt = now;
    this.#sums = sums;
    this.#missing = new Set(others);
    this.#asked = 1 + this.#missing.size;
    this.gathered = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#timer = setTimeout(() => {
      this.finish();
    }, ANSWER_WITHIN_MS);
  }

  /** Of each process that was known when it was asked, the first answer counts, and of nobody else any. */
  handleAnswer(node: NodeId, sums: StreamSums | undefined): void {
    if (!this.#missing.delete(node)) return;
    if (sums) this.#sums = this.#sums ? addStreams(this.#sums, sums) : sums;
    this.#finishIfWhole();
  }

  handleEcho(): void {
    this.#busUp = true;
    this.#finishIfWhole();
  }

  /** Once is enough; what comes later changes nothing. */
  finish(): void {
    clearTimeout(this.#timer);
    const answered = this.#asked - this.#missing.size;
    this.#resolve({ sums: this.#sums, processes: { asked: this.#asked, answered, busUp: this.#busUp } });
  }

  #finishIfWhole(): void {
    if (this.#busUp && this.#missing.size === 0) this.finish();
  }
}

/** Between regions the bus takes a tenth of a second each way; a dashboard does not mind. */
export const ANSWER_WITHIN_MS: Millis = 250;
/** As long as the page may be kept: a web page that asks a thousand times costs the others one question a second. */
const SHARED_MS: Millis = 1_000;
/** Streams that the others are asked about in that time, whoever asks for how many: beyond, this process speaks alone. */
export const QUESTIONS_MAX = 100;

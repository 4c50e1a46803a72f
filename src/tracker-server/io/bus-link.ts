import { assertNever } from "../../base/assert.ts";
import type { Millis } from "../../base/time.ts";
import { ProtocolError } from "../../protocol/protocol-error.ts";
import type { BusAction } from "../core/bus-record.ts";
import type { TrackerEvent } from "../core/event.ts";
import { decodeRecords, encodeRecord } from "./bus-codec.ts";
import type { Bus } from "./bus.ts";
import { Gathering } from "./gathering.ts";

/** What waits to be published on one channel. */
interface Batch {
  readonly records: Buffer[];
  bytes: number;
}

/**
 * A tracker core's end of its bus: actions to messages, messages to events. The records that gather for one channel
 * go in one message: one message each would cost several times what a signal within the process does.
 */
export class BusLink {
  readonly #bus: Bus;
  readonly #tell: (event: TrackerEvent<Buffer>) => void;
  readonly #channels = new Set<string>();
  readonly #gathering: Gathering;
  #batches = new Map<string, Batch>();
  #isClosed = false;

  constructor(bus: Bus, now: () => Millis, tell: (event: TrackerEvent<Buffer>) => void) {
    this.#bus = bus;
    this.#tell = tell;
    this.#gathering = new Gathering(now, () => {
      this.#flush();
    });
  }

  perform(action: BusAction<Buffer>): void {
    switch (action.type) {
      case "publish":
        this.#add(action.channel, encodeRecord(action));
        break;
      case "subscribe":
        this.#channels.add(action.channel);
        this.#bus.subscribe(action.channel, this.#receive);
        break;
      case "unsubscribe":
        this.#channels.delete(action.channel);
        this.#bus.unsubscribe(action.channel);
        break;
      case "renew-bus":
        this.#bus.renew();
        break;
      default:
        assertNever(action);
    }
  }

  /** Hears and says nothing more. The bus stays open: it is whoever opened it who closes it. */
  close(): void {
    this.#flush();
    this.#isClosed = true;
    for (const channel of this.#channels) this.#bus.unsubscribe(channel);
    this.#channels.clear();
  }

  readonly #receive = (message: Buffer): void => {
    if (this.#isClosed) return;
    try {
      if (message.length > MESSAGE_BYTES_MAX) throw new ProtocolError("too-long", "a bus message is too long");
      for (const { from, record } of decodeRecords(message)) this.#tell({ type: "bus-message", from, record });
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#tell({ type: "bus-dropped", records: 1 });
    }
  };

  #add(channel: string, record: Buffer): void {
    if (this.#isClosed) return;
    this.#gathering.begin();
    const batch = this.#batches.get(channel);
    if (!batch) {
      this.#batches.set(channel, { records: [record], bytes: record.length });
    } else {
      batch.records.push(record);
      batch.bytes += record.length;
      if (batch.bytes >= BATCH_BYTES) this.#publish(channel, batch);
    }
  }

  #flush(): void {
    const batches = this.#batches;
    this.#batches = new Map();
    for (const [channel, batch] of batches) this.#publish(channel, batch);
  }

  #publish(channel: string, batch: Batch): void {
    const records = batch.records.splice(0);
    batch.bytes = 0;
    if (records.length === 0) return;
    this.#bus.publish(channel, Buffer.concat(records)).catch(() => {
      this.#tell({ type: "bus-dropped", records: records.length });
    });
  }
}

/** A message is sent when it has grown to this, whatever else the turn may bring. */
const BATCH_BYTES = 48 * 1024;
/** What any process that speaks this protocol sends is far smaller. */
const MESSAGE_BYTES_MAX = 256 * 1024;

/**
 * Caps what this page sends on all its data channels together, whoever made them. `bufferedAmount` counts what waits
 * here, and `bufferedamountlow` never fires inside the `send` that filled the buffer: simple-peer would wait forever.
 */
import { TokenBucket } from "./token-bucket.ts";

type Payload = string | Blob | ArrayBuffer | ArrayBufferView<ArrayBuffer>;

interface Line {
  readonly channel: RTCDataChannel;
  readonly waiting: Payload[];
  waitingBytes: number;
}

export function capUplink(bitsPerSecond: number): void {
  const native = nativeChannel();
  const bucket = new TokenBucket(bitsPerSecond, BURST_BYTES, performance.now());
  const lines = new Map<RTCDataChannel, Line>();
  /** Channels with something waiting, next first. */
  const turns: Line[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  const amountOf = (line: Line): number => native.bufferedAmount(line.channel) + line.waitingBytes;

  const lineOf = (channel: RTCDataChannel): Line => {
    const known = lines.get(channel);
    if (known) return known;
    const line: Line = { channel, waiting: [], waitingBytes: 0 };
    lines.set(channel, line);
    // The browser's event tells of its own queue alone. Capturing listeners come before the library's.
    channel.addEventListener(
      "bufferedamountlow",
      (event) => {
        if (event.isTrusted && amountOf(line) > channel.bufferedAmountLowThreshold) event.stopImmediatePropagation();
      },
      { capture: true },
    );
    channel.addEventListener("close", () => lines.delete(channel));
    return line;
  };

  const release = (line: Line): void => {
    const payload = line.waiting.shift();
    if (payload === undefined) return;
    const before = amountOf(line);
    const bytes = byteLengthOf(payload);
    line.waitingBytes -= bytes;
    if (line.channel.readyState !== "open") return;
    bucket.spend(bytes);
    native.send(line.channel, payload);
    const low = line.channel.bufferedAmountLowThreshold;
    if (before > low && before - bytes <= low)
      setTimeout(() => line.channel.dispatchEvent(new Event("bufferedamountlow")));
  };

  const pump = (): void => {
    clearTimeout(timer);
    timer = undefined;
    for (let line = turns[0]; line; line = turns[0]) {
      const waitMs = bucket.waitMs(performance.now());
      if (waitMs > 0) {
        timer = setTimeout(pump, Math.ceil(waitMs));
        return;
      }
      turns.shift();
      release(line);
      if (line.waiting.length > 0) turns.push(line);
    }
  };

  Object.defineProperty(RTCDataChannel.prototype, "bufferedAmount", {
    configurable: true,
    get(this: RTCDataChannel) {
      return native.bufferedAmount(this) + (lines.get(this)?.waitingBytes ?? 0);
    },
  });
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, payload: Payload): void {
    const line = lineOf(this);
    const bytes = byteLengthOf(payload);
    // Let the browser refuse what it always refuses.
    if (this.readyState !== "open" || bytes > MESSAGE_BYTES_MAX) native.send(this, payload);
    if (amountOf(line) + bytes > QUEUE_BYTES_MAX)
      throw new DOMException("RTCDataChannel send queue is full", "OperationError");
    line.waiting.push(copyOf(payload));
    line.waitingBytes += bytes;
    if (line.waiting.length === 1) turns.push(line);
    if (timer === undefined) pump();
  };
}

/** The browser's own implementation, kept before it is replaced. */
function nativeChannel() {
  const send = Reflect.get(RTCDataChannel.prototype, "send");
  const bufferedAmount = Object.getOwnPropertyDescriptor(RTCDataChannel.prototype, "bufferedAmount")?.get;
  if (!bufferedAmount) throw new Error("bufferedAmount is not an accessor in this browser");
  return {
    send: (channel: RTCDataChannel, payload: Payload): void => {
      Reflect.apply(send, channel, [payload]);
    },
    bufferedAmount: (channel: RTCDataChannel): number => Number(Reflect.apply(bufferedAmount, channel, [])),
  };
}

function byteLengthOf(payload: Payload): number {
  if (typeof payload === "string") return new TextEncoder().encode(payload).byteLength;
  return payload instanceof Blob ? payload.size : payload.byteLength;
}

/** `send` takes a copy: the caller may use its buffer again at once. */
function copyOf(payload: Payload): Payload {
  if (typeof payload === "string" || payload instanceof Blob) return payload;
  if (payload instanceof ArrayBuffer) return payload.slice(0);
  return new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength).slice();
}

/** Chromium's `maxMessageSize`. */
const MESSAGE_BYTES_MAX = 262_144;
/** Where Chromium's own send queue is full. */
const QUEUE_BYTES_MAX = 16 * 1024 * 1024;
/** What a line that was idle may send at once: about the socket buffer of a home router. */
const BURST_BYTES = 32 * 1024;

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { capUplink } from "./uplink-cap.ts";

/** The browser's channel, with a network that takes everything at once. */
class FakeChannel extends EventTarget {
  readonly sent: Uint8Array[] = [];
  readyState = "open";
  bufferedAmountLowThreshold = 0;
  get bufferedAmount(): number {
    return 0;
  }
  send(payload: Uint8Array): void {
    if (this.readyState !== "open") throw new DOMException("not open", "InvalidStateError");
    this.sent.push(payload);
  }
}

let Channel: typeof FakeChannel;

beforeEach(() => {
  vi.useFakeTimers();
  Channel = class extends FakeChannel {};
  // The cap replaces members of the prototype: each test has its own.
  for (const name of ["send", "bufferedAmount"]) {
    const member = Object.getOwnPropertyDescriptor(FakeChannel.prototype, name);
    if (member) Object.defineProperty(Channel.prototype, name, member);
  }
  vi.stubGlobal("RTCDataChannel", Channel);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const KILOBYTE = 1024;
const bytesOf = (channel: FakeChannel): number => channel.sent.reduce((total, { byteLength }) => total + byteLength, 0);

test("all channels of a page share the rate", () => {
  capUplink(1_000_000);
  const channels = [new Channel(), new Channel()];
  for (const channel of channels) for (let i = 0; i < 100; i++) channel.send(new Uint8Array(16 * KILOBYTE));
  vi.advanceTimersByTime(4000);
  const [first = 0, second = 0] = channels.map(bytesOf);
  expect((first + second) / 500_000).toBeGreaterThan(1);
  expect((first + second) / 500_000).toBeLessThan(1.12); // the first burst, and one message on credit
  expect(Math.abs(first - second)).toBeLessThanOrEqual(48 * KILOBYTE); // whoever came first had the burst
});

test("bufferedAmount counts what waits", () => {
  capUplink(1_000_000);
  const channel = new Channel();
  for (let i = 0; i < 10; i++) channel.send(new Uint8Array(16 * KILOBYTE));
  expect(channel.bufferedAmount).toBe(160 * KILOBYTE - bytesOf(channel));
  expect(channel.bufferedAmount).toBeGreaterThan(0);
});

test("bufferedamountlow fires when the queue has drained, and never inside send", () => {
  capUplink(1_000_000);
  const channel = new Channel();
  channel.bufferedAmountLowThreshold = 64 * KILOBYTE;
  const amounts: number[] = [];
  let isSending = false;
  channel.addEventListener("bufferedamountlow", () => {
    expect(isSending).toBe(false);
    amounts.push(channel.bufferedAmount);
  });
  isSending = true;
  for (let i = 0; i < 10; i++) channel.send(new Uint8Array(16 * KILOBYTE));
  isSending = false;
  vi.advanceTimersByTime(3000);
  expect(amounts).toEqual([64 * KILOBYTE]);
  expect(bytesOf(channel)).toBe(160 * KILOBYTE);
});

test("what is sent is what was in the buffer at the call", () => {
  capUplink(1_000_000);
  const channel = new Channel();
  const buffer = new Uint8Array(64 * KILOBYTE);
  channel.send(buffer); // takes the whole burst: the next one waits
  channel.send(buffer.fill(1).subarray(0, 10));
  buffer.fill(2);
  expect(channel.sent).toHaveLength(1);
  vi.advanceTimersByTime(2000);
  expect(channel.sent[1]).toEqual(new Uint8Array(10).fill(1));
});

test("a full queue refuses, as the browser's does", () => {
  capUplink(1_000_000);
  const channel = new Channel();
  const fill = (): void => {
    for (let i = 0; i < 100; i++) channel.send(new Uint8Array(256 * KILOBYTE));
  };
  expect(fill).toThrow("send queue is full");
});

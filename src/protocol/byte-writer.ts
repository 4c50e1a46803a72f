import { assert } from "../base/assert.ts";

/**
 * The counterpart of `ByteReader`: one buffer of fixed size, used for message after message. A field that cannot be
 * written, or a message that outgrows the buffer, is a bug of ours. Knows no message.
 */
export class ByteWriter {
  readonly #bytes: Uint8Array;
  #length = 0;

  constructor(byteLengthMax: number) {
    this.#bytes = new Uint8Array(byteLengthMax);
  }

  /** Starts a new message. */
  reset(): void {
    this.#length = 0;
  }

  /** Writing past the end changes nothing but the length, which `finish` checks. */
  byte(value: number): void {
    this.#bytes[this.#length++] = value;
  }

  u32(value: number): void {
    assert(Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff, "not a 32-bit number");
    this.byte(value >>> 24);
    this.byte(value >>> 16);
    this.byte(value >>> 8);
    this.byte(value);
  }

  /** An integer from 0 to `max`. */
  varint(value: number, max = Number.MAX_SAFE_INTEGER): void {
    assert(Number.isSafeInteger(value) && value >= 0 && value <= max, "a number is out of its bounds");
    this.#rest(value);
  }

  /** A varint whose first byte gives bit 6 to the sign. */
  signedVarint(value: number): void {
    assert(Number.isSafeInteger(value), "not a safe integer");
    const sign = value < 0 ? 0x40 : 0;
    const magnitude = Math.abs(value);
    if (magnitude < 0x40) {
      this.byte(sign | magnitude);
    } else {
      this.byte(0x80 | sign | (magnitude % 0x40));
      this.#rest(Math.floor(magnitude / 0x40));
    }
  }

  /** 16 hex digits as 8 bytes. */
  hex64(digits: string): void {
    assert(digits.length === 16, "an id must have 16 hex digits");
    for (let i = 0; i < 16; i += 2) this.byte(Number.parseInt(digits.slice(i, i + 2), 16));
  }

  bytes(bytes: Uint8Array): void {
    const end = this.#length + bytes.length;
    if (end <= this.#bytes.length) this.#bytes.set(bytes, this.#length);
    this.#length = end;
  }

  /** The message in an array of its own, with `tail` behind it: a large one is copied only here. */
  finish(tail?: Uint8Array): Uint8Array {
    const byteLength = this.#length + (tail?.length ?? 0);
    assert(byteLength <= this.#bytes.length, "a message outgrew its frame");
    if (!tail) return this.#bytes.slice(0, byteLength);
    const message = new Uint8Array(byteLength);
    message.set(this.#bytes.subarray(0, this.#length));
    message.set(tail, this.#length);
    return message;
  }

  /** Unsigned LEB128. Divides, because bit operators stop at 32 bits. */
  #rest(value: number): void {
    while (value >= 0x80) {
      this.byte(0x80 | (value % 0x80));
      value = Math.floor(value / 0x80);
    }
    this.byte(value);
  }
}

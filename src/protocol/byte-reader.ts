import { hexOf } from "./ids.ts";
import { badField, broken, ProtocolError } from "./protocol-error.ts";

/**
 * A bounds-checked cursor over bytes from outside. Every read names its field, so that an error can. Fixed-width
 * numbers are big-endian, variable ones unsigned LEB128 in their shortest form. Knows no message.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  byte(field: string, max = 0xff): number {
    const value = this.#bytes[this.#at];
    if (value === undefined) throw broken("truncated", field);
    if (value > max) throw badField(field);
    this.#at++;
    return value;
  }

  u32(field: string): number {
    const high = (this.byte(field) << 8) | this.byte(field);
    const low = (this.byte(field) << 8) | this.byte(field);
    return high * 0x1_0000 + low;
  }

  /** An integer from `min` to `max`, which must be a safe integer. */
  varint(field: string, min = 0, max = Number.MAX_SAFE_INTEGER): number {
    const first = this.byte(field);
    const value = first < 0x80 ? first : this.#continued(field, first & 0x7f, 0x80);
    if (value < min || value > max) throw badField(field);
    return value;
  }

  /** A varint whose first byte gives bit 6 to the sign. There is no negative zero. */
  signedVarint(field: string): number {
    const first = this.byte(field);
    const low = first & 0x3f;
    const magnitude = first < 0x80 ? low : this.#continued(field, low, 0x40);
    if ((first & 0x40) === 0) return magnitude;
    if (magnitude === 0) throw badField(field); // a zero has no sign
    return -magnitude;
  }

  /** 8 bytes as 16 lowercase hex digits. */
  hex64(field: string): string {
    return hexOf(this.view(field, 8));
  }

  /** The next `byteLength` bytes, not copied. */
  view(field: string, byteLength: number): Uint8Array {
    const end = this.#at + byteLength;
    if (end > this.#bytes.length) throw broken("truncated", field);
    const view = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return view;
  }

  /** Everything that is left, not copied. */
  rest(): Uint8Array {
    return this.view("rest", this.#bytes.length - this.#at);
  }

  /** Checks that everything was read. */
  end(): void {
    if (this.#at < this.#bytes.length) throw new ProtocolError("trailing-bytes", "trailing-bytes");
  }

  /** The later bytes of a varint. Multiplies, because bit operators stop at 32 bits. */
  #continued(field: string, low: number, scale: number): number {
    let value = low;
    for (;;) {
      const byte = this.byte(field);
      value += (byte & 0x7f) * scale;
      // Too large, or not in its shortest form.
      if (value > Number.MAX_SAFE_INTEGER || scale > VARINT_SCALE_MAX || byte === 0) throw badField(field);
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  }
}

/** What the last byte of the longest varint, the eighth, counts: without a bound a run of 0x80 would lead to NaN. */
const VARINT_SCALE_MAX = 0x2_0000_0000_0000;

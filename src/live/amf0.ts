/** The values that RTMP's commands are made of: AMF 0, as far as encoders use it. Knows no command. */

export type AmfValue = number | string | boolean | undefined | { readonly [name: string]: AmfValue };

/** All values of a message. Throws a {@link RangeError} where it ends too early, or has what no encoder sends. */
export function readAmf(bytes: Buffer): readonly AmfValue[] {
  const reader: Reader = { bytes, at: 0 };
  const values: AmfValue[] = [];
  while (reader.at < bytes.length) values.push(readValue(reader, 0));
  return values;
}

export const writeAmf = (...values: readonly AmfValue[]): Buffer => Buffer.concat(values.map(writeValue));

interface Reader {
  readonly bytes: Buffer;
  at: number;
}

function readValue(reader: Reader, depth: number): AmfValue {
  if (depth > DEPTH_MAX) throw new RangeError("values within values within values");
  const marker = reader.bytes.readUInt8(reader.at++);
  switch (marker) {
    case MARKER.number:
      return reader.bytes.readDoubleBE(skip(reader, 8));
    case MARKER.boolean:
      return reader.bytes.readUInt8(skip(reader, 1)) !== 0;
    case MARKER.string:
      return readText(reader);
    case MARKER.array:
      skip(reader, 4); // how many there may be: the end is marked as that of an object is
      return readFields(reader, depth);
    case MARKER.object:
      return readFields(reader, depth);
    case MARKER.null:
    case MARKER.undefined:
      return undefined;
    default:
      throw new RangeError(`a value of kind ${String(marker)}`);
  }
}

function readFields(reader: Reader, depth: number): { readonly [name: string]: AmfValue } {
  const fields = new Map<string, AmfValue>();
  for (;;) {
    const name = readText(reader);
    if (name === "" && reader.bytes.readUInt8(reader.at) === MARKER.end) break;
    fields.set(name, readValue(reader, depth + 1));
  }
  reader.at++;
  return Object.fromEntries(fields);
}

function readText(reader: Reader): string {
  const length = reader.bytes.readUInt16BE(skip(reader, 2));
  const start = skip(reader, length);
  return reader.bytes.toString("utf8", start, start + length);
}

/** Where the bytes skipped begin. */
function skip(reader: Reader, byteLength: number): number {
  const start = reader.at;
  reader.at += byteLength;
  if (reader.at > reader.bytes.length) throw new RangeError("it ends in the middle of a value");
  return start;
}

function writeValue(value: AmfValue): Buffer {
  switch (typeof value) {
    case "number": {
      const bytes = Buffer.alloc(9);
      bytes.writeDoubleBE(value, 1); // its marker is 0
      return bytes;
    }
    case "boolean":
      return Buffer.from([MARKER.boolean, Number(value)]);
    case "string":
      return Buffer.concat([Buffer.from([MARKER.string]), writeText(value)]);
    case "undefined":
      return Buffer.from([MARKER.null]);
    default: {
      const fields = Object.entries(value).flatMap(([name, each]) => [writeText(name), writeValue(each)]);
      return Buffer.concat([Buffer.from([MARKER.object]), ...fields, Buffer.from([0, 0, MARKER.end])]);
    }
  }
}

function writeText(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

const MARKER = { number: 0, boolean: 1, string: 2, object: 3, null: 5, undefined: 6, array: 8, end: 9 };
/** Encoders send one object of plain values. */
const DEPTH_MAX = 8;

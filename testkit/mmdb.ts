/**
 * Writes databases in the MaxMind DB format (its specification, version 2.0), for tests of those that read them. An IPv6
 * tree with the IPv4 addresses in its first 96 bits, as the databases that operators download.
 */
import { isIPv4 } from "node:net";

export type MmdbValue = string | number | { readonly [name: string]: MmdbValue };

/** `records` by network, `203.0.113.0/24` or `2001:db8::/32`. None may lie within another. */
export function mmdbOf(databaseType: string, records: Readonly<Record<string, MmdbValue>>): Buffer {
  const root: Node = [undefined, undefined];
  const nodes = [root];
  const data: Buffer[] = [];
  let dataBytes = 0;
  for (const [network, value] of Object.entries(records)) {
    const bits = bitsOf(network);
    const last = bits.pop() ?? 0;
    let node = root;
    for (const bit of bits) {
      let next = node[bit];
      if (typeof next === "number") throw new Error(`${network} lies within another network`);
      if (!next) nodes.push((next = node[bit] = [undefined, undefined]));
      node = next;
    }
    node[last] = dataBytes;
    const encoded = encode(value);
    data.push(encoded);
    dataBytes += encoded.byteLength;
  }

  const indexes = new Map(nodes.map((node, index) => [node, index]));
  const tree = Buffer.alloc(nodes.length * 2 * RECORD_BYTES);
  for (const [index, node] of nodes.entries())
    node.forEach((child, side) => {
      // A node's own index, or that of nothing, or a place in the data: one number each.
      const record =
        typeof child === "number"
          ? nodes.length + SEPARATOR.byteLength + child
          : ((child && indexes.get(child)) ?? nodes.length);
      tree.writeUIntBE(record, (2 * index + side) * RECORD_BYTES, RECORD_BYTES);
    });
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_700_000_000,
    database_type: databaseType,
    ip_version: 6,
    node_count: nodes.length,
    record_size: 8 * RECORD_BYTES,
  });
  return Buffer.concat([tree, SEPARATOR, ...data, METADATA_START, metadata]);
}

/** By the next bit: a further node, where a value lies in the data, or nothing. */
type Node = [Node | number | undefined, Node | number | undefined];
type Bit = 0 | 1;

function bitsOf(network: string): Bit[] {
  const [address = "", length = ""] = network.split("/");
  const bytes = isIPv4(address)
    ? [...new Array<number>(12).fill(0), ...address.split(".").map(Number)]
    : bytesOf(address);
  const count = Number(length) + (isIPv4(address) ? 96 : 0);
  return Array.from({ length: count }, (_, bit) => (((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1 ? 1 : 0));
}

function bytesOf(address: string): number[] {
  const [head = [], tail = []] = address.split("::").map((half) => half.split(":").filter((group) => group !== ""));
  const groups = [...head, ...new Array<string>(8 - head.length - tail.length).fill("0"), ...tail];
  return groups.map((group) => parseInt(group, 16)).flatMap((group) => [group >> 8, group & 0xff]);
}

/** A field of the data section: a control byte of type and size, then the payload. */
function encode(value: MmdbValue): Buffer {
  if (typeof value === "string") {
    const text = Buffer.from(value);
    return Buffer.concat([control(TYPE.string, text.byteLength), text]);
  }
  if (typeof value === "number") {
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(value);
    return Buffer.concat([control(TYPE.uint32, payload.byteLength), payload]);
  }
  const entries = Object.entries(value);
  return Buffer.concat([control(TYPE.map, entries.length), ...entries.flat().map(encode)]);
}

function control(type: number, size: number): Buffer {
  if (size > SIZE_MAX) throw new Error("longer sizes are not written here");
  return Buffer.from([(type << 5) | size]);
}

const TYPE = { string: 2, uint32: 6, map: 7 };
/** What fits into the control byte itself. */
const SIZE_MAX = 28;
const RECORD_BYTES = 3;
const SEPARATOR = Buffer.alloc(16);
const METADATA_START = Buffer.concat([Buffer.from([0xab, 0xcd, 0xef]), Buffer.from("MaxMind.com")]);

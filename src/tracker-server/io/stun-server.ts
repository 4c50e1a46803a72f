/**
 * The UDP socket that answers STUN, so that viewers behind NAT find each other without anybody else's server. Several
 * workers share it. Counts and slows down; what is a request, and what its answer, is for `core/stun.ts`.
 */
import { createSocket, type RemoteInfo } from "node:dgram";
import { once } from "node:events";
import { BlockList, isIPv4, isIPv6 } from "node:net";
import { OptionError } from "../../base/option-error.ts";
import type { Millis } from "../../base/time.ts";
import { TokenBucket } from "../core/rate-limit.ts";
import { answerBinding } from "../core/stun.ts";
import { clientAddressOf, groupsOf } from "./client-address.ts";
import type { TrackerLogger } from "./logger.ts";
import type { TrackerOptions } from "./options.ts";

export interface StunCounts {
  readonly answered: number;
  /** No request, or more of them than one network is given. */
  readonly ignored: number;
}

export interface StunServer {
  /** What viewers are told. */
  readonly url: string;
  readonly counts: StunCounts;
  close(): void;
}

/** Undefined unless a port is named. Rejects when the port is taken, or nothing says by which name viewers reach it. */
export async function openStunServer(
  options: TrackerOptions,
  now: () => Millis,
  logger: TrackerLogger,
): Promise<StunServer | undefined> {
  const { stunPort, host = "0.0.0.0" } = options;
  if (stunPort === undefined) return undefined;
  const name = stunNameOf(options);
  const counts = { answered: 0, ignored: 0 };
  const buckets = new Map<string, TokenBucket>();
  const mayAsk = (prefix: string): boolean => {
    if (buckets.size >= PREFIXES_MAX) buckets.clear();
    const bucket = buckets.get(prefix) ?? new TokenBucket(now(), REQUESTS_PER_PREFIX);
    buckets.set(prefix, bucket);
    return bucket.take(now());
  };

  const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
  socket.on("message", (request, from) => {
    const { address, prefixKey } = clientAddressOf(from.address, undefined, NOBODY);
    const answer = answerBinding(request, { address: bytesOf(address), port: from.port });
    if (!answer || !mayAsk(prefixKey)) {
      counts.ignored++;
      return;
    }
    counts.answered++;
    send(answer, from);
  });
  /** What cannot be sent is lost, as datagrams are. */
  const send = (answer: Uint8Array, { port, address }: RemoteInfo): void => {
    socket.send(answer, port, address, () => undefined);
  };
  const listening = once(socket, "listening");
  socket.bind(stunPort, host);
  await listening.catch((error: unknown) => {
    socket.close();
    throw error;
  });
  socket.on("error", (cause) => {
    logger.error("the STUN socket failed", cause);
  });
  return {
    url: `stun:${name}:${String(socket.address().port)}`,
    counts,
    close() {
      socket.close();
    },
  };
}

/** The host that viewers are told; an IPv6 address in brackets. */
function stunNameOf({ stunAddress, publicUrl }: TrackerOptions): string {
  const name = stunAddress ?? (publicUrl === undefined ? undefined : new URL(publicUrl).hostname);
  if (name === undefined)
    throw new OptionError(
      "stunPort needs stunAddress (--stun-address), the host or address by which viewers reach it, or --public-url",
    );
  if (isIPv6(name)) return `[${name}]`;
  if (!/^(\[[\da-f:.]+\]|[\w.-]+)$/i.test(name))
    throw new OptionError(`stunAddress must be a host or an address, not "${name}"`);
  return name;
}

const bytesOf = (address: string): Uint8Array =>
  isIPv4(address)
    ? Uint8Array.from(address.split("."), Number)
    : Uint8Array.from(
        groupsOf(address).flatMap((group) => {
          const number = parseInt(group, 16);
          return [number >> 8, number & 0xff];
        }),
      );

/** No proxy speaks for others here. */
const NOBODY = new BlockList();

/**
 * A viewer asks a few times for each of its links. To somebody whose address is forged in requests comes 60 kB a second
 * at most from this, and to his neighbours together.
 */
const REQUESTS_PER_PREFIX = { burst: 5_000, perSecond: 1_000 };

/** Prefixes remembered: 2 MB. Above it all begin anew. */
const PREFIXES_MAX = 20_000;

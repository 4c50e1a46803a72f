/** Kinds of settings that only the tracker has. */
import { OptionError } from "../../base/option-error.ts";
import { fail, HIDDEN, isUrl, numberOf, single, SOCKET_SCHEMES, type Kind } from "../../settings/kinds.ts";
import type { Rate } from "../core/rate-limit.ts";

/** `300:50` is 300 at once and 50 a second in the long run. */
export const rate: Kind<Rate> = {
  ...single("<burst:perSecond>", (value) => {
    const [burst = NaN, perSecond = NaN, ...rest] = value.split(":").map(numberOf);
    if (burst >= 1 && perSecond > 0 && burst + perSecond < Infinity && rest.length === 0) return { burst, perSecond };
    return fail("must be two numbers like 300:50, so many at once and so many a second", value);
  }),
  write: ({ burst, perSecond }) => `${String(burst)}:${String(perSecond)}`,
};

/** One host, or with `redis-cluster://` several with commas between. The rest is for whoever opens it. */
export const redisUrl: Kind<string> = {
  ...single("<url>", (value) => {
    if (/^rediss?(-cluster)?:\/\/./.test(value)) return value;
    throw new OptionError("must be like redis://host:6379 or redis-cluster://host:6379,host:6380"); // it may hold a password
  }),
  write: (value) => value.replace(/:[^:@/]*@/, `:${HIDDEN}@`),
};

/** Another tracker: `wss://b.example`, or with its region before it, `eu=wss://b.example`. */
export const namedTracker: Kind<{ readonly url: string; readonly region?: string }> = {
  ...single("<[region=]url>", (value) => {
    const [, region, address = ""] = /^(?:([^=:/]+)=)?(.*)$/s.exec(value) ?? [];
    if (!isUrl(address, SOCKET_SCHEMES)) return fail("must be like wss://b.example or eu=wss://b.example", value);
    return { url: address, ...(region !== undefined && { region }) };
  }),
  write: ({ url: address, region }) => (region === undefined ? address : `${region}=${address}`),
};

import { createHmac, generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { OptionError } from "../base/option-error.ts";
import { swarmIdOf, type SwarmId } from "../protocol/ids.ts";
import { issueTicket, keyedSwarmId, publicKeyOf, type TicketOptions } from "./issue.ts";
import { ticketReaderOf } from "./ticket-reader.ts";

const SECRET = "a secret of at least 32 characters";
const OTHER_SECRET = "a wholly other secret, just as long";
const SWARM = "the-swarm-of-tests" as SwarmId;
const PRIVATE_KEY = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const PUBLIC_KEY = publicKeyOf(PRIVATE_KEY);
const NOW = Date.now();

const readerOf = (options: Parameters<typeof ticketReaderOf>[0], now = () => NOW) => {
  const read = ticketReaderOf(options, now);
  if (!read) throw new Error("asks for no tickets");
  return read;
};
const encoded = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const signed = (head: unknown, payload: unknown, secret: string = SECRET): string => {
  const text = `${encoded(head)}.${encoded(payload)}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
};
const HEAD = { alg: "HS256", typ: "JWT" };
const claims = (more: object = {}): object => ({
  jti: "one",
  exp: Math.floor(NOW / 1000) + 60,
  swarms: [SWARM],
  ...more,
});

describe("[TI1] a ticket of the site", () => {
  test.each([
    ["a shared secret", { secret: SECRET }, { ticketSecrets: [SECRET] }],
    ["the older of two secrets", { secret: SECRET }, { ticketSecrets: [OTHER_SECRET, SECRET] }],
    ["a key", { privateKey: PRIVATE_KEY }, { ticketKey: PUBLIC_KEY }],
    [
      "a key, where there is a secret, too",
      { privateKey: PRIVATE_KEY },
      { ticketSecrets: [SECRET], ticketKey: PUBLIC_KEY },
    ],
  ])("is read, signed with %s", (_, signer, options) => {
    const ticket = issueTicket(signer, {
      swarms: [SWARM],
      uses: 7,
      class: "gold",
      role: "trusted",
      key: "ab".repeat(32),
      id: "x",
    });
    const read = readerOf(options)(ticket);
    expect(read).toMatchObject({
      claims: { jti: "x", swarms: [SWARM], uses: 7, class: "gold", role: "trusted", key: "ab".repeat(32) },
    });
  });

  test("[T9] is small: below 300 characters where a viewer watches one stream", () => {
    expect(issueTicket({ secret: SECRET }, { content: "news" }).length).toBeLessThan(283);
  });

  test("by any other library is read as well: the claims in any order, and more of them", () => {
    const ticket = signed({ typ: "JWT", kid: "k1", alg: "HS256" }, { iss: "site", aud: ["x"], iat: 1, ...claims() });
    expect(readerOf({ ticketSecrets: [SECRET] })(ticket)).toMatchObject({ claims: { jti: "one" } });
  });

  test("has an id of its own, unless it is given one", () => {
    const ids = [1, 2].map(() =>
      readerOf({ ticketSecrets: [SECRET] })(issueTicket({ secret: SECRET }, { content: "a" })),
    );
    expect(new Set(ids.map((read) => ("claims" in read ? read.claims.jti : ""))).size).toBe(2);
  });
});

describe("[T9] [TI3] a ticket that counts for nothing", () => {
  const both = readerOf({ ticketSecrets: [SECRET], ticketKey: PUBLIC_KEY });
  const good = signed(HEAD, claims());
  const [head = "", payload = "", signature = ""] = good.split(".");
  const eddsa = issueTicket({ privateKey: PRIVATE_KEY }, { swarms: [SWARM] });
  test("the one that the others are made of is good", () => {
    expect(both(good)).toHaveProperty("claims");
  });
  test.each([
    ["rubbish", "rubbish", "no JSON Web Token"],
    ["nothing", "", "no JSON Web Token"],
    ["two parts", `${head}.${payload}`, "no JSON Web Token"],
    ["padding", `${good}=`, "no JSON Web Token"],
    ["what is no ASCII", `${head}.${payload}é.${signature}`, "no JSON Web Token"],
    ["no signature", `${head}.${payload}.`, "was not signed"],
    ["a signature cut short", good.slice(0, -2), "was not signed"],
    ["another secret", signed(HEAD, claims(), OTHER_SECRET), "was not signed"],
    ["another payload", `${head}.${encoded(claims({ uses: 999 }))}.${signature}`, "was not signed"],
    ["alg none", `${encoded({ alg: "none" })}.${payload}.`, "HS256 or EdDSA"],
    ["alg None", `${encoded({ alg: "None" })}.${payload}.`, "HS256 or EdDSA"],
    ["no alg", signed({ typ: "JWT" }, claims()), "HS256 or EdDSA"],
    ["an alg of Object.prototype", signed({ __proto__: null, alg: "toString" }, claims()), "HS256 or EdDSA"],
    ["alg HS512", signed({ alg: "HS512" }, claims()), "HS256 or EdDSA"],
    ["HS256 with the public key as its secret", signed(HEAD, claims(), PUBLIC_KEY), "was not signed"],
    ["EdDSA with an HMAC", signed({ alg: "EdDSA" }, claims()), "was not signed"],
    ["HS256 over a signature of the key", `${encoded(HEAD)}.${eddsa.split(".").slice(1).join(".")}`, "was not signed"],
    ["critical extensions", signed({ ...HEAD, crit: ["b64"], b64: false }, claims()), "crit"],
    ["a header that is a list", signed([HEAD], claims()), "cannot be read"],
    ["a header that is no JSON", signed("{alg}", claims()), "cannot be read"],
    ["a header nested very deep", signed("[".repeat(1_400), claims()), "cannot be read"],
    ["a payload nested very deep", signed(HEAD, `{"jti":${"[".repeat(700)}${"]".repeat(700)}}`), '"jti"'],
    ["a payload that is no object", signed(HEAD, "7"), "cannot be read"],
    ["a claim by way of the prototype", signed(HEAD, `{"__proto__":${JSON.stringify(claims())}}`), '"jti"'],
    ["no id", signed(HEAD, claims({ jti: undefined })), '"jti"'],
    ["an id with a space", signed(HEAD, claims({ jti: "a b" })), '"jti"'],
    ["an id in other letters", signed(HEAD, claims({ jti: "аdmin" })), '"jti"'],
    ["no end", signed(HEAD, claims({ exp: undefined })), '"exp"'],
    ["an end that is text", signed(HEAD, claims({ exp: "2030-01-01" })), '"exp"'],
    ["an end that is no number", signed(HEAD, `{"jti":"a","swarms":["${SWARM}"],"exp":1e999}`), '"exp"'],
    ["no swarms", signed(HEAD, claims({ swarms: undefined })), '"swarms"'],
    ["none of them", signed(HEAD, claims({ swarms: [] })), '"swarms"'],
    ["all of them", signed(HEAD, claims({ swarms: "*" })), '"swarms"'],
    ["too many", signed(HEAD, claims({ swarms: Array.from({ length: 17 }, () => SWARM) })), '"swarms"'],
    ["one that is none", signed(HEAD, claims({ swarms: [SWARM, "*"] })), '"swarms"'],
    ["uses below one", signed(HEAD, claims({ uses: 0 })), '"uses"'],
    ["a role of its own making", signed(HEAD, claims({ role: "admin" })), '"role"'],
    ["a key that is none", signed(HEAD, claims({ key: "AB".repeat(32) })), '"key"'],
    ["null", signed(HEAD, claims({ class: null })), '"class"'],
  ])("%s", (_, ticket, says) => {
    const read = both(ticket);
    expect(read).toHaveProperty("fault");
    expect("fault" in read && read.fault).toContain(says);
  });

  test("a tracker that knows a key alone takes no HMAC, and the other way round", () => {
    expect(readerOf({ ticketKey: PUBLIC_KEY })(good)).toEqual({ fault: "must be signed with EdDSA" });
    expect(readerOf({ ticketSecrets: [SECRET] })(eddsa)).toEqual({ fault: "must be signed with HS256" });
  });
});

describe("[TI3] the clock", () => {
  let now = NOW;
  const read = readerOf({ ticketSecrets: [SECRET] }, () => now);
  test("a ticket ends, half a minute later than it says: clocks differ", () => {
    const ticket = signed(HEAD, claims());
    now = (Math.floor(NOW / 1000) + 60 + 29) * 1000;
    expect(read(ticket)).toMatchObject({ expiresInMs: 1_000 });
    now += 1_000;
    expect(read(ticket)).toEqual({ fault: "expired 30 s ago: issue one when the player starts" });
    now = NOW;
  });
  test("one that begins later is not valid yet, with the same half minute", () => {
    const at = Math.floor(NOW / 1000);
    expect(read(signed(HEAD, claims({ nbf: at + 29 })))).toHaveProperty("claims");
    expect(read(signed(HEAD, claims({ nbf: at + 32 })))).toMatchObject({
      fault: expect.stringContaining("not valid yet") as string,
    });
  });
  test("one that lasts longer than a day is a key in a page, and none", () => {
    const at = Math.floor(NOW / 1000);
    expect(read(signed(HEAD, claims({ exp: at + 86_400 })))).toHaveProperty("claims");
    expect(read(signed(HEAD, claims({ exp: at + 90_000 })))).toMatchObject({
      fault: expect.stringContaining("too long") as string,
    });
  });
});

describe("what the site does wrong", () => {
  const issue = (options: TicketOptions) => () => issueTicket({ secret: SECRET }, options);
  test.each([
    [() => issueTicket({ secret: "short" }, { content: "a" }), "32 characters"],
    [() => issueTicket({ privateKey: "no key" }, { content: "a" }), "Ed25519 private key"],
    [issue({}), '"swarms"'],
    [issue({ content: "" }), "content"],
    [issue({ content: "a", swarms: ["short"] }), '"swarms"'],
    [issue({ content: "a", ttlSeconds: 0 }), "ttlSeconds"],
    [issue({ content: "a", ttlSeconds: 100_000 }), "ttlSeconds"],
    [issue({ content: "a", uses: 1.5 }), '"uses"'],
    [issue({ content: "a", class: "gold & silver" }), '"class"'],
    [issue({ content: "a", id: "" }), '"jti"'],
    [() => ticketReaderOf({ ticketSecrets: ["short"] }), "32 characters"],
    [() => ticketReaderOf({ ticketKey: PUBLIC_KEY.toUpperCase() }), "64 lowercase hex digits"],
  ])("%s is told: %s", (make, says) => {
    expect(make).toThrow(OptionError);
    expect(make).toThrow(says);
  });

  test("a tracker that is given neither asks for no tickets", () => {
    expect(ticketReaderOf({})).toBeUndefined();
  });
});

describe("[T10] [TI7] the id of a swarm", () => {
  test("is the same for all viewers of a content, and another for any other", () => {
    const signer = { secret: SECRET };
    const read = readerOf({ ticketSecrets: [SECRET] })(issueTicket(signer, { content: ["news", "sport"] }));
    expect(read).toMatchObject({ claims: { swarms: [keyedSwarmId(signer, "news"), keyedSwarmId(signer, "sport")] } });
    expect(keyedSwarmId(signer, "news")).toBe(keyedSwarmId({ secret: SECRET }, "news"));
    expect(keyedSwarmId(signer, "news")).not.toBe(keyedSwarmId(signer, "news "));
  });
  test("cannot be computed without what the site signs with", () => {
    const ids = [
      swarmIdOf("news"),
      keyedSwarmId({ secret: SECRET }, "news"),
      keyedSwarmId({ secret: OTHER_SECRET }, "news"),
      keyedSwarmId({ privateKey: PRIVATE_KEY }, "news"),
    ];
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{16,64}$/);
  });
});

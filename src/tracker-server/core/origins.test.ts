import { expect, test } from "vitest";
import { isListed } from "./origins.ts";

const LIST = ["https://example.com", "https://*.example.org", "http://*.example.net:8080"];

test.each([
  ["https://example.com", true],
  ["HTTPS://EXAMPLE.COM", true],
  ["http://example.com", false],
  ["https://www.example.com", false],
  ["https://www.example.org", true],
  ["https://a.b.example.org", true],
  ["https://example.org", false],
  ["https://.example.org", false],
  ["https://evilexample.org", false],
  ["https://www.example.org.evil.com", false],
  ["https://evil.com/.example.org", false],
  ["https://evil.com:1.example.org", false],
  ["https://www.example.org:8443", false],
  ["http://www.example.net:8080", true],
  ["null", false],
  [undefined, false],
])("[TK92] %s: %s", (origin, isIn) => {
  expect(isListed(origin, LIST)).toBe(isIn);
});

test("[TK92] who sends none is let in where the list says none", () => {
  expect(isListed(undefined, [...LIST, "none"])).toBe(true);
});

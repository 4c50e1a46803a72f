import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { expect, test } from "vitest";
import { requestTargetOf } from "./request-path.ts";

const targetOf = (url: string) => {
  const request = new IncomingMessage(new Socket());
  request.url = url;
  return requestTargetOf(request);
};

test("a path is its names, decoded, and the query is apart", () => {
  const target = targetOf("/demo/720p/s%20x.m4s?_HLS_msn=3&ticket=a.b.c");
  expect(target?.path).toEqual(["demo", "720p", "s x.m4s"]);
  expect(target?.query.get("_HLS_msn")).toBe("3");
  expect(targetOf("/")?.path).toEqual([""]);
});

test.each([
  "/../etc/passwd",
  "/demo/%2e%2e/%2e%2e/etc/passwd",
  "/demo/..%2f..%2fetc/passwd",
  "/demo/..\\..\\windows",
  "/demo/%5c..%5c",
  "/demo/c:%5cboot.ini",
  "/demo/%00.ts",
  "/demo/%",
  "/demo/%ff",
  "http://other.example/",
  "*",
])("%s leads nowhere", (url) => {
  expect(targetOf(url)).toBeUndefined();
});

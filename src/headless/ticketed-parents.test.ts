import { expect, test } from "vitest";
import { swarmIdOf } from "../protocol/ids.ts";
import type { PeerLinkEvents } from "../swarm/io/peer-link.ts";
import type { OpenParentLink } from "../swarm/io/websocket-peer-link.ts";
import { issueTicket, keyedSwarmId } from "../ticket/issue.ts";
import { ticketedParentLinks } from "./ticketed-parents.ts";

const SWARM = swarmIdOf("stream");
const URL_OF_PARENT = `wss://parent.example/v1/peer/${SWARM}`;
const SIGNER = { secret: "a secret of thirty-two characters" };

/** The addresses that are called, one after the other. */
function stage() {
  const called: string[] = [];
  const open: OpenParentLink = (url, events) => {
    called.push(url);
    const close = (): void => {
      events.closed("closed here");
    };
    return { signal: () => undefined, send: () => undefined, close };
  };
  return { called, open };
}

const eventsWith = (closed: (reason: string) => void): PeerLinkEvents => ({
  ...{ signal: () => undefined, open: () => undefined, frame: () => undefined, closed },
});

test("[SE81] each call shows a ticket of its own, and asks for the swarm that it is for", async () => {
  const { called, open } = stage();
  const tickets: string[] = [];
  const links = ticketedParentLinks(open, SWARM, () => {
    tickets.push(issueTicket(SIGNER, { content: "news" }));
    return Promise.resolve(tickets.at(-1) ?? "");
  });
  for (let call = 1; call <= 2; call++) {
    links(
      URL_OF_PARENT,
      eventsWith(() => undefined),
      1000,
    );
    await expect.poll(() => called.length).toBe(call);
  }
  const swarm = keyedSwarmId(SIGNER, "news");
  expect(called).toEqual(tickets.map((ticket) => `wss://parent.example/v1/peer/${swarm}?ticket=${ticket}`));
  expect(new Set(tickets).size).toBe(2);
});

test("a link that is closed before there is a ticket calls nobody; without a ticket it is closed", async () => {
  const { called, open } = stage();
  const reasons: string[] = [];
  const events = eventsWith((reason) => reasons.push(reason));
  ticketedParentLinks(open, SWARM, () => "ticket")(URL_OF_PARENT, events, 1000).close();
  ticketedParentLinks(open, SWARM, () => Promise.reject(new Error("503")))(URL_OF_PARENT, events, 1000);
  await expect.poll(() => reasons).toEqual(["closed here", "no ticket: Error: 503"]);
  expect(called).toEqual([]);
});

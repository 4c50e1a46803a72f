/**
 * Decides what of a viewer's reports is counted. Nothing in them can be proved, but all of it takes time: what one viewer
 * has told may not take longer than it has been here. So somebody who makes figures up makes up those of one viewer.
 */

import type { Millis } from "../../base/time.ts";
import type { Member } from "./member.ts";
import { addCounts, countsOf, findShrunk, growthOf, leastMsOf, type SessionCounts } from "./session-counts.ts";
import type { Message, Refusal } from "./viewers.ts";

/** What is counted of the session so far, and now. */
export interface Growth {
  readonly before: SessionCounts;
  readonly growth: SessionCounts;
}

/** Undefined when there is nothing to count yet. */
export function takeReport(now: Millis, member: Member, report: Message<"report">): Growth | Refusal | undefined {
  const { leftOut, reported } = member;
  const counts = countsOf(report);
  const growth = growthOf(reported, counts);
  const shrunk = findShrunk(growth);
  if (shrunk) {
    const message = `${shrunk} must not be less than in the report before`;
    return { reason: "counter-went-back", error: { code: "bad-message", message, field: shrunk } };
  }
  member.reported = counts;
  member.links = report.peers;
  if (!leftOut) {
    member.leftOut = counts;
    return undefined;
  }
  const until = member.reportedUntil + leastMsOf(growth);
  // What went on while no tracker was there comes all at once: it is left out, and the next report counts again.
  if (until > now) {
    member.leftOut = addCounts(leftOut, growth);
    return IMPLAUSIBLE;
  }
  member.reportedUntil = Math.max(until, now - REPORT_CREDIT_MS);
  return { before: growthOf(leftOut, reported), growth };
}

const IMPLAUSIBLE: Refusal = {
  reason: "implausible-report",
  isForgiven: true, // it may only have been long without us
  error: { code: "bad-message", message: "more than can have happened since the last report: not counted" },
};

/**
 * A session begins a little before its join, fills its buffer faster than it plays, and reports come unevenly; a viewer may
 * claim no more than this beyond the time that has passed.
 */
export const REPORT_CREDIT_MS: Millis = 20_000;

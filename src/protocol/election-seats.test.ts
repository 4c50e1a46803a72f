import { expect, test } from "vitest";
import { seatOf } from "./election-seats.ts";
import { ELECTION_SEATS } from "./limits.ts";

const SEQUENCES = [0, 1, 31, 1000, 1_790_000_000_000_000, Number.MAX_SAFE_INTEGER];
const indexes = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

test("[TR22] these turns never change: viewers of every build must agree on them", () => {
  expect(seatOf(0, 0, 0)).toBe(0);
  expect(seatOf(1, 0, 0)).toBe(11);
  expect(seatOf(0, 1, 0)).toBe(5);
  expect(seatOf(0, 0, 1)).toBe(13);
  expect(seatOf(1000, 7, 3)).toBe((1000 * 11 + 7 * 5 + 3 * 13) % 32);
});

test("[TR22] the stripes of a segment fall on different seats, and so do the ranks of a stripe", () => {
  for (const sequence of SEQUENCES) {
    const seats = indexes(ELECTION_SEATS);
    expect(new Set(seats.map((stripe) => seatOf(sequence, stripe, 2))).size).toBe(ELECTION_SEATS);
    expect(new Set(seats.map((rank) => seatOf(sequence, 3, rank))).size).toBe(ELECTION_SEATS);
  }
});

test("[TR22] the duty passes over all seats as the sequence goes on, and over no other", () => {
  for (const first of SEQUENCES.slice(0, -1)) {
    const seats = indexes(ELECTION_SEATS).map((later) => seatOf(first + later, 5, 1));
    expect(new Set(seats)).toEqual(new Set(indexes(ELECTION_SEATS)));
  }
});

import { ELECTION_SEATS } from "./limits.ts";

/**
 * The seat whose turn is `rank`-th to fetch `stripe` of the segment `sequence`, 0 being the first (TR22). Everybody who
 * knows the track computes the same; who holds the seat is the tracker's affair.
 *
 * The multipliers are odd and the number of seats is a power of two. So the stripes of one segment fall on different
 * seats, so do the ranks of one stripe, and the duty passes over all seats as the sequence goes on.
 */
export const seatOf = (sequence: number, stripe: number, rank: number): number =>
  ((sequence % ELECTION_SEATS) * SEQUENCE_STEP + stripe * STRIPE_STEP + rank * RANK_STEP) % ELECTION_SEATS;

const SEQUENCE_STEP = 11;
const STRIPE_STEP = 5;
const RANK_STEP = 13;

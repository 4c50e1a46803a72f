/**
 * A ratio of two sums over sessions, like stalls per hour played, and how far it can be trusted. A session is the unit
 * of chance: what happens within one hangs together. Kept as six running sums, whatever the number of sessions; so a
 * session that goes on is taken out as it was and put in as it is.
 */

/** Over all sessions that have anything to say: of `y` above and `x` below the line. */
export interface RatioSums {
  readonly sessions: number;
  readonly x: number;
  readonly y: number;
  readonly xx: number;
  readonly xy: number;
  readonly yy: number;
}

/** What one session has to say; nothing while both are 0. */
export interface Sample {
  readonly x: number;
  readonly y: number;
}

/** With the half width of its 95 % confidence interval: `value - margin` to `value + margin`. */
export interface Estimate {
  readonly value: number;
  readonly margin: number;
}

/** A ratio with its variance and the degrees of freedom that this rests on. */
interface Spread {
  readonly value: number;
  readonly variance: number;
  readonly freedom: number;
}

export const NO_SESSIONS: RatioSums = { sessions: 0, x: 0, y: 0, xx: 0, xy: 0, yy: 0 };

/** One session said `before` and says `now`. */
export function replaceSample(sums: RatioSums, before: Sample, now: Sample): RatioSums {
  return {
    sessions: sums.sessions + speaks(now) - speaks(before),
    x: sums.x + now.x - before.x,
    y: sums.y + now.y - before.y,
    xx: sums.xx + now.x * now.x - before.x * before.x,
    xy: sums.xy + now.x * now.y - before.x * before.y,
    yy: sums.yy + now.y * now.y - before.y * before.y,
  };
}

export const addRatios = (a: RatioSums, b: RatioSums): RatioSums => ({
  sessions: a.sessions + b.sessions,
  x: a.x + b.x,
  y: a.y + b.y,
  xx: a.xx + b.xx,
  xy: a.xy + b.xy,
  yy: a.yy + b.yy,
});

/** The ratio alone; 0 before there is anything to divide by. */
export const ratioOf = ({ x, y }: RatioSums): number => (x > 0 ? y / x : 0);

/** Undefined below {@link SESSIONS_MIN} sessions: an interval made of fewer would promise too much. */
export function estimateRatio(sums: RatioSums): Estimate | undefined {
  const spread = spreadOf(sums);
  return spread && { value: spread.value, margin: marginOf(spread) };
}

/**
 * `a - b`, of two groups drawn independently of each other and not equally wide: Welch's interval (Biometrika 34, 1947,
 * page 28), whose degrees of freedom are
 * `(va + vb)^2 / (va^2 / (na - 1) + vb^2 / (nb - 1))`.
 */
export function estimateDifference(a: RatioSums, b: RatioSums): Estimate | undefined {
  const [one, other] = [spreadOf(a), spreadOf(b)];
  if (!one || !other) return undefined;
  const variance = one.variance + other.variance;
  const shares = (one.variance * one.variance) / one.freedom + (other.variance * other.variance) / other.freedom;
  const freedom = shares > 0 ? (variance * variance) / shares : Infinity;
  return { value: one.value - other.value, margin: marginOf({ value: 0, variance, freedom }) };
}

/**
 * The variance of a ratio `R = sum y / sum x` over `n` sessions, to first order (Cochran, Sampling Techniques, 3rd
 * edition, section 6.4): `n / (sum x)^2 * sum (y - R x)^2 / (n - 1)`. Where every `x` is 1 this is the variance of a mean.
 */
function spreadOf(sums: RatioSums): Spread | undefined {
  const { sessions, x, xx, xy, yy } = sums;
  if (sessions < SESSIONS_MIN || x <= 0) return undefined;
  const value = ratioOf(sums);
  const residuals = Math.max(0, yy - 2 * value * xy + value * value * xx);
  const freedom = sessions - 1;
  return { value, variance: (sessions * residuals) / (x * x * freedom), freedom };
}

const marginOf = ({ variance, freedom }: Spread): number => studentQuantile(freedom) * Math.sqrt(variance);

/**
 * The 97.5 % quantile of Student's t, expanded around that of the normal distribution (Abramowitz and Stegun 26.7.5):
 * right to a thousandth from 5 degrees of freedom on.
 */
export function studentQuantile(freedom: number): number {
  const z = NORMAL_QUANTILE;
  const zz = z * z;
  const first = (z * (zz + 1)) / 4;
  const second = (z * (5 * zz * zz + 16 * zz + 3)) / 96;
  const third = (z * (3 * zz * zz * zz + 19 * zz * zz + 17 * zz - 15)) / 384;
  return z + (first + (second + third / freedom) / freedom) / freedom;
}

const speaks = ({ x, y }: Sample): number => (x > 0 || y > 0 ? 1 : 0);

/** Of the standard normal distribution, for 95 % between both. */
const NORMAL_QUANTILE = 1.959964;

/**
 * From here on the interval of a count as uneven as stalls holds the truth in 93 of 100 cases, at 50 in 90; the test
 * beside this file draws thousands.
 */
export const SESSIONS_MIN = 200;

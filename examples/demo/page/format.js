/** Numbers as people read them. */

export const megabits = (bitsPerSecond) => {
  const mbit = bitsPerSecond / 1e6;
  return mbit >= 10 ? mbit.toFixed(0) : mbit.toFixed(mbit >= 1 ? 1 : 2);
};

export const bytes = (count) => {
  if (count < 1e6) return `${(count / 1e3).toFixed(0)} kB`;
  if (count < 1e9) return `${(count / 1e6).toFixed(count < 1e7 ? 1 : 0)} MB`;
  return `${(count / 1e9).toFixed(2)} GB`;
};

export const percent = (share) => `${(share * 100).toFixed(0)} %`;

export const seconds = (count) => `${count.toFixed(count < 10 ? 1 : 0)} s`;

export const plural = (count, noun) => `${String(count)} ${noun}${count === 1 ? "" : "s"}`;

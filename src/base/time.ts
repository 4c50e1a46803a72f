/** A span or an instant of a monotonic clock, in milliseconds. Instants of two machines are never compared. */
export type Millis = number;

/** A span or a position on a media timeline, in seconds, as hls.js and the media element count. */
export type Seconds = number;

/** A size in bytes. */
export type Bytes = number;

/** Every bound that a remote can run into. `docs/limits.md` repeats them with their reasons. */

/** Size of a chunk: the unit of request, relay and (later) verification. 128 KiB is clearly worse, 16 costs more control. */
export const CHUNK_BYTES = 32 * 1024;

/**
 * Largest payload of one data-channel message. Without message interleaving a larger one would hold up every other
 * message on the association (RFC 8831 section 6.6), and Chromium gains nothing above it.
 */
export const FRAME_PAYLOAD_BYTES_MAX = 16 * 1024;

/** Largest frame: a full payload and its header. */
export const FRAME_BYTES_MAX = FRAME_PAYLOAD_BYTES_MAX + 128;

/** Largest segment we share, in chunks: 128 MiB. Larger ones go straight to the origin. */
export const SEGMENT_CHUNKS_MAX = 4096;

/** Segments named by one `have` or `gone` frame. */
export const SEGMENTS_PER_FRAME_MAX = 128;

/** Renditions that one peer may name on one connection. */
export const TRACK_SLOTS_MAX = 32;

/** How often a `fetching` notice may be passed on: more than the diameter of any mesh we build. */
export const NOTICE_HOPS_MAX = 8;

/** Largest tracker message in either direction, in UTF-16 code units. */
export const TRACKER_MESSAGE_CHARS_MAX = 16 * 1024;

/** Largest relayed signal, in bytes of the ASCII it is made of: an SDP with many candidates is about 4 KiB. */
export const SIGNAL_CHARS_MAX = 8 * 1024;

/** Candidates that one announce may ask for or be given. */
export const PEERS_PER_ANNOUNCE_MAX = 16;

/** Seats of one track's election, dealt out by the tracker. A power of two; more than stripes times ranks that matter. */
export const ELECTION_SEATS = 32;

/** Hashes in one message between viewer and tracker: a stripe of the largest segments, 8 KiB of text. */
export const HASHES_PER_MESSAGE_MAX = 256;

/** Trackers on one list: more than any viewer tries before the first may be back. */
export const TRACKERS_MAX = 8;

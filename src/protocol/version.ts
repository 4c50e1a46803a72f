/**
 * Version of both wires. 1: first version.
 * A peer or tracker offers the range it speaks; the highest common one is used.
 */
export const PROTOCOL_VERSION = 1;
/** The oldest version we still speak. */
export const PROTOCOL_VERSION_MIN = 1;
/** The WebSocket subprotocol that viewers and trackers agree on. */
export const TRACKER_SUBPROTOCOL = "hls-swarm.1";
/** Where a seeder lets peers in over WebSocket; the swarm's id follows. */
export const PEER_PATH = "/v1/peer/";

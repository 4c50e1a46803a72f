/**
 * What the page is told of servers and viewers beside its own, in the words of SwarmStats.
 *
 * @typedef {object} Member
 * @property {string} name
 * @property {"seeder" | "viewer"} kind
 * @property {string} [note]  what else is to be said of it, a sentence
 * @property {string} [self]  what its peers call it
 * @property {string} tracker
 * @property {number} originReceivedBytes
 * @property {{ peer: string, state: string, seeder: boolean, receivedBytes: number, sentBytes: number }[]} peers
 *
 * @typedef {object} Topology
 * @property {number} viewers  who watch, as the tracker counts them
 * @property {readonly Member[]} members
 */
export {};

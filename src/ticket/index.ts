/** Tickets for a site's backend: `import { issueTicket } from "hls-swarm/ticket"`. For Node only. */
export { issueTicket, keyedSwarmId, publicKeyOf, type TicketOptions, type TicketSigner } from "./issue.ts";
export { OptionError } from "../base/option-error.ts";

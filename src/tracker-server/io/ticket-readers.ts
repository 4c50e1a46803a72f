import { OptionError } from "../../base/option-error.ts";
import { ticketReaderOf } from "../../ticket/ticket-reader.ts";
import type { IdSource } from "../core/joining.ts";
import type { TrackerOptions } from "./options.ts";

/** What reads the tickets of viewers, and where those need none, of seeders. Throws an {@link OptionError}. */
export function ticketReadersOf(options: TrackerOptions): Pick<IdSource, "readTicket" | "readSeederTicket"> {
  const readTicket = ticketReaderOf(options);
  const readSeederTicket = ticketReaderOf({ ticketSecrets: options.seederSecrets ?? [] });
  if (readTicket && readSeederTicket)
    throw new OptionError(
      'everybody needs a ticket here, and so does a seeder: issue it one with the role "trusted", and give no secret of seeders',
    );
  return { readTicket, readSeederTicket };
}

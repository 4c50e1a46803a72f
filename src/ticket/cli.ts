/** The command `ticket`: prints one, for a test or for a program that is no site. */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { OptionError } from "../base/option-error.ts";
import { TICKET_TTL_SECONDS, TICKET_USES } from "../protocol/ticket.ts";
import { issueTicket, keyedSwarmId, publicKeyOf, type TicketOptions, type TicketSigner } from "./issue.ts";

/** What `hls-swarm ticket` takes. Its action throws an {@link OptionError} when an option is wrong. */
export function ticketCommand(): Command {
  const command: Command = new Command("ticket")
    .summary("prints a ticket that lets a viewer in")
    .description("Prints a ticket that lets a viewer in, at a tracker that asks for tickets.")
    .option("--secret-file <file>", "signed with this secret, which the tracker has as --ticket-secret-file")
    .option("--private-key-file <file>", "signed with this Ed25519 key (PEM), whose other half the tracker has")
    .option("--content <name>", "what is to be watched; repeat it for more", repeated)
    .option("--swarm <id>", "a swarm id that is not made of a content; repeat it for more", repeated)
    .option("--ttl <seconds>", `how long it lets somebody in (${String(TICKET_TTL_SECONDS)})`, wholeOf)
    .option("--uses <n>", `how often (${String(TICKET_USES)})`, wholeOf)
    .option("--class <name>", "what the viewer may see: viewers of different classes never meet")
    .option("--trusted", "for the operator's own seeder")
    .option("--key <hex>", "the viewer's own public key")
    .option("--id <id>", "by which it can be revoked (random)")
    .option("--show-swarm", "prints the swarm ids of the contents instead")
    .option("--show-public-key", "prints the other half of the private key instead, for --ticket-key")
    .helpOption("--help", "this text")
    .addHelpText("after", EXAMPLE)
    .action(() => {
      for (const line of run(command.opts())) process.stdout.write(`${line}\n`);
    });
  return command;
}

interface Flags {
  readonly secretFile?: string;
  readonly privateKeyFile?: string;
  readonly content?: readonly string[];
  readonly swarm?: readonly string[];
  readonly ttl?: number;
  readonly uses?: number;
  readonly class?: string;
  readonly trusted?: true;
  readonly key?: string;
  readonly id?: string;
  readonly showSwarm?: true;
  readonly showPublicKey?: true;
}

function run(flags: Flags): readonly string[] {
  const { content = [], swarm, ttl, trusted, uses, class: className, key, id } = flags;
  const signer = signerOf(flags);
  if (flags.showPublicKey) {
    if (!("privateKey" in signer)) throw new OptionError("--show-public-key needs --private-key-file");
    return [publicKeyOf(signer.privateKey)];
  }
  if (content.length === 0 && swarm === undefined)
    throw new OptionError("give --content or --swarm: what is to be watched");
  if (flags.showSwarm) return content.map((name) => keyedSwarmId(signer, name));
  const role = trusted && ("trusted" as const);
  const options: TicketOptions = { content, swarms: swarm, ttlSeconds: ttl, uses, class: className, role, key, id };
  return [issueTicket(signer, options)];
}

/** The first secret of the file, which is the one that a tracker with several is about to know alone. */
function signerOf({ secretFile, privateKeyFile }: Flags): TicketSigner {
  if ((secretFile === undefined) === (privateKeyFile === undefined))
    throw new OptionError("give --secret-file or --private-key-file");
  if (privateKeyFile !== undefined) return { privateKey: read(privateKeyFile) };
  const [secret = ""] = read(secretFile ?? "")
    .trim()
    .split(/\s*\n\s*/);
  return { secret };
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new OptionError(`${file} cannot be read: ${String(error)}`);
  }
}

const repeated = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

function wholeOf(value: string): number {
  const number = Number(value);
  if (value.trim() === "" || !Number.isInteger(number)) throw new OptionError(`must be a whole number, not "${value}"`);
  return number;
}

const EXAMPLE = `
Example:
  hls-swarm ticket --secret-file ticket-secret --content news-live --class gold`;

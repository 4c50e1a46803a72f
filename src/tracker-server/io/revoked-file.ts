import { readFileSync } from "node:fs";
import { OptionError } from "../../base/option-error.ts";
import { TICKET_CLASS_PATTERN, TICKET_ID_PATTERN } from "../../protocol/ticket.ts";
import type { Revoked } from "../core/ticket.ts";

/**
 * What the operator has revoked: lines `ticket <id>` and `class <name>`; empty ones and those with `#` say nothing. Throws
 * an {@link OptionError} that names the first line that is neither.
 */
export function readRevokedFile(file: string): Revoked {
  const tickets: string[] = [];
  const classes: string[] = [];
  for (const [index, line] of textOf(file).split("\n").entries()) {
    const [kind, name = "", ...more] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (kind === "") continue;
    if (kind === "ticket" && TICKET_ID_PATTERN.test(name) && more.length === 0) tickets.push(name);
    else if (kind === "class" && TICKET_CLASS_PATTERN.test(name) && more.length === 0) classes.push(name);
    else throw new OptionError(`line ${String(index + 1)} of ${file} must be like "ticket Xy12" or "class gold"`);
  }
  return { tickets, classes };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new OptionError(`the file of what is revoked, ${file}, cannot be read: ${String(error)}`);
  }
}

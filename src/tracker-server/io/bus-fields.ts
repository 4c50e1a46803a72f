/**
 * Reads the fields of a JSON object that came over the bus: each answers with a value of the right kind and within its
 * bound, or throws a {@link ProtocolError} that names the field.
 */
import { SWARM_ID_PATTERN, type SwarmId } from "../../protocol/ids.ts";
import { isFields, type Fields } from "../../protocol/json-fields.ts";
import { badField } from "../../protocol/protocol-error.ts";

export const own = (fields: Fields, name: string): unknown => (Object.hasOwn(fields, name) ? fields[name] : undefined);

export const optional = <Value>(fields: Fields, name: string, read: (value: unknown) => Value): Value | undefined => {
  const value = own(fields, name);
  return value === undefined ? undefined : read(value);
};

export function amount(fields: Fields, name: string): number {
  const value = own(fields, name);
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) throw badField(name);
  return value;
}

export function count(fields: Fields, name: string, max = Number.MAX_SAFE_INTEGER): number {
  const value = amount(fields, name);
  if (!Number.isSafeInteger(value) || value > max) throw badField(name);
  return value;
}

export function text(fields: Fields, name: string, charsMax: number): string {
  const value = own(fields, name);
  if (typeof value !== "string" || value.length > charsMax) throw badField(name);
  return value;
}

export function flag(fields: Fields, name: string): boolean {
  const value = own(fields, name);
  if (typeof value !== "boolean") throw badField(name);
  return value;
}

export function list(fields: Fields, name: string, lengthMax: number): readonly Fields[] {
  const value: unknown = own(fields, name);
  if (!Array.isArray(value) || value.length > lengthMax) throw badField(name);
  return value.map((entry: unknown) => {
    if (!isFields(entry)) throw badField(name);
    return entry;
  });
}

export function inner(fields: Fields, name: string): Fields {
  const value = own(fields, name);
  if (!isFields(value)) throw badField(name);
  return value;
}

export function matching(value: unknown, name: string, pattern: RegExp): string {
  if (typeof value !== "string" || !pattern.test(value)) throw badField(name);
  return value;
}

export const swarmOf = (fields: Fields): SwarmId =>
  matching(own(fields, "swarm"), "swarm", SWARM_ID_PATTERN) as SwarmId;

/** The two characters that name a process. */
export const NODE_PATTERN = /^[A-Za-z0-9_-]{2}$/;

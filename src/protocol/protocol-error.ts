/** What was wrong with a message. Counted by code, so the list stays short. */
export type ProtocolErrorCode =
  | "not-json"
  | "not-an-object"
  | "too-long"
  | "unknown-type"
  | "missing-field"
  | "bad-field"
  | "truncated"
  | "trailing-bytes"
  | "bad-version";

/** A remote broke the protocol. `field` names what was wrong, `message` says how it should have been. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  readonly code: ProtocolErrorCode;
  readonly field: string | undefined;
  constructor(code: ProtocolErrorCode, message: string, field?: string) {
    super(message);
    this.code = code;
    this.field = field;
  }
}

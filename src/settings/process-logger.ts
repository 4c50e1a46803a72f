/** The log of a command: JSON lines for whatever collects them, or text for a person at a terminal. */
import { pino } from "pino";

/** What a line says beside its words. Never an address, an id, a signal or a secret. */
export type LogFields = Readonly<Record<string, string | number | boolean>>;

/** Where a server says what its operator should know; `console` is one. Never told an address, an id or a signal. */
export interface ProcessLogger {
  info(text: string, fields?: LogFields): void;
  warn(text: string, fields?: LogFields): void;
  /** A bug of ours, with what was thrown. */
  error(text: string, cause: unknown): void;
}

export const LOG_FORMATS = ["json", "text"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** From the most to the least that is said. */
export const LOG_LEVELS = ["info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** All goes to the standard output, unless a test wants to read it. */
export const createProcessLogger = (format: LogFormat, level: LogLevel, write = writeOut): ProcessLogger =>
  format === "json" ? createJsonLogger(level, write) : createTextLogger(level, write);

function createJsonLogger(level: LogLevel, write: (line: string) => void): ProcessLogger {
  const lines = pino(
    {
      level,
      // The machine's name is for the collector to add; which of several workers speaks, nobody else knows.
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  );
  return {
    info: (text, fields) => {
      lines.info(fields ?? {}, text);
    },
    warn: (text, fields) => {
      lines.warn(fields ?? {}, text);
    },
    error: (text, cause) => {
      lines.error({ err: cause instanceof Error ? cause : new Error(String(cause)) }, text);
    },
  };
}

/** `12:30:05 warn: refused address-rate=12` */
function createTextLogger(level: LogLevel, write: (line: string) => void): ProcessLogger {
  const say = (rank: LogLevel, text: string, fields: LogFields = {}): void => {
    if (LOG_LEVELS.indexOf(rank) < LOG_LEVELS.indexOf(level)) return;
    const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${String(value)}`);
    const prefix = rank === "info" ? "" : `${rank}: `;
    write(`${new Date().toISOString().slice(11, 19)} ${prefix}${text}${rest.join("")}\n`);
  };
  return {
    info: (text, fields) => {
      say("info", text, fields);
    },
    warn: (text, fields) => {
      say("warn", text, fields);
    },
    error: (text, cause) => {
      say("error", `${text}: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`);
    },
  };
}

const writeOut = (line: string): void => void process.stdout.write(line);

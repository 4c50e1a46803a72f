/**
 * Whether trackers are reached, for whoever runs a program: told once when one lets it in, and once when none has for some
 * seconds. Stands around the tracker links of all engines of a process, which know nothing of it; calls nobody itself.
 */
import type { Millis } from "../base/time.ts";
import type { OpenTrackerLink } from "../swarm/io/tracker-link.ts";
import type { WebSocketClass } from "../swarm/io/websocket-tracker-link.ts";
import { tellingSocket } from "./telling-socket.ts";

export interface TrackerNews {
  /** For the first time, or again after `away`. */
  joined(): void;
  /** `fault` as of the last call. */
  away(fault: string): void;
}

export class TrackerWatch {
  readonly #news: TrackerNews;
  /** One for each link over which a tracker has let us in. */
  readonly #joined = new Set<symbol>();
  #told: "joined" | "away" | undefined;
  #fault: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(news: TrackerNews) {
    this.#news = news;
  }

  /** Why no tracker has let anybody in; undefined where one has, or none was called. */
  get fault(): string | undefined {
    return this.#joined.size > 0 ? undefined : this.#fault;
  }

  /** `make`: links over a class of sockets. */
  links(make: (socketClass: WebSocketClass) => OpenTrackerLink): OpenTrackerLink {
    return (url, events) => {
      const link = Symbol(url);
      const { host } = new URL(url);
      let fault: string | undefined;
      this.#await();
      const open = make(tellingSocket(({ why }) => (fault = why)));
      return open(url, {
        ...events,
        message: (message) => {
          if (message.type === "joined") this.#join(link);
          else if (message.type === "error") fault = message.message;
          else if (message.type === "drain") fault = "it is being stopped";
          else if (message.type === "redirect") fault = "it names others";
          events.message(message);
        },
        closed: (reason) => {
          this.#fault = `${host}: ${fault ?? reason}`;
          if (this.#joined.delete(link) && this.#joined.size === 0) this.#await();
          events.closed(reason);
        },
      });
    };
  }

  /** Nothing more is told. */
  close(): void {
    clearTimeout(this.#timer);
    this.#told = "away";
  }

  #join(link: symbol): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#joined.add(link);
    if (this.#told === "joined") return;
    this.#told = "joined";
    this.#news.joined();
  }

  /** From the first call, and whenever the last link is gone. */
  #await(): void {
    if (this.#told === "away" || this.#joined.size > 0) return;
    this.#timer ??= setTimeout(() => {
      this.#told = "away";
      this.#news.away(this.#fault ?? "no answer");
    }, AWAY_MS);
  }
}

/** A tracker that was restarted, or sent its viewers to another, is back sooner. */
const AWAY_MS: Millis = 5000;

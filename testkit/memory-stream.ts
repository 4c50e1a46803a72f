/** A live stream without media: it has what a test says, when the test says so. */
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { LiveFile, LiveRendition, LiveStream } from "../src/live/live-stream.ts";

/** A stream of segments of a second, each made when the test says so; nobody may wait for one that is two ahead. */
export class MemoryStream implements LiveStream {
  readonly name: string;
  state: LiveStream["state"] = "waiting";
  isPublished = false;
  last = -1;
  media = "";
  readonly #waiting: Array<() => void> = [];
  readonly #rendition: LiveRendition = {
    name: "720p",
    streamInf: "BANDWIDTH=1000000",
    kind: "video",
    playlist: () => this.playlist(),
    reached: async (sequence) => {
      if (sequence > this.last + 2) return false;
      while (this.last < sequence && this.state !== "ended") await this.#change();
      return true;
    },
    file: (name) => Promise.resolve(this.file(name)),
  };

  constructor(name: string) {
    this.name = name;
  }

  get renditions() {
    return [this.#rendition];
  }
  master() {
    return this.last < 0 ? undefined : "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000000\n720p/index.m3u8\n";
  }
  playlist() {
    if (this.last < 0) return undefined;
    const segments = Array.from({ length: this.last + 1 }, (_, at) => `#EXTINF:1,\n${String(at)}.m4s\n`).join("");
    const head = '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MAP:URI="init.mp4"\n';
    return `${head}${segments}${this.state === "ended" ? "#EXT-X-ENDLIST\n" : ""}`;
  }
  file(name: string): LiveFile | undefined {
    return name === "init.mp4" ? { bytes: INIT, type: "video/mp4", isImmutable: true } : undefined;
  }
  make(): void {
    this.last++;
    this.#tell();
  }
  on() {
    return () => undefined;
  }
  end() {
    this.state = "ended";
    this.#tell();
    return Promise.resolve();
  }
  close() {
    return this.end();
  }
  ingest(media: Readable) {
    this.isPublished = true;
    this.state = "live";
    this.make();
    const ended = text(media).then((all) => {
      this.isPublished = false;
      this.media = all;
      if (all === "no media") throw new Error("ffmpeg says: Invalid data found");
    });
    return { ended, close: () => Promise.resolve(void media.destroy()) };
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
  #tell(): void {
    for (const tell of this.#waiting.splice(0)) tell();
  }
}

/** Its init segment. */
export const INIT = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

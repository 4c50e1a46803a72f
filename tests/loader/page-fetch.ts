/** The origin as a driver sees it, in a real browser: parts of one segment, one after the other. */
import type { HlsConfig } from "hls.js";
import { segmentNameFor } from "../../src/playlist/stream-names.ts";
import { PlayerSwarm } from "../../src/loader/player-swarm.ts";
import { segmentIdOf, type SegmentId } from "../../src/protocol/ids.ts";
import type { OriginAnswer, OriginOutcome, OriginRequest } from "../../src/swarm/io/origin.ts";
import { ScriptedDriver, type PlaylistUpdate } from "../../testkit/scripted-driver.ts";
import { digest, HLS, once, type Version } from "./page-players.ts";

export interface FetchedPart {
  readonly answer: OriginAnswer | undefined;
  readonly outcome: OriginOutcome;
  readonly byteLength: number;
  readonly sha256: string;
}

export interface FetchRequest {
  readonly version?: Version;
  readonly url: string;
  /** Of the segment after those that the playlist lists, instead of the second one. */
  readonly unlisted?: boolean;
  /** Of the second segment. */
  readonly parts: readonly { readonly from: number; readonly to?: number }[];
  /** Through hls.js's XMLHttpRequest, because the page has a hand in it. */
  readonly withXhrSetup?: boolean;
}

export async function fetchParts(request: FetchRequest): Promise<FetchedPart[]> {
  const { hls, driver, segment } = await openDriver(request);
  const fetched: FetchedPart[] = [];
  for (const part of request.parts) fetched.push(await fetchOne(driver, { segment, ...part }));
  hls.destroy();
  return fetched;
}

/** How many bytes came first; then it aborts. */
export async function fetchFirstBytes(request: FetchRequest): Promise<number> {
  const { hls, driver, segment } = await openDriver(request);
  const bytes = await new Promise<number>((resolve) => {
    const fetch = driver.origin.fetch(
      { segment, from: 0 },
      {
        opened: () => undefined,
        data: ({ byteLength }) => {
          fetch.abort();
          resolve(byteLength);
        },
        closed: () => {
          resolve(-1);
        },
      },
    );
  });
  hls.destroy();
  return bytes;
}

async function openDriver({ version = "1.7", url, withXhrSetup, unlisted }: FetchRequest) {
  const config: Partial<HlsConfig> = {};
  if (withXhrSetup)
    config.xhrSetup = (xhr) => {
      xhr.withCredentials = false;
    };
  const hls = new HLS[version](config);
  const drivers: ScriptedDriver[] = [];
  const swarm = new PlayerSwarm({}, (_, origin) => {
    const driver = new ScriptedDriver(origin);
    drivers.push(driver);
    return driver;
  });
  swarm.attach(hls);
  hls.loadSource(url);
  await once(hls, "hlsLevelUpdated");
  const [driver] = drivers;
  const playlist = driver?.playlists[0];
  const segment = unlisted && playlist ? locate(driver, playlist, url) : playlist?.segments[1]?.id;
  if (!driver || !segment) throw new Error("the playlist was not told");
  return { hls, driver, segment };
}

/** As when a peer's playlist is a reload ahead. */
function locate({ origin }: ScriptedDriver, { track, segments }: PlaylistUpdate, playlistUrl: string): SegmentId {
  const sequence = segments.length;
  const name = segmentNameFor(sequence, { url: new URL(`s${String(sequence)}.m4s`, playlistUrl).href, playlistUrl });
  if (!origin.locate(track, name)) throw new Error("not located");
  return segmentIdOf(track, name);
}

const fetchOne = ({ origin }: ScriptedDriver, request: OriginRequest): Promise<FetchedPart> =>
  new Promise((resolve) => {
    let answer: OriginAnswer | undefined;
    const pieces: Uint8Array[] = [];
    origin.fetch(request, {
      opened: (opened) => {
        answer = opened;
      },
      data: (bytes) => {
        pieces.push(bytes);
      },
      closed: (outcome) => {
        void new Blob(pieces.map((piece) => piece.slice())).arrayBuffer().then(async (whole) => {
          resolve({
            answer,
            outcome,
            byteLength: whole.byteLength,
            sha256: await digest(whole),
          });
        });
      },
    });
  });

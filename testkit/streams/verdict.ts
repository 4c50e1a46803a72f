/**
 * What must hold of every kind of stream that we play, beside plain hls.js, alone, and in a swarm of three: the origin's
 * bytes, to the end, no error more than plain hls.js has, no byte more for a lone viewer, and real sharing.
 */
import { createHash } from "node:crypto";
import type { Load } from "./page.ts";
import { SWARM, VIEWERS, type Show, type Viewer } from "./stage.ts";
import type { StreamOrigin } from "./stream-origin.ts";
import type { StreamKind } from "./stream-kind.ts";

export interface Verdict {
  /** What did not hold. */
  readonly faults: readonly string[];
  /** What was seen, in a few words. */
  readonly told: string;
}

export function judge(kind: StreamKind, show: Show): Verdict {
  const { strangers = [], playable = true } = kind;
  const faults = VIEWERS.flatMap((viewer) => faultsOf(viewer, kind, show).map((fault) => `${viewer}: ${fault}`));
  const sentTo = (viewer: Viewer): number => sum(show.origin.sentTo(viewer).media.values());
  const delivered = (viewer: Viewer): number => sum(show.watchedBy(viewer).loads.map(({ byteLength }) => byteLength));

  // What a live stream's lone viewer was about to be given when it left counts too.
  const onTheWay = kind.watch ? Math.max(...show.watchedBy("alone").loads.map(({ byteLength }) => byteLength)) : 0;
  const alone = { sent: sentTo("alone"), due: Math.max(sentTo("plain"), delivered("alone") + onTheWay) };
  if (alone.sent > alone.due) faults.push(`alone: ${alone.sent} bytes from the CDN, where ${alone.due} do`);

  const friends = SWARM.filter((viewer) => !strangers.includes(viewer));
  const copies = (friends.length * sum(friends.map(sentTo))) / sum(friends.map(delivered));
  const peerBytes = sum(friends.map((viewer) => show.watchedBy(viewer).stats?.peerBytes ?? 0));
  const told = `${friends.length} viewers, ${copies.toFixed(2)} copies, ${Math.round(peerBytes / 1000)} kB from peers`;
  if (!playable) return { faults, told: "fails as it does without the swarm" };
  if (peerBytes === 0 || copies > COPIES_SHARE_MAX * friends.length) faults.push(told);
  for (const viewer of SWARM.filter((one) => strangers.includes(one)))
    if ((show.watchedBy(viewer).stats?.peerBytes ?? 0) > 0) faults.push(`${viewer}: had something from peers`);
  return { faults, told };
}

function faultsOf(
  viewer: Viewer,
  { asks = [], optional = NOTHING, ownOnly = NOTHING, playable = true }: StreamKind,
  show: Show,
): readonly string[] {
  const { origin, watchedBy } = show;
  const { done, errors, stats, loads } = watchedBy(viewer);
  const faults = surplus(errors, watchedBy("plain").errors).map((error) => `hls.js said ${error}`);
  if (done !== playable) faults.push(done ? "played" : "did not play to the end");
  if (stats?.retired) faults.push("met a bug");
  for (const load of loads) if (isAltered(viewer, load, origin)) faults.push(`altered ${load.url}`);
  const own = origin.sentTo(viewer);
  const ownFiles = [...own.media.keys()].filter((file) => ownOnly.test(file));
  for (const file of ownFiles)
    if ((own.media.get(file) ?? 0) < (origin.files.get(file)?.length ?? 0))
      faults.push(`had ${file} from somebody else`);
  const ownWanted = [...origin.sentTo("plain").media.keys()].filter((file) => ownOnly.test(file)).length;
  if (ownFiles.length < ownWanted) faults.push(`had ${ownFiles.length} of ${ownWanted} of its own segments`);
  // Playlists, keys, init segments, subtitles: everybody must have asked for all of them.
  const wanted = [...origin.sentTo("plain").others.keys()].filter((file) => !optional.test(file));
  const missing = [...asks, ...wanted].filter((file) => !own.others.has(file));
  return [...faults, ...missing.map((file) => `never asked for ${file}`)];
}

function isAltered(viewer: Viewer, { url, from, to, sha256 }: Load, origin: StreamOrigin): boolean {
  const bytes = origin.bytes(viewer, url)?.subarray(from, to || undefined);
  return !bytes || createHash("sha256").update(bytes).digest("hex") !== sha256;
}

/** What is in the first list and not, as often, in the second. */
function surplus(errors: readonly string[], allowed: readonly string[]): string[] {
  const left = [...allowed];
  return errors.filter((error) => {
    const at = left.indexOf(error);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, number) => total + number, 0);

const NOTHING = /^$/;
/** Of the copies that plain hls.js costs: clearly less, on a machine that other programs use too. */
const COPIES_SHARE_MAX = 0.73;

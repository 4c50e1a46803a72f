import type { Bytes, Millis } from "../../base/time.ts";
import type { PeerId } from "../../protocol/ids.ts";
import type { SwarmAction } from "./action.ts";
import type { Announcer } from "./announcer.ts";
import type { SwarmEvent } from "./event.ts";
import type { Intake } from "./intake.ts";
import type { Links } from "./links.ts";
import type { SwarmCoreOptions } from "./options.ts";
import type { Outlook } from "./outlook.ts";
import type { Peer } from "./peer.ts";
import type { Playback } from "./playback.ts";
import type { SegmentTable } from "./segment-table.ts";
import {
  DEFAULT_LIMITS,
  planSharing,
  uploadBytesMaxFor,
  type Device,
  type SharingLimits,
  type SharingMode,
  type SharingSituation,
  type SharingPlan,
} from "./sharing-policy.ts";
import type { Topology } from "./topology.ts";
import type { UploadQueue } from "./upload-queue.ts";

export interface SharingDesk {
  readonly table: SegmentTable;
  readonly peers: ReadonlyMap<PeerId, Peer>;
  readonly playback: Playback;
  readonly uploads: UploadQueue;
  readonly announcer: Announcer;
  readonly links: Links;
  readonly topology: Topology;
  readonly outlook: Outlook;
  readonly intake: Intake;
}

/** Holds this viewer to the policy: what it gives, what it tells of that, and whether it is in the swarm at all. */
export class Sharing {
  readonly #at: SharingDesk;
  readonly #options: SwarmCoreOptions;
  readonly #limits: SharingLimits;
  #device: Device = {};
  #hiddenAt: Millis = Infinity;
  /** What was uploaded this month by others than this session. */
  #monthBytesBefore: Bytes = 0;
  #situation: SharingSituation;
  #swarming: SharingPlan;
  #fellAt: Millis = -Infinity;
  #rateAt: Millis = 0;
  /** When it may turn to the better, if it would have before. */
  #riseAt: Millis = Infinity;

  constructor(desk: SharingDesk, options: SwarmCoreOptions) {
    this.#at = desk;
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.sharing };
    desk.uploads.uplinkShare = this.#limits.uplinkShare;
    desk.uploads.bytesPerSecondMax = this.#limits.uploadBitsPerSecondMax / 8;
    this.#situation = this.#survey(0);
    this.#swarming = planSharing(this.#situation);
  }

  /** When it must be looked at again, or the pace allows another chunk. */
  get wakeAt(): Millis {
    return Math.min(this.#riseAt, this.#at.uploads.resumeAt);
  }

  /** Whether there is anybody to have links with. Whoever has one need not ask: the other end has seen an audience. */
  get hasAudience(): boolean {
    const { peers, topology } = this.#at;
    const audience = peers.size > 0 ? Infinity : topology.viewers;
    return planSharing({ ...this.#situation, audience }).reason !== "audience";
  }

  get mode(): SharingMode {
    return this.#swarming.mode;
  }

  get swarming(): SharingPlan {
    return this.hasAudience ? this.#swarming : { mode: "off", reason: "audience" };
  }

  tell(now: Millis, event: Extract<SwarmEvent, { type: "device" | "month-uploaded" }>): void {
    if (event.type === "month-uploaded") {
      this.#monthBytesBefore = event.bytes - this.#at.uploads.uploadedBytes;
      return;
    }
    const { device } = event;
    this.#device = device;
    if (!device.hidden) this.#hiddenAt = Infinity;
    else if (this.#hiddenAt === Infinity) this.#hiddenAt = now;
  }

  look(now: Millis): SwarmAction[] {
    this.#situation = this.#survey(now);
    this.#at.uploads.uploadedBytesMax = uploadBytesMaxFor(this.#situation);
    const next = planSharing(this.#situation);
    const rise = RANKS[next.mode] - RANKS[this.#swarming.mode];
    const mayRiseAt = this.#fellAt + RISE_MS;
    this.#riseAt = rise > 0 && now < mayRiseAt ? mayRiseAt : Infinity;
    if (this.#riseAt < Infinity) return this.#rate(now);
    const before = this.#swarming.mode;
    this.#swarming = next;
    if (rise < 0) this.#fellAt = now;
    if (rise !== 0) this.#rateAt = now;
    return [...this.#turn(now, before, next.mode), ...this.#rate(now)];
  }

  #turn(now: Millis, before: SharingMode, mode: SharingMode): SwarmAction[] {
    const { peers, links, topology, uploads, announcer, table, outlook } = this.#at;
    if (mode === before) return [];
    const actions: SwarmAction[] = [];
    uploads.allowed = mode === "serve";
    if (mode === "off") {
      for (const peer of [...peers.values()]) actions.push(...links.close(peer, "leaving"));
      actions.push(...topology.leave(now));
      outlook.lookAt = now;
    } else if (before === "off") topology.comeBack(now);
    else if (mode === "serve")
      for (const peer of peers.values())
        for (const id of peer.following) {
          const track = table.tracks.get(id);
          if (track) actions.push(...announcer.introduce(peer, track));
        }
    return actions;
  }

  /** Tells everybody when our uplink turns out to carry the stream once more, or no longer, or must not be used. */
  #rate(now: Millis): SwarmAction[] {
    if (now < this.#rateAt) return [];
    this.#rateAt = now + RATE_EVERY_MS;
    const { table, uploads, topology, links, outlook } = this.#at;
    let streamBytesPerSecond = 0;
    for (const track of table.tracks.values()) if (track.following) streamBytesPerSecond += track.bytesPerSecond;
    const uplink = uploads.uplinkClass(outlook.uplink, streamBytesPerSecond);
    topology.peersMax = Math.min(this.#limits.linksMax, uploads.peersMax(streamBytesPerSecond));
    if (uplink === outlook.uplink) return [];
    outlook.uplink = uplink;
    return [...links.tellUplink(uplink), ...topology.rateUplink(uplink)];
  }

  #survey(now: Millis): SharingSituation {
    const { uploads, intake, playback } = this.#at;
    const { uploadedBytes } = uploads;
    return {
      device: this.#device,
      limits: this.#limits,
      upload: this.#options.uplink > 0,
      hiddenMs: Math.max(0, now - this.#hiddenAt),
      pausedMs: Math.max(0, now - playback.pausedAt),
      uploadedBytes,
      receivedBytes: intake.peerReceivedBytes + intake.originReceivedBytes,
      monthBytes: this.#monthBytesBefore + uploadedBytes,
      audience: Infinity,
    };
  }
}

const RANKS: Readonly<Record<SharingMode, number>> = { off: 0, fetch: 1, serve: 2 };

/** After a turn for the worse: what comes and goes, as a weak mobile network does, must not open and close links all day. */
const RISE_MS: Millis = 30_000;

const RATE_EVERY_MS: Millis = 1000;

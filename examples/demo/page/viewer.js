/** What a headless viewer runs: the same session as the page, and nothing drawn. */
import { startSession } from "./session.js";

const setting = await (await fetch("/setting.json")).json();
await startSession(document.getElementById("video"), {
  liveUrl: `http://${location.hostname}:${String(setting.cdnPort)}/live/index.m3u8`,
  trackerUrl: `ws://${location.hostname}:${String(setting.trackerPort)}`,
  withPeers: true,
});

/** A viewer in a Node process: a measured viewer on a stand-in for the media element, with WebRTC from a package. */
import { FetchLoader } from "hls.js";
import { WebSocket } from "ws";
import { nodeWebRtc } from "../../../src/headless/node-peer-connection.ts";
import { answerAll } from "../conversation.ts";
import { FakeMediaSource, FakeSourceBuffer, objectUrls } from "./fake-media-source.ts";
import { FakeVideo } from "./fake-video.ts";
import { MeasuredViewer } from "./measured-viewer.ts";
import type { ViewerSetup } from "./viewer-report.ts";

Object.assign(globalThis, {
  ...{ self: globalThis, location: new URL("http://viewer.example/") },
  ...{ MediaSource: FakeMediaSource, SourceBuffer: FakeSourceBuffer, WebSocket },
  ...nodeWebRtc,
});
Object.assign(URL, objectUrls);

const setup = JSON.parse(process.argv[2] ?? "") as ViewerSetup;
let viewer: MeasuredViewer | undefined;

answerAll({
  start: () => {
    const video = new FakeVideo();
    // As much of an element as hls.js touches.
    viewer = new MeasuredViewer(setup, video as unknown as HTMLMediaElement, {
      loader: FetchLoader,
      enableWorker: false,
    });
    return "started";
  },
  report: () => viewer?.report(),
});

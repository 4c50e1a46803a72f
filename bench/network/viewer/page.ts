/** The witness's page: a measured viewer on a real video element. */
import { MeasuredViewer } from "./measured-viewer.ts";
import type { ViewerPage } from "./viewer-report.ts";

declare global {
  var networkViewer: ViewerPage;
}

let viewer: MeasuredViewer | undefined;

globalThis.networkViewer = {
  start: (setup) => {
    const video = document.createElement("video");
    video.muted = true;
    document.body.append(video);
    viewer = new MeasuredViewer(setup, video, {});
  },
  report: () => {
    if (!viewer) throw new Error("not started");
    return viewer.report();
  },
};

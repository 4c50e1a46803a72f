/** The viewer without any library: what everybody else is compared with. */
import Hls from "hls.js";
import { offerViewer } from "./viewer.ts";

offerViewer((_setup, config) => ({ hls: new Hls(config), peerReceivedBytes: () => 0 }));

import Hls from "hls.js";
import { StrictMode, useEffect, useRef } from "react";
import { createRoot } from "react-dom/client";
import { useHlsSwarm } from "./use-hls-swarm.js";

function Player({ src, tracker }) {
  const video = useRef(null);
  const { swarm, stats } = useHlsSwarm({ tracker });
  useEffect(() => {
    const hls = new Hls(swarm.config(Hls));
    hls.loadSource(src);
    hls.attachMedia(video.current);
    return () => hls.destroy();
  }, [swarm, src]);
  return (
    <>
      <video ref={video} width={640} controls muted autoPlay playsInline />
      <p id="offload">{Math.round(100 * stats.offload)} % came from other viewers</p>
    </>
  );
}

createRoot(document.getElementById("root")).render(
  <StrictMode>
    <Player src="https://cdn.example.com/live/index.m3u8" tracker="wss://tracker.example.com" />
  </StrictMode>,
);

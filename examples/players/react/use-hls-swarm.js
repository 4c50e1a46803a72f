import { createSwarm } from "hls-swarm";
import { useEffect, useState } from "react";

/** A swarm for one player, and its numbers, which draw the component anew as they change. */
export function useHlsSwarm(options) {
  const [swarm] = useState(() => createSwarm(options));
  const [stats, setStats] = useState(swarm.stats);
  useEffect(() => swarm.on("change", setStats), [swarm]);
  return { swarm, stats };
}

/**
 * Where the nodes of the graph stand: from left to right CDN, seeders by their place in the chain, and viewers in a ring;
 * from top to bottom where the picture is narrow. Pure.
 */

/**
 * @param {{ nodes: readonly object[], links: readonly object[] }} graph
 * @param {{ width: number, height: number }} size  in pixels
 * @returns {Map<string, { x: number, y: number }>} centres by node
 */
export function layoutOf({ nodes, links }, { width, height }) {
  const isTall = width < height * TALL_BELOW;
  const [length, breadth] = isTall ? [height, width] : [width, height];
  const places = new Map();
  const put = (id, along, across) =>
    places.set(id, isTall ? { x: across * breadth, y: along * length } : { x: along * length, y: across * breadth });

  const ofKind = (...kinds) => nodes.filter(({ kind }) => kinds.includes(kind)).map(({ id }) => id);
  const columns = columnsOf(ofKind("seeder"), links);
  put("cdn", SERVERS_FROM, SERVERS_ACROSS);
  if (ofKind("tracker").length > 0) put("tracker", SERVERS_FROM, TRACKER_ACROSS);
  columns.forEach((column, i) => {
    const along = SERVERS_FROM + (i + 1) * COLUMN_STEP;
    column.forEach((id, row) => put(id, along, SERVERS_ACROSS + (row - (column.length - 1) / 2) * ROW_STEP));
  });

  const ringFrom = SERVERS_FROM + Math.max(1, columns.length) * COLUMN_STEP + RING_GAP;
  const centre = (ringFrom + RING_TO) / 2;
  // The page's own viewer at the top; the others by name, in whatever order they are heard of.
  const names = new Map(nodes.map(({ id, name }) => [id, name]));
  const byName = (a, b) => names.get(a).localeCompare(names.get(b), "en", { numeric: true });
  const viewers = [...ofKind("you"), ...ofKind("viewer").sort(byName)];
  viewers.forEach((id, i) => {
    const turn = 2 * Math.PI * (i / viewers.length) - Math.PI / 2;
    const [along, across] = viewers.length === 1 ? [0, 0] : [Math.cos(turn), Math.sin(turn)];
    put(id, centre + ((RING_TO - ringFrom) / 2) * along, RING_ACROSS + RING_RADIUS * across);
  });
  return places;
}

/** Seeders by how many of them a byte passes before: those that feed nobody's parent last. */
function columnsOf(seeders, links) {
  const known = new Set(seeders);
  // A parent sends much more than it gets back.
  const sent = new Map(links.map(({ id, bytes }) => [id, bytes]));
  const feeds = (from, to) => (sent.get(`${from} ${to}`) ?? 0) > (sent.get(`${to} ${from}`) ?? 0);
  const parents = new Map(seeders.map((id) => [id, [...known].filter((other) => other !== id && feeds(other, id))]));
  const depths = new Map();
  const depthOf = (id, path = []) => {
    if (path.includes(id)) return 0;
    if (!depths.has(id))
      depths.set(id, Math.max(-1, ...parents.get(id).map((parent) => depthOf(parent, [...path, id]))) + 1);
    return depths.get(id);
  };
  const columns = [];
  for (const id of seeders) (columns[depthOf(id)] ??= []).push(id);
  return columns.filter((column) => column.length > 0);
}

/** Narrower than this share of its height, a picture goes from top to bottom. */
const TALL_BELOW = 1.1;

// Shares of the picture, along and across the way that the stream takes.
const SERVERS_FROM = 0.06;
const COLUMN_STEP = 0.18;
const ROW_STEP = 0.24;
const SERVERS_ACROSS = 0.62;
const TRACKER_ACROSS = 0.16;
const RING_GAP = 0.11;
const RING_TO = 0.95;
const RING_ACROSS = 0.5;
const RING_RADIUS = 0.38;

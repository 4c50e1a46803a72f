/** Line charts as SVG text, readable on light and dark pages. Knows nothing of what it draws. */

export interface Line {
  /** Written beside its end; "" for none. */
  readonly name: string;
  readonly points: readonly Point[];
  /** Which of the colours; lines that belong together share one. */
  readonly colour: 0 | 1 | 2 | 3;
  /** For what was reckoned and not run. */
  readonly dashed?: boolean;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Axis {
  readonly title: string;
  readonly ticks: readonly number[];
  readonly log?: boolean;
  readonly text?: (tick: number) => string;
}

export interface Chart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: readonly Line[];
}

export function svgOf({ title, x, y, lines }: Chart): string {
  const toX = scaleOf(x, LEFT, WIDTH - RIGHT);
  const toY = scaleOf(y, HEIGHT - BOTTOM, TOP);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}</style>`,
    `<rect class="page" width="${WIDTH}" height="${HEIGHT}" rx="6"/>`,
    text(LEFT, 26, title, "title"),
    text(LEFT, TOP - 14, y.title, "faint"),
    text(WIDTH - RIGHT, HEIGHT - 12, x.title, "faint end"),
    ...y.ticks.flatMap((tick) => [
      `<path class="grid" d="M${LEFT} ${px(toY(tick))}H${WIDTH - RIGHT}"/>`,
      text(LEFT - 8, toY(tick) + 4, tickText(y, tick), "faint end"),
    ]),
    ...x.ticks.map((tick) => text(toX(tick), HEIGHT - BOTTOM + 20, tickText(x, tick), "faint middle")),
    ...lines.flatMap((line) => drawn(line, toX, toY)),
    ...labelled(lines, toY).map(({ line, at }) => text(WIDTH - RIGHT + 10, at + 4, line.name, `name c${line.colour}`)),
    "</svg>",
  ];
  return `${parts.join("\n")}\n`;
}

function drawn({ points, colour, dashed }: Line, toX: Scale, toY: Scale): readonly string[] {
  const path = points.map((point, i) => `${i === 0 ? "M" : "L"}${px(toX(point.x))} ${px(toY(point.y))}`).join("");
  const line = `<path class="line c${colour}${dashed ? " dashed" : ""}" d="${path}"/>`;
  if (dashed) return [line];
  const dots = points.map(
    (point) => `<circle class="dot c${colour}" cx="${px(toX(point.x))}" cy="${px(toY(point.y))}" r="3.5"/>`,
  );
  return [line, ...dots];
}

/** Where each line's name goes: beside its end, or as near as its neighbours let it. */
function labelled(lines: readonly Line[], toY: Scale): readonly { readonly line: Line; readonly at: number }[] {
  const wished = lines
    .filter(({ name }) => name !== "")
    .map((line) => ({ line, at: toY(line.points.at(-1)?.y ?? 0) }))
    .sort((a, b) => a.at - b.at);
  const placed: { line: Line; at: number }[] = [];
  for (const { line, at } of wished) {
    const above = placed.at(-1)?.at ?? -Infinity;
    placed.push({ line, at: Math.max(at, above + LABEL_HEIGHT) });
  }
  // Whatever was pushed over the lower edge pushes back.
  let limit = HEIGHT - BOTTOM;
  for (const label of placed.reverse()) {
    label.at = Math.min(label.at, limit);
    limit = label.at - LABEL_HEIGHT;
  }
  return placed;
}

type Scale = (value: number) => number;

/** From the outer ticks to the outer pixels; what lies beyond them stays on the edge. */
function scaleOf({ ticks, log }: Axis, from: number, to: number): Scale {
  const unit = log ? Math.log : (value: number) => value;
  const low = unit(Math.min(...ticks));
  const high = unit(Math.max(...ticks));
  return (value) => {
    const share = (unit(value) - low) / (high - low);
    return from + (to - from) * Math.min(1, Math.max(0, share));
  };
}

const tickText = (axis: Axis, tick: number): string => axis.text?.(tick) ?? String(tick);
const px = (value: number): string => value.toFixed(1).replace(/\.0$/, "");
const escaped = (plain: string): string =>
  plain.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
const text = (x: number, y: number, content: string, classes: string): string =>
  `<text class="${classes}" x="${px(x)}" y="${px(y)}">${escaped(content)}</text>`;

const WIDTH = 720;
const HEIGHT = 400;
const LEFT = 64;
const RIGHT = 150;
const TOP = 70;
const BOTTOM = 50;
const LABEL_HEIGHT = 16;

/** A picture in a page does not see the page's theme, but it does see the reader's; hence a ground of its own. */
const STYLE = `
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.title { font-size: 16px; font-weight: 600; }
.faint { fill: #59636e; } .end { text-anchor: end; } .middle { text-anchor: middle; }
.page { fill: #ffffff; } .grid { stroke: #d1d9e0; fill: none; }
.line { fill: none; stroke-width: 2; stroke: var(--c); } .dashed { stroke-dasharray: 5 4; stroke-width: 1.5; }
.dot, .name { fill: var(--c); }
.c0 { --c: #0b63c4; } .c1 { --c: #b54708; } .c2 { --c: #15803d; } .c3 { --c: #7c3aed; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } .faint { fill: #9198a1; } .page { fill: #0d1117; } .grid { stroke: #30363d; }
  .c0 { --c: #5aa9ff; } .c1 { --c: #fb923c; } .c2 { --c: #4ade80; } .c3 { --c: #c4a5ff; }
}`;

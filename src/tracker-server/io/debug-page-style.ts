/** How the operator's page looks: in the light and in the dark, on a desk and on a phone. */
export const DEBUG_PAGE_STYLE = `
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --line: #e3e6ea; --text: #16191d; --dim: #667080;
  --peer: #12805c; --origin: #c98a1b; --bad: #b3362b; --bad-soft: #fbe9e7; --good-soft: #e2f4ec; }
@media (prefers-color-scheme: dark) { :root { --page: #111417; --card: #1a1e23; --line: #2b3138; --text: #e8ebee;
  --dim: #94a0ad; --peer: #3ec594; --origin: #e0ab4a; --bad: #ff8a7d; --bad-soft: #3a1f1d; --good-soft: #16332a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.45 system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 24px 16px 48px; display: grid; gap: 16px; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 12px; }
h1 { font-size: 20px; margin: 0; }
h2 { font-size: 13px; font-weight: 600; color: var(--dim); margin: 0 0 12px; }
.pill { padding: 2px 10px; border-radius: 99px; font-size: 13px; font-weight: 600; color: var(--peer);
  background: var(--good-soft); }
.pill.bad { color: var(--bad); background: var(--bad-soft); }
.dim { color: var(--dim); font-size: 13px; }
header .dim { margin-left: auto; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 16px; min-width: 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(132px, 1fr)); gap: 1px; padding: 0;
  background: var(--line); overflow: hidden; }
.tile { background: var(--card); padding: 14px 16px; }
.tile b { display: block; font-size: 24px; line-height: 1.2; font-variant-numeric: tabular-nums; }
.row { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(290px, 100%), 1fr)); gap: 16px; }
.share { display: flex; align-items: baseline; gap: 10px; }
.share b { white-space: nowrap; font-size: 40px; line-height: 1; color: var(--peer); font-variant-numeric: tabular-nums; }
.bar { height: 10px; border-radius: 5px; overflow: hidden; background: var(--line); display: flex; }
.bar i { background: var(--peer); } .bar i + i { background: var(--origin); }
.share + .bar { margin: 14px 0 10px; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; }
.legend span::before { content: ""; display: inline-block; width: 9px; height: 9px; border-radius: 2px;
  margin-right: 6px; background: var(--line); }
.legend .peer::before { background: var(--peer); } .legend .origin::before { background: var(--origin); }
.chart { display: flex; flex-direction: column; }
.chart h2 { display: flex; justify-content: space-between; } .chart h2 b { color: var(--text); font-size: 15px; }
svg { display: block; width: 100%; height: 72px; margin-top: auto; border-bottom: 1px solid var(--line); }
svg path { fill: none; stroke: var(--peer); stroke-width: 2; vector-effect: non-scaling-stroke; }
svg path.area { fill: var(--good-soft); stroke: none; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: right; font-size: 12px; font-weight: 600; color: var(--dim); white-space: nowrap; }
td { text-align: right; white-space: nowrap; border-top: 1px solid var(--line); }
th, td { padding: 8px 10px; } th:first-child, td:first-child { text-align: left; padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; } .percent { display: inline-block; min-width: 54px; }
td code { font: 13px ui-monospace, monospace; }
td .bar { width: 72px; height: 7px; display: inline-flex; margin-right: 8px; vertical-align: middle; }
.list { display: grid; grid-template-columns: 1fr auto; gap: 6px 16px; margin: 0; }
.list dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums; }
.list dt { color: var(--dim); overflow-wrap: anywhere; }
.note { margin: 12px 0 0; }
@media (max-width: 560px) { header .dim { margin-left: 0; width: 100%; }
  .tiles { grid-template-columns: 1fr 1fr; } .wide, td .bar { display: none; } }
`;

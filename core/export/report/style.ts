/**
 * The report's style sheet: the colours of ui.md §4 that a report uses, in both schemes, and its page (§10.6: A4,
 * 16 × 14 mm margins, contents hidden, figures and rows whole, hatches that survive black and white).
 */

/** Token: light, dark. */
const TOKENS = {
  'bg-0': ['#eef0f3', '#0c0e12'],
  'bg-1': ['#ffffff', '#12151a'],
  'bg-3': ['#eceef2', '#20252e'],
  'bg-sel': ['#e7e8ff', '#23264a'],
  'line-1': ['#e2e5ea', '#22272f'],
  'line-2': ['#cdd2da', '#343b47'],
  'tx-1': ['#14181f', '#e9ecf1'],
  'tx-2': ['#454e5b', '#aeb6c2'],
  'tx-3': ['#5c6572', '#8c95a3'],
  'tx-inv': ['#ffffff', '#0c0e12'],
  accent: ['#4a4ed6', '#9a9eff'],
  'accent-fill': ['#4f53dd', '#5b5fe0'],
  'st-inactive': ['#7b8491', '#6a7482'],
  'st-pending': ['#cc7a00', '#f0ab3c'],
  'st-active': ['#1b7fd4', '#3f9fee'],
  'st-ap': ['#8f2a7c', '#f7a8e0'],
  'st-masked': ['#b86c00', '#f0ab3c'],
  guest: ['#cfe4ea', '#2c4a57'],
  'guest-edge': ['#5f97a9', '#4d7c8f'],
  host: ['#f0f2f5', '#1d2129'],
  'host-edge': ['#b9c0ca', '#3d4551'],
  data: ['#3d7c94', '#6f9fb5'],
  bad: ['#b93710', '#ff7a5c'],
  cursor: ['#14181f', '#ffffff'],
} as const;

const scheme = (which: 0 | 1): string =>
  Object.entries(TOKENS)
    .map(([name, values]) => `--${name}:${values[which]}`)
    .join(';');

export const REPORT_STYLE = `
:root{color-scheme:light;${scheme(0)};
--sans:-apple-system,BlinkMacSystemFont,"Segoe UI Variable Text","Segoe UI",Inter,system-ui,Cantarell,"Noto Sans",sans-serif;
--mono:"SF Mono","Cascadia Mono","JetBrains Mono",ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace}
@media screen and (prefers-color-scheme:dark){:root{color-scheme:dark;${scheme(1)}}}
*{box-sizing:border-box;margin:0;padding:0}
@page{size:A4;margin:16mm 14mm}
body{font:400 13px/20px var(--sans);color:var(--tx-1);background:var(--bg-0);font-variant-numeric:tabular-nums;font-feature-settings:"calt" 0}
.m,code{font-family:var(--mono);font-variant-ligatures:none;font-feature-settings:"calt" 0;font-size:11.5px}
.wrap{display:grid;grid-template-columns:minmax(0,200px) minmax(0,928px);gap:36px;justify-content:center;padding:0 24px}
nav{padding-top:34px;position:sticky;top:0;align-self:start;font-size:12.5px}
nav h2{font-size:10px;line-height:12px;font-weight:600;letter-spacing:.05em;text-transform:uppercase;color:var(--tx-3);margin:0 0 8px}
nav a{display:block;line-height:26px;color:var(--tx-2);padding-left:10px;border-left:2px solid var(--line-2);text-decoration:none}
nav a:hover,nav a:focus{color:var(--tx-1);border-color:var(--accent)}
nav dl{margin-top:22px;font-size:11px;line-height:17px;color:var(--tx-3);overflow-wrap:anywhere}
nav dt{font-weight:500;color:var(--tx-2)}nav dd{margin-bottom:8px}
main{background:var(--bg-1);margin:24px 0 40px;padding:38px 48px 44px;border:1px solid var(--line-1);border-radius:6px;min-width:0}
header{display:flex;align-items:center;gap:8px;color:var(--tx-3);font-size:11.5px;line-height:16px}
header b{color:var(--tx-1);font-weight:600}header .end{margin-left:auto}
h1{font-size:25px;line-height:32px;font-weight:650;letter-spacing:-.018em;margin:13px 0 6px;overflow-wrap:anywhere}
.lead{font-size:14px;line-height:22px;color:var(--tx-2);max-width:720px;overflow-wrap:anywhere}
.facts{display:flex;flex-wrap:wrap;gap:8px 40px;justify-content:space-between;margin:18px 0 4px;padding:11px 0 12px;border-top:1px solid var(--line-2);border-bottom:1px solid var(--line-2)}
.facts dt{font-size:11px;line-height:15px;color:var(--tx-3)}.facts dd{font-weight:600;line-height:19px}.facts .bad{color:var(--bad)}
section h2{font-size:15px;line-height:22px;font-weight:650;letter-spacing:-.01em;margin:24px 0 6px}
section h2 span{font-size:12px;font-weight:500;color:var(--tx-3);margin-left:9px}
table{border-collapse:collapse;width:100%;font-size:12px;line-height:18px;margin-top:8px}
th{text-align:left;font-weight:500;color:var(--tx-3);font-size:11px;padding:4px 10px 5px 0;border-bottom:1px solid var(--line-2)}
td{padding:5px 10px 5px 0;border-bottom:1px solid var(--line-1);vertical-align:top;overflow-wrap:anywhere}
th.r,td.r{text-align:right}td:last-child,th:last-child{padding-right:0}td.m{font-size:11.5px}.nb,.w{white-space:nowrap}.w{width:1%}td.w,th.w{padding-right:18px}th.m{font-family:var(--sans);font-size:11px}
tr.here td{background:var(--bg-sel)}tr.here td:first-child{box-shadow:inset 2px 0 var(--cursor);padding-left:8px}
.note{color:var(--tx-3);font-size:11.5px;margin-top:6px}
pre{margin-top:6px;padding:8px 10px;background:var(--bg-3);border-radius:5px;white-space:pre-wrap;overflow-wrap:anywhere}
figure{margin-top:10px}figure svg{display:block;width:100%;height:auto;border:1px solid var(--line-2);border-radius:4px}
figcaption{font-size:11.5px;line-height:17px;color:var(--tx-2);margin-top:7px}figcaption b{font-weight:600;color:var(--tx-1)}
svg text{font-family:var(--sans);font-size:10px;fill:var(--tx-3)}svg .name{font-size:11px;fill:var(--tx-1)}svg .sub{fill:var(--tx-3)}svg .m{font-family:var(--mono);font-size:10px}svg .flag{fill:var(--tx-inv);font-weight:600}
@media (max-width:900px){.wrap{display:block}nav{display:none}main{padding:24px}}
@media print{body{background:#fff;font-size:10.5pt}.wrap{display:block;padding:0}nav{display:none}
main{border:0;margin:0;padding:0}.lead{font-size:10.5pt;max-width:none}table,figcaption,td.m,.m{font-size:8.6pt}h1{font-size:17pt;line-height:21pt}
section h2,figure,tr,.facts{break-inside:avoid}section h2{break-after:avoid}thead{display:table-header-group}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
`;

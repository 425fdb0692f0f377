/** The report's look: one column, light and dark, printable; status is said in words, never by colour alone. */
export const styleSheet = `
:root { color-scheme: light dark; --text: #1c2330; --soft: #5a6475; --line: #dde2ea; --page: #f7f8fa; --card: #fff;
  --accent: #2563eb; --muted: #9aa5b5; --good: #15803d; --bad: #c2260c; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e9ef; --soft: #9aa5b5; --line: #313a48; --page: #12161d; --card: #1a202a;
  --accent: #6ea0ff; --muted: #64707f; --good: #4ade80; --bad: #ff7a5c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1120px; padding: 32px 24px 48px; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { margin: 0 0 8px; font-size: 26px; }
h2 { margin: 0 0 8px; font-size: 15px; font-weight: 600; }
.status { margin-left: 8px; padding: 3px 10px; border: 1px solid currentColor; border-radius: 999px; font-size: 14px;
  font-weight: 600; vertical-align: middle; }
.good { color: var(--good); } .bad { color: var(--bad); }
.facts { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 0; color: var(--soft); font-size: 13px; }
.facts b { font-weight: 500; }
.reasons { margin: 12px 0 0; padding-left: 20px; }
section { margin-top: 20px; padding: 16px 20px; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(240px, 1fr)); gap: 12px; padding: 0; border: 0;
  background: none; }
.tile { padding: 14px 16px; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.tile h2 { margin: 0; color: var(--soft); font-size: 13px; font-weight: 500; }
.value { margin: 4px 0 2px; font-size: 24px; font-weight: 650; font-variant-numeric: tabular-nums; }
.note { margin: 0; color: var(--soft); font-size: 13px; }
figure { margin: 0; overflow-x: auto; } figure svg { max-width: 100%; height: auto; }
figcaption, section > p { margin: 4px 0 8px; color: var(--soft); font-size: 13px; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
td:not(:first-child):not(:last-child) { white-space: nowrap; }
th { color: var(--soft); font-weight: 500; }
code { font: 12px ui-monospace, monospace; }
.ids code { margin-right: 6px; }
footer { margin-top: 24px; color: var(--soft); font-size: 13px; }
@media print { body { max-width: none; padding: 0; background: none; } section { break-inside: avoid; } }
`;

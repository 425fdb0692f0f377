import type { RunResult } from "../run/result.js";
import { drawAvailability, drawTimeline, formatOffset, formatSeconds } from "./charts.js";
import { styleSheet } from "./style-sheet.js";

/**
 * Writes the report of one run as a self-contained page: no script, nothing loaded from elsewhere. Whatever comes from
 * outside is escaped.
 */
export function renderReport(result: RunResult): string {
  const title = `${result.mode} of ${result.app}: ${result.status}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${styleSheet}</style>
</head>
<body>
<header>
<h1>${escape(result.app)} <span class="status ${result.status === "completed" && result.objectivesMet ? "good" : "bad"}">${escape(verdict(result))}</span></h1>
<p class="facts">${[
    ["strategy", result.strategy],
    ["mode", result.mode],
    ["target", result.target],
    ["run", result.runId],
    ["seed", String(result.seed)],
    ["latency profile", result.latencyProfile],
    ["fault", result.faultAt ?? "none"],
  ]
    .map(([name, value]) => `<span><b>${escape(name ?? "")}</b> ${escape(value ?? "")}</span>`)
    .join("\n")}</p>
${result.reasons.length > 0 ? `<ul class="reasons">${result.reasons.map((reason) => `<li>${escape(reason)}</li>`).join("")}</ul>` : ""}
</header>
<main>
${tiles(result)}
${figure("Availability as users saw it: requests that succeeded, %", drawAvailability(result))}
${figure("Steps", drawTimeline(result), "Blue: users waited for it. Grey: before they missed anything, or after they were served.")}
${criticalPath(result)}
${steps(result)}
${experiments(result)}
${lostWrites(result)}
${cost(result)}
${inert(result)}
</main>
<footer>Journal: <code>${escape(result.journalFile)}</code>. Wall time ${escape(formatSeconds(result.wallSeconds))}.</footer>
</body>
</html>
`;
}

/** Text that is safe in HTML, in elements and in quoted attributes. */
export function escape(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

function verdict(result: RunResult): string {
  if (result.status !== "completed") return result.status;
  return result.objectivesMet ? "completed, objectives met" : "completed, an objective missed";
}

function tiles(result: RunResult): string {
  const { objectives, measuredRtoSeconds: rto, measuredRpoSeconds: rpo, criticalPathSeconds: path } = result;
  const all = [
    tile(
      "Recovery time (RTO)",
      rto,
      `objective ${formatSeconds(objectives.rtoSeconds)}`,
      rto !== null && rto <= objectives.rtoSeconds,
    ),
    tile(
      "Data loss (RPO)",
      rpo,
      `objective ${formatSeconds(objectives.rpoSeconds)}`,
      rpo !== null && rpo <= objectives.rpoSeconds,
    ),
    tile(
      "From decision to recovery",
      result.decisionToRecoverySeconds,
      `predicted RTO ${formatSeconds(result.predictedRtoSeconds)}`,
    ),
    tile("Critical path", path, rto !== null && path ? `RTO is ${(rto / path).toFixed(3)} times it` : "not measured"),
    textTile("Writes lost", String(result.writes.lost), `of ${result.writes.accepted} acknowledged`),
    textTile("Requests failed", String(result.requests.failed), `of ${result.requests.total}`),
  ];
  if (result.standingCost) {
    const { perMonth, fullCopyPerMonth, ratio } = result.standingCost;
    all.push(
      textTile(
        "Standby costs",
        `${Math.round(100 * ratio)} %`,
        `of a full copy: $${perMonth.toFixed(0)} of $${fullCopyPerMonth.toFixed(0)} a month`,
      ),
    );
  }
  return `<section class="tiles">${all.join("\n")}</section>`;
}

function tile(name: string, seconds: number | null, note: string, met?: boolean): string {
  const mark = met === undefined ? "" : met ? '<span class="good">met</span> · ' : '<span class="bad">missed</span> · ';
  return textTile(name, seconds === null ? "–" : formatSeconds(seconds), note, mark);
}

function textTile(name: string, value: string, note: string, mark = ""): string {
  return `<div class="tile"><h2>${escape(name)}</h2><p class="value">${escape(value)}</p><p class="note">${mark}${escape(note)}</p></div>`;
}

function figure(title: string, svg: string | undefined, caption = ""): string {
  if (svg === undefined) return "";
  return `<section><h2>${escape(title)}</h2><figure>${svg}${caption ? `<figcaption>${escape(caption)}</figcaption>` : ""}</figure></section>`;
}

function table(title: string, head: readonly string[], rows: readonly (readonly string[])[], note = ""): string {
  if (rows.length === 0) return "";
  const cells = (row: readonly string[]): string => row.map((cell) => `<td>${escape(cell)}</td>`).join("");
  return `<section><h2>${escape(title)}</h2>${note ? `<p>${escape(note)}</p>` : ""}<div class="scroll"><table><thead><tr>${head
    .map((cell) => `<th>${escape(cell)}</th>`)
    .join(
      "",
    )}</tr></thead><tbody>${rows.map((row) => `<tr>${cells(row)}</tr>`).join("\n")}</tbody></table></div></section>`;
}

function criticalPath(result: RunResult): string {
  return table(
    "Critical path",
    ["latency", "waited for by", "seconds"],
    result.criticalPath.map((part) => [part.what, part.step, part.seconds.toFixed(1)]),
    "The longest chain of modelled AWS latencies until users were served; the time of this software is not in it.",
  );
}

function steps(result: RunResult): string {
  const zero = result.faultAt ?? result.steps.find((step) => step.startedAt)?.startedAt ?? null;
  const offset = (at: string | null): string =>
    at === null || zero === null ? "" : formatOffset((Date.parse(at) - Date.parse(zero)) / 1000);
  return table(
    "What was done when",
    ["step", "Region", "plane", "status", "started", "ended", "attempts", "found"],
    result.steps.map((step) => [
      step.title,
      step.region,
      step.plane,
      step.status,
      offset(step.startedAt),
      offset(step.endedAt),
      String(step.attempts),
      step.findings.join("; "),
    ]),
  );
}

function experiments(result: RunResult): string {
  return table(
    "Experiments",
    ["id", "action", "target", "recovery", "steady state"],
    result.experiments.map((experiment) => [
      experiment.id,
      experiment.action,
      experiment.target,
      experiment.recoverySeconds === null ? "not within its time" : formatSeconds(experiment.recoverySeconds),
      experiment.steadyState,
    ]),
  );
}

function lostWrites(result: RunResult): string {
  if (result.lostWrites.length === 0) return "";
  const shown = result.lostWrites.slice(0, 200);
  const rest = result.lostWrites.length - shown.length;
  return `<section><h2>Lost writes</h2><p>Acknowledged to users, and not in the promoted database.</p><p class="ids">${shown
    .map((id) => `<code>${escape(id)}</code>`)
    .join(" ")}${rest > 0 ? ` and ${rest} more` : ""}</p></section>`;
}

function cost(result: RunResult): string {
  const { standingCost } = result;
  if (!standingCost) return "";
  return (
    table(
      "Standing cost of the standby",
      ["stack", "resource", "type", "$ a month", "basis"],
      standingCost.lines.map((line) => [line.stack, line.resource, line.type, line.perMonth.toFixed(2), line.basis]),
      `Of the resources that the programs declare; prices as of ${standingCost.pricesAsOf}.`,
    ) + list("Without a price", standingCost.unpriced)
  );
}

function inert(result: RunResult): string {
  return list("Created, but not modelled by the simulator", result.inertResourceTypes);
}

function list(title: string, items: readonly string[]): string {
  if (items.length === 0) return "";
  return `<section><h2>${escape(title)}</h2><ul>${items.map((item) => `<li><code>${escape(item)}</code></li>`).join("")}</ul></section>`;
}

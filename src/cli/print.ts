import { formatSeconds } from "../report/charts.js";
import type { RunResult } from "../run/result.js";
import type { RunbookPlan } from "../index.js";

/** Prints a run's result to stdout: one JSON document, or what a person wants to know. */
export function printResult(result: RunResult, json: boolean): void {
  process.stdout.write(json ? `${JSON.stringify(result, undefined, 2)}\n` : `${describeResult(result)}\n`);
}

function describeResult(result: RunResult): string {
  const seconds = (value: number | null): string => (value === null ? "not measured" : formatSeconds(value));
  const rows: [string, string][] = [
    ["status", result.reasons.length > 0 ? `${result.status}: ${result.reasons.join("; ")}` : result.status],
    ["RTO", `${seconds(result.measuredRtoSeconds)} (objective ${formatSeconds(result.objectives.rtoSeconds)})`],
    ["RPO", `${seconds(result.measuredRpoSeconds)} (objective ${formatSeconds(result.objectives.rpoSeconds)})`],
    ["critical path", `${seconds(result.criticalPathSeconds)} of modelled AWS latencies`],
    ["requests", `${result.requests.failed} of ${result.requests.total} failed`],
    ["orders", `${result.writes.lost} of ${result.writes.accepted} lost`],
    ...result.experiments.map((experiment): [string, string] => [
      "experiment",
      `${experiment.action}: steady state ${experiment.steadyState}, recovered in ${seconds(experiment.recoverySeconds)}`,
    ]),
  ];
  if (result.standingCost) {
    const { perMonth, fullCopyPerMonth, ratio } = result.standingCost;
    rows.push([
      "standing cost",
      `$${perMonth.toFixed(0)} a month, ${(100 * ratio).toFixed(0)} % of a full copy ($${fullCopyPerMonth.toFixed(0)})`,
    ]);
  }
  if (result.inertResourceTypes.length > 0) rows.push(["not modelled", result.inertResourceTypes.join(", ")]);
  rows.push(["journal", result.journalFile]);
  if (result.reportFile) rows.push(["report", result.reportFile]);
  return table(rows);
}

/** Prints a plan to stdout. */
export function printPlan(plan: RunbookPlan, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(plan, undefined, 2)}\n`);
    return;
  }
  if (plan.status === "refused") {
    process.stdout.write(`refused:\n${plan.reasons.map((reason) => `  ${reason}`).join("\n")}\n`);
    return;
  }
  const lines = [
    `${plan.mode} of ${plan.app}: ${plan.steps.length} steps, predicted RTO ${formatSeconds(plan.predictedRtoSeconds)}`,
    "",
    ...plan.steps.map(
      (step) =>
        `  ${step.id.padEnd(22)} ${step.plane.padEnd(8)} ${step.region.padEnd(16)} ${step.after.length > 0 ? `after ${step.after.join(", ")}` : "at once"}`,
    ),
    "",
    "critical path:",
    ...plan.criticalPath.map(
      (part) => `  ${part.what.padEnd(32)} ${part.step.padEnd(22)} ${formatSeconds(part.seconds)}`,
    ),
    ...plan.changes.flatMap((stack) => [
      "",
      `${stack.stack}:`,
      ...stack.steps.map((step) => `  ${step.op.padEnd(16)} ${step.type} ${step.keys.join(", ")}`),
      ...(stack.steps.length === 0 ? ["  no changes"] : []),
    ]),
    ...plan.warnings.map((warning) => `warning: ${warning}`),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
}

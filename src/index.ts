import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import type { AppSpec } from "../programs/app.js";
import { strategies } from "../programs/strategies.js";
import { standingCost } from "./choose/cost.js";
import { standbyUsage } from "./choose/usage.js";
import { renderReport } from "./report/html.js";
import { plan, run, type EndedRun } from "./run/runbook.js";
import type { RunOptions } from "./run/session.js";
import type { RunResult, StandingCost } from "./run/result.js";
import type { RunMode } from "./run/event.js";
import type { PathPart } from "./plan/critical-path.js";
import type { Step } from "./plan/step.js";
import type { ResourceStep } from "./run/stack-protocol.js";

export { parseAppSpec, AppSpecError, type AppSpec } from "../programs/app.js";
export type { ActivationRecord, RegionRole } from "../programs/activation.js";
export {
  InvalidInputError,
  JournalError,
  PulumiCliError,
  StackOperationError,
  TargetUnavailableError,
} from "./errors.js";
export type { Step, StepKind } from "./plan/step.js";
export type { RunEvent, RunMode, RunStatus, ExperimentResult, Objectives } from "./run/event.js";
export type { RunResult, StepResult, StandingCost } from "./run/result.js";
export { readInterruptedRun, type InterruptedRun } from "./run/resume.js";
export { defaultDirectory, type StateBackend } from "./run/session.js";
export type { Target } from "./target/target.js";
export { createAwsTarget } from "./target/aws.js";
export { createSimulatorTarget } from "./target/simulator.js";
export { startSimulator, type Simulator, type SimulatorOptions } from "./simulator/simulator.js";

/** What a run needs to know; the strategy is the app's. */
export type RunbookOptions = Omit<RunOptions, "strategy"> & {
  /** Where the HTML report goes. @default report.html in the run's folder */
  readonly reportFile?: string;
};

/**
 * Runs an app's recovery, or rehearses it (mode "drill", the default), and writes its report.
 *
 * @returns the result also when the run failed, was refused or stopped: those are values
 * @throws InvalidInputError, TargetUnavailableError, PulumiCliError, JournalError before anything has been changed
 */
export async function runRunbook(options: RunbookOptions): Promise<RunResult> {
  const { app, target, mode = "drill" } = options;
  const ended = await run({ ...options, strategy: strategies[app.strategy] });
  const { measurements } = ended;
  const result: RunResult = {
    app: app.name,
    strategy: app.strategy,
    mode,
    target: target.name,
    seed: target.rehearsal?.seed ?? 0,
    latencyProfile: target.rehearsal?.latencyProfile ?? "measured",
    runId: ended.run,
    status: ended.status,
    reasons: ended.reasons,
    objectives: app.objectives,
    objectivesMet: objectivesMet(ended, app.objectives),
    predictedRtoSeconds: ended.predictedRtoSeconds,
    ...measurements,
    standingCost: costOf(app, ended),
    wallSeconds: ended.wallSeconds,
    journalFile: ended.journalFile,
    reportFile: path.resolve(options.reportFile ?? path.join(ended.folder, "report.html")),
  };
  if (result.reportFile !== null) {
    mkdirSync(path.dirname(result.reportFile), { recursive: true });
    writeFileSync(result.reportFile, renderReport(result));
  }
  return result;
}

/** A plan as people and `--plan --json` see it. */
export type RunbookPlan = { readonly app: string; readonly strategy: string; readonly mode: RunMode } & (
  | {
      readonly status: "planned";
      readonly steps: readonly Step[];
      readonly criticalPath: readonly PathPart[];
      readonly predictedRtoSeconds: number;
      readonly warnings: readonly string[];
      /** What the recovery would change in each stack. */
      readonly changes: readonly { readonly stack: string; readonly steps: readonly ResourceStep[] }[];
    }
  | { readonly status: "refused"; readonly reasons: readonly string[] }
);

/**
 * Plans an app's recovery: its steps, the critical path with its prediction, and what each stack's preview shows.
 * Changes nothing; on the simulator the app is deployed first, so that there is something to plan for.
 *
 * @throws InvalidInputError, TargetUnavailableError, PulumiCliError
 */
export async function planRunbook(options: RunbookOptions): Promise<RunbookPlan> {
  const { app, mode = "drill" } = options;
  const shown = await plan({ ...options, strategy: strategies[app.strategy] });
  const about = { app: app.name, strategy: app.strategy, mode };
  if (shown.plan.status === "refused") return { ...about, ...shown.plan };
  return { ...about, ...shown.plan, changes: [...shown.changes].map(([stack, { steps }]) => ({ stack, steps })) };
}

function objectivesMet(ended: EndedRun, objectives: RunResult["objectives"]): boolean {
  const { measuredRtoSeconds: rto, measuredRpoSeconds: rpo, faultAt } = ended.measurements;
  // A run without a fault, against AWS, is judged by its steps: nobody measured users before it began.
  if (faultAt === null) return ended.status === "completed";
  return rto !== null && rto <= objectives.rtoSeconds && rpo !== null && rpo <= objectives.rpoSeconds;
}

function costOf(app: AppSpec, { declared }: EndedRun): StandingCost | null {
  if (!declared) return null;
  const { stack, region, standby, fullCopy } = declared;
  const place = (resources: typeof standby): Parameters<typeof standingCost>[0] =>
    resources.map((resource) => ({ ...resource, stack, region }));
  return standingCost(place(standby), place(fullCopy), standbyUsage(app));
}

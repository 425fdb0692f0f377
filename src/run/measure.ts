import type { AppSpec } from "../../programs/app.js";
import { regionNames } from "../../programs/names.js";
import { measuredCriticalPath } from "../plan/measured-critical-path.js";
import type { Step } from "../plan/step.js";
import type { Measurements, Target } from "../target/target.js";
import { stepCause } from "./cause.js";
import type { ExperimentResult, RunEvent } from "./event.js";
import type { RunResult, StepResult } from "./result.js";
import { stepResults } from "./status.js";

/** What a run's events and its target say about it: the measured part of its result. */
export type RunMeasurements = Pick<
  RunResult,
  | "measuredRtoSeconds"
  | "measuredRpoSeconds"
  | "decisionToRecoverySeconds"
  | "criticalPathSeconds"
  | "criticalPath"
  | "requests"
  | "writes"
  | "lostWrites"
  | "steps"
  | "experiments"
  | "availability"
  | "faultAt"
  | "recoveredAt"
  | "inertResourceTypes"
>;

export interface MeasureRunOptions {
  readonly run: string;
  readonly app: AppSpec;
  readonly target: Target;
  readonly steps: readonly Step[];
  readonly events: readonly RunEvent[];
  /** The Region whose database is the writable one now. */
  readonly activeRegion: string;
}

/** Folds a run's events and, where the target can rehearse, what its users experienced. */
export function measureRun(options: MeasureRunOptions): RunMeasurements {
  const { run, app, target, steps, events, activeRegion } = options;
  const results = stepResults(steps, events);
  const experiments = events.flatMap((event): ExperimentResult[] =>
    event.type === "experiment-completed" ? [event.experiment] : [],
  );
  const fault = events.find((event) => event.type === "fault-injected");
  const { rehearsal } = target;
  const faultAt = fault === undefined ? null : Date.parse(fault.faultAt);
  if (!rehearsal || faultAt === null) return { ...nothingMeasured, steps: results, experiments };

  const measured = rehearsal.measure({
    faultAt,
    steadyState: app.steadyState,
    activeRegion,
    database: regionNames(app, activeRegion).database,
  });
  const { recoveredAt } = measured;
  const path =
    recoveredAt === null
      ? null
      : measuredCriticalPath({
          steps,
          timings: results.map((step) => ({
            id: step.id,
            cause: stepCause(run, step.id),
            endedAt: step.endedAt === null ? undefined : Date.parse(step.endedAt),
          })),
          spans: rehearsal.latencies(),
          faultAt,
          recoveredAt,
        });
  return {
    measuredRtoSeconds: recoveredAt === null ? null : seconds(recoveredAt - faultAt),
    measuredRpoSeconds: round(measured.rpoSeconds),
    decisionToRecoverySeconds: sinceDecision(results, measured),
    criticalPathSeconds: path && round(path.seconds),
    criticalPath: path?.parts ?? [],
    requests: measured.requests,
    writes: measured.writes,
    lostWrites: measured.lostWrites,
    steps: results,
    experiments,
    availability: measured.availability.map((point) => ({ ...point, at: new Date(point.at).toISOString() })),
    faultAt: new Date(faultAt).toISOString(),
    recoveredAt: recoveredAt === null ? null : new Date(recoveredAt).toISOString(),
    inertResourceTypes: rehearsal.inertResourceTypes(),
  };
}

const nothingMeasured: Omit<RunMeasurements, "steps" | "experiments"> = {
  measuredRtoSeconds: null,
  measuredRpoSeconds: null,
  decisionToRecoverySeconds: null,
  criticalPathSeconds: null,
  criticalPath: [],
  requests: { total: 0, failed: 0 },
  writes: { accepted: 0, lost: 0 },
  lostWrites: [],
  availability: [],
  faultAt: null,
  recoveredAt: null,
  inertResourceTypes: [],
};

/** Seconds from the end of the decision until users were served. */
function sinceDecision(steps: readonly StepResult[], { recoveredAt }: Measurements): number | null {
  const decided = steps.find((step) => step.kind === "decide")?.endedAt;
  return decided && recoveredAt !== null ? seconds(recoveredAt - Date.parse(decided)) : null;
}

function seconds(milliseconds: number): number {
  return round(milliseconds / 1000);
}

/** To a millisecond: what the clock shows. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

import type { Step } from "../plan/step.js";
import type { ExperimentResult, Objectives, RunMode, RunStatus } from "./event.js";

/** The result of a run, as `--json` prints it and the report shows it. Times are ISO 8601 on the target's clock. */
export interface RunResult {
  readonly app: string;
  readonly strategy: string;
  readonly mode: RunMode;
  readonly target: "aws" | "simulator";
  readonly seed: number;
  readonly latencyProfile: string;
  readonly runId: string;
  readonly status: RunStatus;
  readonly reasons: readonly string[];
  readonly objectives: Objectives;
  readonly objectivesMet: boolean;
  /** Seconds from the fault until users were served again; null when not measured. */
  readonly measuredRtoSeconds: number | null;
  /** Age of the oldest lost write at the fault, in seconds; 0 when nothing was lost. */
  readonly measuredRpoSeconds: number | null;
  readonly decisionToRecoverySeconds: number | null;
  /** The longest chain of modelled AWS latencies, by dependency, software time excluded; null on AWS. */
  readonly criticalPathSeconds: number | null;
  readonly predictedRtoSeconds: number;
  /** Latencies on the critical path, first to last. */
  readonly criticalPath: readonly CriticalPathPart[];
  readonly requests: { readonly total: number; readonly failed: number };
  readonly writes: { readonly accepted: number; readonly lost: number };
  readonly lostWrites: readonly string[];
  readonly steps: readonly StepResult[];
  readonly experiments: readonly ExperimentResult[];
  readonly standingCost: StandingCost | null;
  /** Resource types that the simulator created inert, because it does not model them. */
  readonly inertResourceTypes: readonly string[];
  /** Availability over time as users saw it. */
  readonly availability: readonly AvailabilityPoint[];
  readonly faultAt: string | null;
  readonly recoveredAt: string | null;
  readonly wallSeconds: number;
  readonly journalFile: string;
  readonly reportFile: string | null;
}

export interface StepResult {
  readonly id: string;
  readonly kind: Step["kind"];
  readonly title: string;
  readonly region: string;
  readonly plane: "control" | "data";
  readonly status: "pending" | "running" | "completed" | "failed" | "skipped";
  readonly after: readonly string[];
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly attempts: number;
  readonly recovery: boolean;
  readonly findings: readonly string[];
}

export interface CriticalPathPart {
  readonly what: string;
  readonly step: string;
  readonly seconds: number;
}

export interface AvailabilityPoint {
  /** Start of the interval, ISO 8601. */
  readonly at: string;
  readonly requests: number;
  readonly failed: number;
}

/** US dollars per month. */
export interface StandingCost {
  /** What the standby costs while nothing happens. */
  readonly perMonth: number;
  /** What a full copy of the primary in the standby's Region would cost. */
  readonly fullCopyPerMonth: number;
  readonly ratio: number;
  /** ISO 8601 date of the price table. */
  readonly pricesAsOf: string;
  readonly lines: readonly CostLine[];
  /** Resource types without a price in the table: not free, not counted. */
  readonly unpriced: readonly string[];
}

export interface CostLine {
  readonly stack: string;
  readonly resource: string;
  readonly type: string;
  readonly perMonth: number;
  /** The price, its unit and its source. */
  readonly basis: string;
}

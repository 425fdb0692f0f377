import type { Step } from "../plan/step.js";

/**
 * What happened in a run: an append-only union. Status, progress, journal and report are folds over the same events.
 * `at` is ISO 8601 on the target's clock.
 */
export type RunEvent = { readonly at: string } & (
  | {
      readonly type: "run-planned";
      readonly run: string;
      readonly app: string;
      readonly strategy: string;
      readonly mode: RunMode;
      readonly target: "aws" | "simulator";
      readonly seed: number;
      readonly profile: string;
      readonly objectives: Objectives;
      readonly steps: readonly Step[];
      readonly predictedRtoSeconds: number;
    }
  | {
      readonly type: "phase-started";
      readonly phase: "deploy" | "warm-up" | "runbook" | "clean-up";
      readonly title: string;
    }
  | { readonly type: "phase-progress"; readonly phase: "deploy"; readonly message: string }
  | { readonly type: "phase-completed"; readonly phase: "deploy" | "warm-up" | "runbook" | "clean-up" }
  | { readonly type: "fault-injected"; readonly fault: string; readonly region: string; readonly faultAt: string }
  | { readonly type: "step-started"; readonly step: string; readonly attempt: number }
  | { readonly type: "step-progress"; readonly step: string; readonly message: string }
  | {
      readonly type: "step-attempt-failed";
      readonly step: string;
      readonly attempt: number;
      readonly reason: string;
      readonly retryInSeconds: number;
    }
  | {
      readonly type: "step-completed";
      readonly step: string;
      readonly findings: readonly string[];
      readonly data?: Readonly<Record<string, unknown>>;
    }
  | { readonly type: "step-failed"; readonly step: string; readonly reason: string }
  | { readonly type: "step-skipped"; readonly step: string; readonly reason: string }
  | { readonly type: "experiment-completed"; readonly experiment: ExperimentResult }
  | { readonly type: "run-ended"; readonly status: RunStatus; readonly reasons: readonly string[] }
);

export type RunMode = "drill" | "failover" | "switchover" | "failback";

export type RunStatus = "completed" | "failed" | "refused" | "stopped";

export interface Objectives {
  readonly rtoSeconds: number;
  readonly rpoSeconds: number;
}

export interface ExperimentResult {
  readonly id: string;
  readonly action: string;
  readonly target: string;
  /** Seconds from the fault until full capacity served again; null when it did not within the step's time. */
  readonly recoverySeconds: number | null;
  readonly steadyState: "held" | "deviated";
}

/** `Omit` that keeps the union. */
export type NewRunEvent = RunEvent extends infer Event ? (Event extends RunEvent ? Omit<Event, "at"> : never) : never;

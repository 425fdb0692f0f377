/**
 * A runbook as data: steps are a discriminated union on `kind`; order and parallelism come from `after`. The planner
 * makes them, the interpreter runs them, reports show them.
 */
export type Step =
  | ObserveStep
  | DecideStep
  | FenceTrafficStep
  | FenceRegionStep
  | RecordActivationStep
  | PromoteStackStep
  | ScaleCapacityStep
  | WaitHealthyStep
  | ShiftTrafficStep
  | VerifyUsersStep
  | RunExperimentStep
  | ReconcileStackStep;

export type StepKind = Step["kind"];

interface StepBase {
  /** Unique within the runbook; kebab-case. */
  readonly id: string;
  /** What the step does, for people: an imperative sentence without a full stop. */
  readonly title: string;
  /** The Region in which the step acts; "global" for global services and the users' side. */
  readonly region: string;
  /** Control plane: creates or changes resources. Data plane: works without. */
  readonly plane: "control" | "data";
  /** Ids of the steps that must have completed first. */
  readonly after: readonly string[];
  /** Seconds on the target's clock after which the step has failed. */
  readonly timeoutSeconds: number;
  readonly retry: RetryPolicy;
  /** The services that the step calls, and where: what it can't do without. */
  readonly needs: readonly Dependency[];
  /** Modelled latencies that the step waits for; prediction and measured critical path come from them. */
  readonly awaits: readonly AwaitedLatency[];
  /**
   * Part of the recovery that users wait for; the rest (verification by experiment, redundancy, records) comes after
   * they are served.
   */
  readonly recovery: boolean;
  /** A step whose failure is recorded and reported, and does not fail the run. @default false */
  readonly optional?: boolean;
}

export interface RetryPolicy {
  /** Attempts in all, at least 1. */
  readonly attempts: number;
  /** Seconds before the second attempt; doubles up to `maxSeconds`, with full jitter. */
  readonly minSeconds: number;
  readonly maxSeconds: number;
}

export interface Dependency {
  readonly service: string;
  readonly region: string;
  readonly plane: "control" | "data";
}

/** A row of the latency table that a step waits for. Latencies of one step in the same `lane` add up, lanes overlap. */
export interface AwaitedLatency {
  readonly row: string;
  readonly lane?: string;
  /** Seconds where the configuration decides, not the table: interval times threshold, a time to live. */
  readonly seconds?: number;
  /**
   * Id of the step, one that this step waits for, whose completion started the lane: what a step began goes on while
   * others run. The first latency of a lane says it for the lane. @default the start of this step
   */
  readonly since?: string;
}

/** Watches users, name service, Regions and replication until the primary has to be given up (or a drill's fault is seen). */
export interface ObserveStep extends StepBase {
  readonly kind: "observe";
}

/** Decides from what was observed; a refusal ends the run before anything was changed. */
export interface DecideStep extends StepBase {
  readonly kind: "decide";
}

/** Keeps users away from the old primary by the data plane, also when its Region comes back. */
export interface FenceTrafficStep extends StepBase {
  readonly kind: "fence-traffic";
  /** The Region to keep users away from. */
  readonly fencedRegion: string;
}

/** Takes the old primary's ability to accept writes, as far as it can be reached. */
export interface FenceRegionStep extends StepBase {
  readonly kind: "fence-region";
  readonly fencedRegion: string;
}

/** Writes the activation record: first the claim (promoting), at the end the confirmation (active). */
export interface RecordActivationStep extends StepBase {
  readonly kind: "record-activation";
  readonly stack: string;
  readonly status: "promoting" | "active";
  readonly activeRegion: string;
}

/** Brings a stack to what its program declares for the new roles: this promotes the replica in place. */
export interface PromoteStackStep extends StepBase {
  readonly kind: "promote-stack";
  readonly stack: string;
}

/** Raises the web tier to serving capacity by the service's API, without waiting for a stack operation. */
export interface ScaleCapacityStep extends StepBase {
  readonly kind: "scale-capacity";
  readonly group: string;
  readonly desired: number;
}

/** Waits until enough targets pass the load balancer's health check and the database accepts writes. */
export interface WaitHealthyStep extends StepBase {
  readonly kind: "wait-healthy";
  readonly targetGroup: string;
  readonly healthyTargets: number;
  readonly database: string;
}

/** Waits until the name service answers users with the new primary. */
export interface ShiftTrafficStep extends StepBase {
  readonly kind: "shift-traffic";
  readonly domain: string;
}

/** Waits until the steady state has held for users for its window. */
export interface VerifyUsersStep extends StepBase {
  readonly kind: "verify-users";
  readonly successRate: number;
  readonly windowSeconds: number;
}

/** Runs an AWS FIS experiment on the new primary and measures the recovery while the steady state must hold. */
export interface RunExperimentStep extends StepBase {
  readonly kind: "run-experiment";
  readonly action: string;
  readonly target: string;
  readonly successRate: number;
  readonly windowSeconds: number;
}

/** Brings a stack to what its program declares, after users are served. */
export interface ReconcileStackStep extends StepBase {
  readonly kind: "reconcile-stack";
  readonly stack: string;
}

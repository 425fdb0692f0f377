/**
 * What is known about an app and its Regions before anything is changed: the only thing, besides the runbook's input,
 * that a plan depends on. Plain data, so that it can stand in a journal and be given by a test.
 */
export interface Observation {
  /** ISO 8601, on the target's clock. */
  readonly at: string;
  /** Whether the target's endpoints answer to these credentials. */
  readonly targetReachable: boolean;
  readonly tools: ToolsObservation;
  readonly stateBackend: StateBackendObservation;
  /** Health by Region. A Region that is absent counts as unknown. */
  readonly regions: Readonly<Record<string, RegionHealth>>;
  readonly primary: PrimaryStatus;
  /** The activation record, or null when it can't be read. */
  readonly activation: ActivationObservation | null;
  /** The database in the standby Region, or null when there is none. */
  readonly replica: ReplicaObservation | null;
  /** The web tier in the standby Region, or null when there is none. */
  readonly capacity: CapacityObservation | null;
  /** What a preview of the promotion said, or null when it was not asked for. */
  readonly promotion: PromotionObservation | null;
}

/** `unknown`: no signal either way. */
export type RegionHealth = "healthy" | "impaired" | "unknown";

/**
 * - `lost`: independent signals agree that it no longer serves its users.
 * - `serving`: it serves.
 * - `presumed-lost`: nobody looked; the plan is what would be done if it were lost.
 */
export type PrimaryStatus = "lost" | "serving" | "presumed-lost";

/** What a run needs on this machine: the Pulumi CLI. */
export interface ToolsObservation {
  readonly ready: boolean;
  readonly problem?: string;
}

export interface StateBackendObservation {
  readonly reachable: boolean;
  /** The Region that holds it; null when it lies in none, as with local files. */
  readonly region: string | null;
}

/** The activation record as far as a plan needs it. */
export interface ActivationObservation {
  readonly epoch: number;
  readonly activeRegion: string;
  readonly status: "active" | "promoting";
  readonly run: string | null;
  readonly roles: Readonly<Record<string, string>>;
}

export interface ReplicaObservation {
  readonly identifier: string;
  /** RDS's status of the instance, such as `available` or `backing-up`. */
  readonly status: string;
  /** Whether it is a replica of another instance; a promoted one no longer is. */
  readonly isReplica: boolean;
  /** RDS's replication status, such as `replicating` or `error`, while the source still worked; null when unknown. */
  readonly replicationStatus: string | null;
  /** Seconds behind its source, measured while the source still worked; null when unknown. */
  readonly lagSeconds: number | null;
  /** Days of automated backups; RDS refuses to promote a replica that has none. */
  readonly backupRetentionDays: number;
}

export interface CapacityObservation {
  readonly desired: number;
  readonly max: number;
  readonly healthyTargets: number;
  /** Seconds of passing checks that the load balancer wants of an instance: interval times threshold. */
  readonly targetCheckSeconds: number;
}

export interface PromotionObservation {
  /** URNs of resources that the promotion would replace or delete. */
  readonly destructive: readonly string[];
  /** Why it could not be previewed, in one line. */
  readonly problem?: string;
}

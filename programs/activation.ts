import type { AppSpec } from "./app.js";

/**
 * The activation record: which Region is active, since when, by which run. It is the outputs of the stack
 * `<app>-activation`, so that its history is the audit trail and every program, also one that is only previewed, reads
 * the same roles. Only a run changes it, and its epoch only grows.
 */
export interface ActivationRecord {
  /** Grows by one with every change of roles. */
  readonly epoch: number;
  readonly activeRegion: string;
  /** `promoting` from the fence until the run has verified the new primary; then `active`. */
  readonly status: "active" | "promoting";
  /** ISO 8601, on the target's clock. */
  readonly since: string;
  /** The run that wrote it; null before the first. */
  readonly run: string | null;
  readonly roles: Readonly<Record<string, RegionRole>>;
}

/**
 * - `primary`: serves, and its database is the writable one.
 * - `standby`: holds a replica and no running instances.
 * - `lost`: was primary when its Region failed. Its program declares what stood there, unchanged, until a failback
 *   rebuilds it as standby: so nothing is replaced or deleted there meanwhile.
 */
export type RegionRole = "primary" | "standby" | "lost";

/** The record of an app that no run has touched yet. */
export function initialActivation(app: AppSpec): ActivationRecord {
  return {
    epoch: 0,
    activeRegion: app.regions.primary,
    status: "active",
    since: "1970-01-01T00:00:00.000Z",
    run: null,
    roles: { [app.regions.primary]: "primary", [app.regions.standby]: "standby" },
  };
}

/**
 * The role of a Region under a record.
 *
 * @throws Error when the record does not name the Region: it is another app's, or of a time before the Region joined
 */
export function regionRole(activation: ActivationRecord, region: string): RegionRole {
  const role = activation.roles[region];
  if (role === undefined) {
    throw new Error(`the activation record of epoch ${activation.epoch} gives ${region} no role`);
  }
  return role;
}

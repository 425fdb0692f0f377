import type { ActivationRecord } from "../../programs/activation.js";

/**
 * The record by which a run claims the change of roles: from here on `targetRegion` is primary and `lostRegion` is lost.
 *
 * @param since - ISO 8601, on the target's clock
 */
export function claimActivation(
  record: ActivationRecord,
  claim: { readonly run: string; readonly lostRegion: string; readonly targetRegion: string; readonly since: string },
): ActivationRecord {
  return {
    epoch: record.epoch + 1,
    activeRegion: claim.targetRegion,
    status: "promoting",
    since: claim.since,
    run: claim.run,
    roles: { ...record.roles, [claim.targetRegion]: "primary", [claim.lostRegion]: "lost" },
  };
}

/** The record by which the run that claimed it confirms that the new primary serves. */
export function confirmActivation(record: ActivationRecord): ActivationRecord {
  return { ...record, status: "active" };
}

/** Whether `run` claims, or has claimed, the record for `region`. */
export function isClaimedBy(record: ActivationRecord, run: string, region: string): boolean {
  return record.run === run && record.activeRegion === region;
}

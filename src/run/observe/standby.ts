import { describeGroup } from "../../aws/auto-scaling.js";
import { getReplicaLag } from "../../aws/cloud-watch.js";
import { describeTargetHealth, findTargetGroup } from "../../aws/elastic-load-balancing.js";
import { describeDatabase } from "../../aws/rds.js";
import type { CapacityObservation, RegionHealth, ReplicaObservation } from "../../plan/observation.js";
import type { StepContext } from "../step-context.js";
import { isOutage } from "./region-health.js";

/** What the Region that is to take over says of itself. */
export interface StandbyFacts {
  readonly health: RegionHealth;
  /** Its lag is what RDS measured last. */
  readonly replica: ReplicaObservation | null;
  readonly capacity: CapacityObservation | null;
}

/** How far back the lag is looked for: RDS measures every minute, and a point may be missing. */
const LAG_HISTORY_MS = 15 * 60_000;

/** Reads database, lag and web tier of the Region that is to take over. @throws AwsCallError unless it is an outage */
export async function readStandby(context: StepContext): Promise<StandbyFacts> {
  try {
    const [replica, capacity] = await Promise.all([readReplica(context), readCapacity(context)]);
    return { health: "healthy", replica, capacity };
  } catch (error) {
    if (!isOutage(error)) throw error;
    return { health: "impaired", replica: null, capacity: null };
  }
}

async function readReplica(context: StepContext): Promise<ReplicaObservation | null> {
  const { input, target } = context;
  const scope = context.scope(input.targetRegion);
  const now = target.clock.now();
  const [database, lag] = await Promise.all([
    describeDatabase(scope, input.names.database),
    getReplicaLag(scope, input.names.database, now - LAG_HISTORY_MS, now),
  ]);
  if (!database) return null;
  const last = lag.at(-1)?.value;
  return {
    identifier: database.identifier,
    status: database.status,
    isReplica: database.isReplica,
    replicationStatus: database.replicationStatus,
    // RDS measures -1 while the replica does not replicate.
    lagSeconds: last === undefined || last < 0 ? null : last,
    backupRetentionDays: database.backupRetentionDays,
  };
}

async function readCapacity(context: StepContext): Promise<CapacityObservation | null> {
  const { input } = context;
  const scope = context.scope(input.targetRegion);
  const [group, targetGroup] = await Promise.all([
    describeGroup(scope, input.names.autoScalingGroup),
    findTargetGroup(scope, input.names.targetGroup),
  ]);
  if (!group) return null;
  const targets = targetGroup === undefined ? [] : await describeTargetHealth(scope, targetGroup.arn);
  return {
    desired: group.desired,
    max: group.max,
    targetCheckSeconds: targetGroup?.checkSeconds ?? 0,
    healthyTargets: targets.filter(({ state }) => state === "healthy").length,
  };
}

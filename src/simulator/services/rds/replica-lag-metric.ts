import type { World } from "../../world.js";
import { putMetric } from "../cloud-watch/metrics.js";
import { replicaLagSeconds } from "./replication.js";
import type { DbInstance } from "./state.js";

/** RDS publishes an instance's metrics once a minute (RDS user guide, monitoring-cloudwatch.md). */
const PERIOD_MS = 60_000;

/** Publishes AWS/RDS ReplicaLag in the replica's Region while it replicates. */
export function publishReplicaLag(world: World, replica: DbInstance): void {
  replica.metrics?.cancel();
  replica.metrics = world.every(PERIOD_MS, () => {
    if (world.impairment(replica.region)) return;
    const value = replicaLagSeconds(world, replica);
    if (value === undefined) return;
    const dimensions = { DBInstanceIdentifier: replica.identifier };
    putMetric(world, replica.region, { namespace: "AWS/RDS", name: "ReplicaLag", dimensions, value, unit: "Seconds" });
  });
}

import type { DBInstance } from "@aws-sdk/client-rds";

import { ifFound } from "./aws-error.js";
import { defineAwsService, type AwsScope } from "./aws-service.js";

const rds = defineAwsService(
  "rds",
  () => import("@aws-sdk/client-rds"),
  (sdk, settings) => new sdk.RDSClient(settings),
);

/** An RDS instance, as far as steps need it. */
export interface Database {
  readonly identifier: string;
  /** RDS's word: `available`, `backing-up`, `rebooting`... */
  readonly status: string;
  /** Whether it is a replica of another instance, and so read-only. */
  readonly isReplica: boolean;
  /** RDS's word: `replicating`, `error`, `terminated`...; null when it tells none. */
  readonly replicationStatus: string | null;
  readonly backupRetentionDays: number;
  readonly multiAz: boolean;
}

/** Describes a database instance; undefined when there is none. @throws AwsCallError */
export async function describeDatabase(scope: AwsScope, identifier: string): Promise<Database | undefined> {
  const output = await ifFound(
    rds.call(scope, (client, sdk, options) =>
      client.send(new sdk.DescribeDBInstancesCommand({ DBInstanceIdentifier: identifier }), options),
    ),
  );
  const instance = output?.DBInstances?.[0];
  return instance && toDatabase(identifier, instance);
}

function toDatabase(identifier: string, instance: DBInstance): Database {
  const replication = instance.StatusInfos?.find(({ StatusType }) => StatusType === "read replication");
  return {
    identifier: instance.DBInstanceIdentifier ?? identifier,
    status: instance.DBInstanceStatus ?? "unknown",
    isReplica: instance.ReadReplicaSourceDBInstanceIdentifier !== undefined,
    replicationStatus: replication?.Status ?? null,
    backupRetentionDays: instance.BackupRetentionPeriod ?? 0,
    multiAz: instance.MultiAZ ?? false,
  };
}

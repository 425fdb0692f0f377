import type { DBInstance, Filter, PendingModifiedValues } from "@aws-sdk/client-rds";

import { hexOf } from "../../identifiers.js";
import type { World } from "../../world.js";
import { page } from "./paging.js";
import { interruptedSince } from "./replication.js";
import { toSubnetGroup } from "./subnet-groups.js";
import {
  invalidValue,
  rdsSlot,
  replicasOf,
  requireInstance,
  tagsOf,
  type DbInstance,
  type RdsHandlers,
} from "./state.js";

/** Transaction logs go to S3 every five minutes (RDS user guide, USER_PIT.md): so much is not restorable yet. */
const LOG_UPLOAD_MS = 5 * 60 * 1000;

export function describeHandlers(world: World) {
  return {
    DescribeDBInstances: (input, { region }) => {
      const all =
        input.DBInstanceIdentifier === undefined
          ? [...world.state(rdsSlot, region).instances.values()]
          : [requireInstance(world, region, input.DBInstanceIdentifier)];
      const selected = all
        .filter((instance) => (input.Filters ?? []).every((filter) => matches(instance, filter)))
        .sort((a, b) => (a.identifier < b.identifier ? -1 : 1));
      const { items, Marker } = page(selected, input, (instance) => instance.identifier);
      return { DBInstances: items.map((instance) => toDbInstance(world, instance)), ...(Marker ? { Marker } : {}) };
    },
  } satisfies RdsHandlers;
}

function matches(instance: DbInstance, { Name, Values = [] }: Filter): boolean {
  switch (Name) {
    case "db-instance-id":
      return Values.some((value) => value.toLowerCase() === instance.identifier || value === instance.arn);
    case "dbi-resource-id":
      return Values.includes(instance.resourceId);
    case "engine":
      return Values.includes(instance.settings.engine);
    // Clusters and directories are not modelled: no instance belongs to one.
    case "db-cluster-id":
    case "domain":
      return false;
    default:
      throw invalidValue(`Unrecognized filter name: ${Name ?? ""}`);
  }
}

/** An instance as DescribeDBInstances answers it. */
export function toDbInstance(world: World, instance: DbInstance): DBInstance {
  const { settings, region, createdAt } = instance;
  const subnetGroup = world.state(rdsSlot, region).subnetGroups.get(settings.subnetGroup?.toLowerCase() ?? "");
  const restorableAt = Math.floor(world.now() / LOG_UPLOAD_MS) * LOG_UPLOAD_MS;
  return {
    DBInstanceIdentifier: instance.identifier,
    DBInstanceArn: instance.arn,
    DbiResourceId: instance.resourceId,
    DBInstanceStatus: instance.status,
    DBInstanceClass: settings.instanceClass,
    Engine: settings.engine,
    EngineVersion: settings.engineVersion,
    EngineLifecycleSupport: "open-source-rds-extended-support",
    LicenseModel: settings.licenseModel,
    MasterUsername: settings.masterUsername,
    DBName: settings.dbName,
    DbInstancePort: 0,
    // RDS shows no endpoint before the instance has one.
    Endpoint:
      createdAt === undefined
        ? undefined
        : { Address: instance.endpointAddress, Port: settings.port, HostedZoneId: hostedZoneId(region) },
    InstanceCreateTime: createdAt === undefined ? undefined : new Date(createdAt),
    AllocatedStorage: settings.allocatedStorage,
    MaxAllocatedStorage: settings.maxAllocatedStorage || undefined,
    StorageType: settings.storageType,
    Iops: settings.iops,
    StorageThroughput: settings.storageThroughput,
    StorageEncrypted: settings.kmsKeyArn !== undefined,
    KmsKeyId: settings.kmsKeyArn,
    MultiAZ: settings.multiAz,
    AvailabilityZone: instance.zone,
    SecondaryAvailabilityZone: instance.standbyZone,
    BackupRetentionPeriod: settings.backupRetentionPeriod,
    PreferredBackupWindow: settings.backupWindow,
    PreferredMaintenanceWindow: settings.maintenanceWindow,
    LatestRestorableTime:
      settings.backupRetentionPeriod > 0 && createdAt !== undefined && restorableAt > createdAt
        ? new Date(restorableAt)
        : undefined,
    BackupTarget: "region",
    PendingModifiedValues: pendingValues(instance),
    DBSubnetGroup: subnetGroup ? toSubnetGroup(subnetGroup) : undefined,
    VpcSecurityGroups: settings.securityGroups.map((id) => ({ VpcSecurityGroupId: id, Status: "active" })),
    DBSecurityGroups: [],
    DBParameterGroups: [{ DBParameterGroupName: settings.parameterGroup, ParameterApplyStatus: "in-sync" }],
    OptionGroupMemberships: [{ OptionGroupName: settings.optionGroup, Status: "in-sync" }],
    PubliclyAccessible: settings.publiclyAccessible,
    AutoMinorVersionUpgrade: settings.autoMinorVersionUpgrade,
    CopyTagsToSnapshot: settings.copyTagsToSnapshot,
    DeletionProtection: settings.deletionProtection,
    IAMDatabaseAuthenticationEnabled: settings.iamAuthentication,
    MonitoringInterval: settings.monitoringInterval,
    MonitoringRoleArn: settings.monitoringRoleArn,
    PerformanceInsightsEnabled: settings.performanceInsights,
    PerformanceInsightsRetentionPeriod: settings.performanceInsights
      ? (settings.performanceInsightsRetention ?? 7)
      : undefined,
    DatabaseInsightsMode: "standard",
    EnabledCloudwatchLogsExports: settings.logExports.length > 0 ? [...settings.logExports] : undefined,
    CACertificateIdentifier: settings.caCertificate,
    NetworkType: settings.networkType,
    CustomerOwnedIpEnabled: false,
    DedicatedLogVolume: false,
    MasterUserSecret: settings.managedPassword
      ? {
          SecretArn: settings.managedPassword.secretArn,
          SecretStatus: createdAt === undefined ? "creating" : "active",
          KmsKeyId: settings.managedPassword.kmsKeyArn,
        }
      : undefined,
    // In the same Region RDS answers the identifier, from another one the ARN.
    ReadReplicaSourceDBInstanceIdentifier: instance.source && nameSeenFrom(region, instance.source),
    ReadReplicaDBInstanceIdentifiers: replicasOf(world, instance).map((replica) => nameSeenFrom(region, replica)),
    StatusInfos: replicationStatus(world, instance),
    DomainMemberships: [],
    AssociatedRoles: [],
    TagList: [...tagsOf(world, region, instance.arn)].map(([Key, Value]) => ({ Key, Value })),
  };
}

function nameSeenFrom(
  region: string,
  other: { readonly region: string; readonly identifier: string; readonly arn: string },
): string {
  return other.region === region ? other.identifier : other.arn;
}

function replicationStatus(world: World, instance: DbInstance): DBInstance["StatusInfos"] {
  if (!instance.source || instance.createdAt === undefined) return undefined;
  const info = { StatusType: "read replication" };
  if (!instance.link) return [{ ...info, Status: "terminated", Normal: false }];
  if (interruptedSince(world, instance) === undefined) return [{ ...info, Status: "replicating", Normal: true }];
  return [
    {
      ...info,
      Status: "error",
      Normal: false,
      Message: `Replication from ${instance.source.arn} is interrupted: the source can't be reached.`,
    },
  ];
}

function pendingValues({ pending }: DbInstance): PendingModifiedValues {
  const values: PendingModifiedValues = {
    DBInstanceClass: pending.instanceClass,
    AllocatedStorage: pending.allocatedStorage,
    BackupRetentionPeriod: pending.backupRetentionPeriod,
    MultiAZ: pending.multiAz,
    EngineVersion: pending.engineVersion,
    Iops: pending.iops,
    StorageThroughput: pending.storageThroughput,
    StorageType: pending.storageType,
    CACertificateIdentifier: pending.caCertificate,
    IAMDatabaseAuthenticationEnabled: pending.iamAuthentication,
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** The Route 53 zone of RDS endpoints, one per Region: AWS's form, not its own ids. */
function hostedZoneId(region: string): string {
  return `Z${hexOf(["rds-zone", region], 13).toUpperCase()}`;
}

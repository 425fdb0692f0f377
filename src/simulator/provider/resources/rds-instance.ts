import type { CreateDBInstanceReadReplicaMessage, ModifyDBInstanceMessage } from "@aws-sdk/client-rds";
import type { InstanceArgs, InstanceState } from "@pulumi/aws/rds/instance.js";

import { rds } from "../../services/rds/service.js";
import { isNotFound } from "../failures.js";
import { asText } from "../properties.js";
import {
  defineResource,
  sameSet,
  type Change,
  type Inputs,
  type Problem,
  type ResourceContext,
} from "../resource-type.js";
import { defined } from "./defined.js";
import { required, tagChange, tagList, tagMap } from "./tags.js";

/** internal/service/rds/instance.go of terraform-provider-aws, which this file follows throughout. */
type DbInputs = Inputs<InstanceArgs>;

export const dbInstance = defineResource<InstanceArgs, InstanceState>({
  token: "aws:rds/instance:Instance",
  label: "RDS DB Instance",
  // Neither `identifier` (renamed in place) nor `replicateSourceDb` (promoted in place) is ForceNew.
  replaceOn: [
    "availabilityZone",
    "backupTarget",
    "characterSetName",
    "customIamInstanceProfile",
    "dbName",
    "engine",
    "kmsKeyId",
    "ncharCharacterSetName",
    "restoreToPointInTime",
    "snapshotIdentifier",
    "storageEncrypted",
    "timezone",
    "username",
  ],
  computed: [
    "allocatedStorage",
    "availabilityZone",
    "backupRetentionPeriod",
    "backupTarget",
    "backupWindow",
    "caCertIdentifier",
    "characterSetName",
    "databaseInsightsMode",
    "dbName",
    "dbSubnetGroupName",
    "domainFqdn",
    "engine",
    "engineLifecycleSupport",
    "engineVersion",
    "identifier",
    "identifierPrefix",
    "iops",
    "kmsKeyId",
    "licenseModel",
    "maintenanceWindow",
    "masterUserSecretKmsKeyId",
    "monitoringRoleArn",
    "multiAz",
    "ncharCharacterSetName",
    "networkType",
    "optionGroupName",
    "parameterGroupName",
    "performanceInsightsKmsKeyId",
    "performanceInsightsRetentionPeriod",
    "port",
    "replicaMode",
    "snapshotIdentifier",
    "storageThroughput",
    "storageType",
    "timezone",
    "username",
    "vpcSecurityGroupIds",
  ],
  defaults: {
    applyImmediately: false,
    autoMinorVersionUpgrade: true,
    copyTagsToSnapshot: false,
    deleteAutomatedBackups: true,
    monitoringInterval: 0,
    performanceInsightsEnabled: false,
    publiclyAccessible: false,
    skipFinalSnapshot: false,
  },
  autoName: { property: "identifier", maxLength: 63, unless: ["identifierPrefix"], lowerCase: true },
  sameValue: {
    vpcSecurityGroupIds: sameSet,
    enabledCloudwatchLogsExports: sameSet,
    engine: (before, after) => String(before).toLowerCase() === String(after).toLowerCase(),
    maintenanceWindow: (before, after) => String(before).toLowerCase() === String(after).toLowerCase(),
    // RDS names a source in the same Region by its identifier, programs may by its ARN.
    replicateSourceDb: (before, after) => lastPart(before) !== "" && lastPart(before) === lastPart(after),
    // "8.4" stands for whichever patch of it runs.
    engineVersion: (before, after) => before === after || String(before).startsWith(`${String(after)}.`),
  },
  timeouts: { create: 2400, update: 4800, delete: 3600 },
  validate,

  create: (aws, inputs) => {
    const source = inputs.replicateSourceDb;
    const { DBInstance } = source
      ? aws.call(rds, "CreateDBInstanceReadReplica", replicaRequest(aws, inputs, source))
      : aws.call(rds, "CreateDBInstance", {
          ...commonRequest(aws, inputs),
          Engine: required(inputs.engine, "engine"),
          EngineVersion: inputs.engineVersion,
          AllocatedStorage: inputs.allocatedStorage,
          AvailabilityZone: inputs.availabilityZone,
          BackupRetentionPeriod: inputs.backupRetentionPeriod ?? 0,
          PreferredBackupWindow: inputs.backupWindow,
          PreferredMaintenanceWindow: inputs.maintenanceWindow,
          DBName: inputs.dbName,
          DBParameterGroupName: inputs.parameterGroupName,
          MasterUsername: inputs.username,
          MasterUserPassword: inputs.password ?? inputs.passwordWo,
          ManageMasterUserPassword: inputs.manageMasterUserPassword,
          MaxAllocatedStorage: inputs.maxAllocatedStorage,
          StorageEncrypted: inputs.storageEncrypted ?? false,
          StorageThroughput: inputs.storageThroughput,
        });
    return required(DBInstance?.DbiResourceId, "DbiResourceId");
  },

  finishCreate: async (aws, id, inputs) => {
    await waitAvailable(aws, id, "create");
    // What CreateDBInstanceReadReplica does not take follows as a modification.
    if (!inputs.replicateSourceDb) return;
    const later: Omit<ModifyDBInstanceMessage, "DBInstanceIdentifier"> = defined({
      BackupRetentionPeriod: inputs.backupRetentionPeriod || undefined,
      PreferredBackupWindow: inputs.backupWindow,
      PreferredMaintenanceWindow: inputs.maintenanceWindow,
      CACertificateIdentifier: inputs.caCertIdentifier,
      DBParameterGroupName: inputs.parameterGroupName,
      MaxAllocatedStorage: inputs.maxAllocatedStorage,
      MasterUserPassword: inputs.password ?? inputs.passwordWo,
    });
    if (Object.keys(later).length === 0) return;
    aws.call(rds, "ModifyDBInstance", {
      ...later,
      DBInstanceIdentifier: identifierOf(aws, id),
      ApplyImmediately: true,
    });
    await waitAvailable(aws, id, "update");
  },

  read: (aws, id) => {
    const found = findById(aws, id);
    if (!found) return undefined;
    const { Endpoint: endpoint } = found;
    return {
      inputs: {
        identifier: found.DBInstanceIdentifier,
        allocatedStorage: found.AllocatedStorage,
        availabilityZone: found.AvailabilityZone,
        backupRetentionPeriod: found.BackupRetentionPeriod,
        backupWindow: found.PreferredBackupWindow,
        caCertIdentifier: found.CACertificateIdentifier,
        dbName: found.DBName,
        dbSubnetGroupName: found.DBSubnetGroup?.DBSubnetGroupName,
        deletionProtection: found.DeletionProtection,
        engine: found.Engine,
        engineVersion: found.EngineVersion,
        iamDatabaseAuthenticationEnabled: found.IAMDatabaseAuthenticationEnabled,
        instanceClass: found.DBInstanceClass,
        kmsKeyId: found.KmsKeyId,
        licenseModel: found.LicenseModel,
        maintenanceWindow: found.PreferredMaintenanceWindow,
        multiAz: found.MultiAZ,
        networkType: found.NetworkType,
        parameterGroupName: found.DBParameterGroups?.[0]?.DBParameterGroupName,
        optionGroupName: found.OptionGroupMemberships?.[0]?.OptionGroupName,
        port: endpoint?.Port ?? found.DbInstancePort,
        publiclyAccessible: found.PubliclyAccessible,
        storageEncrypted: found.StorageEncrypted,
        storageThroughput: found.StorageThroughput,
        storageType: found.StorageType,
        username: found.MasterUsername,
        vpcSecurityGroupIds: found.VpcSecurityGroups?.map(({ VpcSecurityGroupId }) =>
          required(VpcSecurityGroupId, "VpcSecurityGroupId"),
        ),
        replicateSourceDb: found.ReadReplicaSourceDBInstanceIdentifier ?? "",
        tags: tagMap(found.TagList),
      },
      outputs: {
        arn: found.DBInstanceArn,
        address: endpoint?.Address,
        endpoint: endpoint && `${endpoint.Address}:${endpoint.Port}`,
        engineVersionActual: found.EngineVersion,
        hostedZoneId: endpoint?.HostedZoneId,
        latestRestorableTime: found.LatestRestorableTime?.toISOString(),
        replicas: found.ReadReplicaDBInstanceIdentifiers,
        resourceId: found.DbiResourceId,
        status: found.DBInstanceStatus,
      },
    };
  },

  update: async (aws, id, change) => {
    const { before, after } = change;
    if (change.has("replicateSourceDb")) {
      // Another source, or one for a standalone instance, can't be had in place; the provider refuses it.
      if (after.replicateSourceDb) throw new Error("cannot elect new source database for replication");
      aws.call(rds, "PromoteReadReplica", {
        DBInstanceIdentifier: before.identifier ?? identifierOf(aws, id),
        BackupRetentionPeriod: after.backupRetentionPeriod ?? findById(aws, id)?.BackupRetentionPeriod,
        PreferredBackupWindow: after.backupWindow,
      });
      await waitAvailable(aws, id, "promotion");
    }
    const modification = modificationOf(change);
    if (Object.keys(modification).length > 0) {
      aws.call(rds, "ModifyDBInstance", {
        ...modification,
        DBInstanceIdentifier: before.identifier ?? identifierOf(aws, id),
        ApplyImmediately: after.applyImmediately ?? false,
      });
      await waitAvailable(aws, id, "update");
    }
    updateTags(aws, id, change);
  },

  delete: async (aws, id, before) => {
    if (!before.skipFinalSnapshot && !before.finalSnapshotIdentifier) {
      throw new Error("final_snapshot_identifier is required when skip_final_snapshot is false");
    }
    aws.call(rds, "DeleteDBInstance", {
      DBInstanceIdentifier: identifierOf(aws, id),
      DeleteAutomatedBackups: before.deleteAutomatedBackups ?? true,
      SkipFinalSnapshot: before.skipFinalSnapshot ?? false,
      FinalDBSnapshotIdentifier: before.skipFinalSnapshot ? undefined : before.finalSnapshotIdentifier,
    });
    // waitDBInstanceDeleted: delay 1 minute, poll interval 10 seconds.
    await aws.wait({
      label: `waiting for RDS DB Instance (${id}) delete`,
      state: () => findById(aws, id)?.DBInstanceStatus,
      target: [undefined],
      delaySeconds: 60,
      pollSeconds: 10,
    });
  },
});

/** waitDBInstanceAvailable: delay 1 minute, poll interval 10 seconds, three times in a row. */
async function waitAvailable(aws: ResourceContext, id: string, what: string): Promise<void> {
  await aws.wait({
    label: `waiting for RDS DB Instance (${id}) ${what}`,
    state: () => findById(aws, id)?.DBInstanceStatus,
    target: ["available", "storage-optimization"],
    delaySeconds: 60,
    pollSeconds: 10,
    consecutive: 3,
  });
}

/** The id is the resource id that never changes; older states and imports may hold the identifier. */
function findById(aws: ResourceContext, id: string) {
  const request = /^db-[0-9A-Za-z]{2,255}$/.test(id)
    ? { Filters: [{ Name: "dbi-resource-id", Values: [id] }] }
    : { DBInstanceIdentifier: id };
  try {
    return aws.call(rds, "DescribeDBInstances", request).DBInstances?.[0];
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function lastPart(source: unknown): string {
  return asText(source).split(":").at(-1) ?? "";
}

function identifierOf(aws: ResourceContext, id: string): string {
  return findById(aws, id)?.DBInstanceIdentifier ?? id;
}

function commonRequest(aws: ResourceContext, inputs: DbInputs) {
  return defined({
    DBInstanceIdentifier: inputs.identifier ?? `${inputs.identifierPrefix ?? "terraform-"}${aws.token.slice(0, 26)}`,
    DBInstanceClass: inputs.instanceClass,
    AutoMinorVersionUpgrade: inputs.autoMinorVersionUpgrade,
    CopyTagsToSnapshot: inputs.copyTagsToSnapshot,
    DBSubnetGroupName: inputs.dbSubnetGroupName,
    DeletionProtection: inputs.deletionProtection ?? false,
    EnableCloudwatchLogsExports: inputs.enabledCloudwatchLogsExports,
    EnableIAMDatabaseAuthentication: inputs.iamDatabaseAuthenticationEnabled,
    EnablePerformanceInsights: inputs.performanceInsightsEnabled || undefined,
    Iops: inputs.iops,
    KmsKeyId: inputs.kmsKeyId,
    MonitoringInterval: inputs.monitoringInterval || undefined,
    MonitoringRoleArn: inputs.monitoringRoleArn,
    MultiAZ: inputs.multiAz,
    NetworkType: inputs.networkType,
    OptionGroupName: inputs.optionGroupName,
    Port: inputs.port,
    PubliclyAccessible: inputs.publiclyAccessible,
    StorageType: inputs.storageType,
    VpcSecurityGroupIds: inputs.vpcSecurityGroupIds,
    Tags: tagList(inputs.tags),
  });
}

function replicaRequest(aws: ResourceContext, inputs: DbInputs, source: string): CreateDBInstanceReadReplicaMessage {
  // arn:aws:rds:<Region>:<account>:db:<identifier>
  const sourceRegion = source.startsWith("arn:") ? source.split(":")[3] : undefined;
  return defined({
    ...commonRequest(aws, inputs),
    SourceDBInstanceIdentifier: source,
    SourceRegion: sourceRegion === aws.region ? undefined : sourceRegion,
    AvailabilityZone: inputs.availabilityZone,
    ReplicaMode: inputs.replicaMode as CreateDBInstanceReadReplicaMessage["ReplicaMode"],
  });
}

/** dbInstancePopulateModify: what of the change ModifyDBInstance takes. */
function modificationOf(change: Change<DbInputs>): Omit<ModifyDBInstanceMessage, "DBInstanceIdentifier"> {
  const { after } = change;
  const changed = <T>(name: keyof DbInputs, value: T): T | undefined => (change.has(name) ? value : undefined);
  return defined({
    AllocatedStorage: changed("allocatedStorage", after.allocatedStorage),
    AutoMinorVersionUpgrade: changed("autoMinorVersionUpgrade", after.autoMinorVersionUpgrade),
    BackupRetentionPeriod: changed("backupRetentionPeriod", after.backupRetentionPeriod),
    CACertificateIdentifier: changed("caCertIdentifier", after.caCertIdentifier),
    CopyTagsToSnapshot: changed("copyTagsToSnapshot", after.copyTagsToSnapshot),
    DBInstanceClass: changed("instanceClass", after.instanceClass),
    DBParameterGroupName: changed("parameterGroupName", after.parameterGroupName),
    DBPortNumber: changed("port", after.port),
    DBSubnetGroupName: changed("dbSubnetGroupName", after.dbSubnetGroupName),
    DeletionProtection: changed("deletionProtection", after.deletionProtection ?? false),
    EnableIAMDatabaseAuthentication: changed(
      "iamDatabaseAuthenticationEnabled",
      after.iamDatabaseAuthenticationEnabled ?? false,
    ),
    EnablePerformanceInsights: changed("performanceInsightsEnabled", after.performanceInsightsEnabled),
    EngineVersion: changed("engineVersion", after.engineVersion),
    AllowMajorVersionUpgrade: changed("engineVersion", after.allowMajorVersionUpgrade),
    Iops: changed("iops", after.iops),
    MasterUserPassword: changed("password", after.password),
    MaxAllocatedStorage: changed("maxAllocatedStorage", after.maxAllocatedStorage ?? after.allocatedStorage),
    MonitoringInterval: changed("monitoringInterval", after.monitoringInterval),
    MonitoringRoleArn: changed("monitoringRoleArn", after.monitoringRoleArn),
    MultiAZ: changed("multiAz", after.multiAz),
    NewDBInstanceIdentifier: changed("identifier", after.identifier),
    PreferredBackupWindow: changed("backupWindow", after.backupWindow),
    PreferredMaintenanceWindow: changed("maintenanceWindow", after.maintenanceWindow),
    PubliclyAccessible: changed("publiclyAccessible", after.publiclyAccessible),
    StorageThroughput: changed("storageThroughput", after.storageThroughput),
    StorageType: changed("storageType", after.storageType),
    VpcSecurityGroupIds: changed("vpcSecurityGroupIds", after.vpcSecurityGroupIds),
  });
}

function updateTags(aws: ResourceContext, id: string, change: Change<DbInputs>): void {
  const { set, remove } = tagChange(change);
  const ResourceName = findById(aws, id)?.DBInstanceArn;
  if (remove.length > 0) aws.call(rds, "RemoveTagsFromResource", { ResourceName, TagKeys: [...remove] });
  if (Object.keys(set).length > 0) aws.call(rds, "AddTagsToResource", { ResourceName, Tags: tagList(set) });
}

function validate(inputs: Partial<DbInputs>): readonly Problem[] {
  const problems: Problem[] = [];
  const conflict = (a: keyof DbInputs, b: keyof DbInputs): void => {
    if (inputs[a] !== undefined && inputs[b] !== undefined) {
      problems.push({ property: a, reason: `Conflicting configuration arguments. "${a}": conflicts with ${b}` });
    }
  };
  conflict("dbName", "replicateSourceDb");
  conflict("username", "replicateSourceDb");
  conflict("manageMasterUserPassword", "password");
  const days = inputs.backupRetentionPeriod;
  if (days !== undefined && (days < 0 || days > 35)) {
    problems.push({
      property: "backupRetentionPeriod",
      reason: `expected backup_retention_period to be in the range (0 - 35), got ${days}`,
    });
  }
  const { identifier } = inputs;
  if (identifier !== undefined && !/^[a-z](?!.*--)[0-9a-z-]*(?<!-)$/.test(identifier)) {
    problems.push({
      property: "identifier",
      reason:
        'only lowercase alphanumeric characters and hyphens allowed in "identifier", which must begin with a letter, must not end with a hyphen or contain two consecutive hyphens',
    });
  }
  return problems;
}

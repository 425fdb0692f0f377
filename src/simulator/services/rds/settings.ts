import type {
  CreateDBInstanceMessage,
  CreateDBInstanceReadReplicaMessage,
  ModifyDBInstanceMessage,
} from "@aws-sdk/client-rds";

/** What callers set about an instance, with RDS's defaults filled in. */
export interface DbSettings {
  readonly engine: string;
  readonly engineVersion: string;
  readonly instanceClass: string;
  readonly port: number;
  readonly dbName: string | undefined;
  readonly masterUsername: string;
  readonly allocatedStorage: number;
  readonly maxAllocatedStorage: number | undefined;
  readonly storageType: string;
  readonly iops: number | undefined;
  readonly storageThroughput: number | undefined;
  readonly multiAz: boolean;
  /** Days; 0 means no automated backups. */
  readonly backupRetentionPeriod: number;
  readonly backupWindow: string;
  readonly maintenanceWindow: string;
  readonly deletionProtection: boolean;
  readonly publiclyAccessible: boolean;
  readonly autoMinorVersionUpgrade: boolean;
  readonly copyTagsToSnapshot: boolean;
  readonly iamAuthentication: boolean;
  readonly monitoringInterval: number;
  readonly monitoringRoleArn: string | undefined;
  readonly performanceInsights: boolean;
  readonly performanceInsightsRetention: number | undefined;
  readonly logExports: readonly string[];
  readonly caCertificate: string;
  readonly licenseModel: string;
  readonly networkType: string;
  readonly subnetGroup: string | undefined;
  readonly securityGroups: readonly string[];
  readonly parameterGroup: string;
  readonly optionGroup: string;
  /** ARN of the key; undefined when the storage is not encrypted. */
  readonly kmsKeyArn: string | undefined;
  /** The master password is kept by RDS in Secrets Manager. */
  readonly managedPassword: { readonly secretArn: string; readonly kmsKeyArn: string } | undefined;
}

/** Engines that are modelled, with their ports and licences. */
export const engines = {
  mysql: { port: 3306, licenseModel: "general-public-license", versionParts: 2 },
  mariadb: { port: 3306, licenseModel: "general-public-license", versionParts: 2 },
  postgres: { port: 5432, licenseModel: "postgresql-license", versionParts: 1 },
} as const;

/** "8.0" of "8.0.39", "16" of "16.4". */
export function majorVersion(engine: string, version: string): string {
  const parts = engine in engines ? engines[engine as keyof typeof engines].versionParts : 1;
  return version.split(".").slice(0, parts).join(".");
}

/** The family of parameter groups that fit, such as "mysql8.0". */
export function parameterFamily(engine: string, version: string): string {
  return `${engine}${majorVersion(engine, version)}`;
}

export function defaultParameterGroup(engine: string, version: string): string {
  return `default.${parameterFamily(engine, version)}`;
}

export function defaultOptionGroup(engine: string, version: string): string {
  return `default:${engine}-${majorVersion(engine, version).replaceAll(".", "-")}`;
}

/** Members that the calls to create, replicate and modify an instance have in common, as settings; absent ones left out. */
export function settingsFrom(
  input: Partial<CreateDBInstanceMessage & CreateDBInstanceReadReplicaMessage & ModifyDBInstanceMessage>,
): Partial<DbSettings> {
  const settings: { [K in keyof DbSettings]?: DbSettings[K] | undefined } = {
    engineVersion: input.EngineVersion,
    instanceClass: input.DBInstanceClass,
    allocatedStorage: input.AllocatedStorage,
    // 0 turns storage autoscaling off, as the provider sends it.
    maxAllocatedStorage: input.MaxAllocatedStorage,
    storageType: input.StorageType,
    iops: input.Iops,
    storageThroughput: input.StorageThroughput,
    multiAz: input.MultiAZ,
    backupRetentionPeriod: input.BackupRetentionPeriod,
    backupWindow: input.PreferredBackupWindow?.toLowerCase(),
    maintenanceWindow: input.PreferredMaintenanceWindow?.toLowerCase(),
    deletionProtection: input.DeletionProtection,
    publiclyAccessible: input.PubliclyAccessible,
    autoMinorVersionUpgrade: input.AutoMinorVersionUpgrade,
    copyTagsToSnapshot: input.CopyTagsToSnapshot,
    iamAuthentication: input.EnableIAMDatabaseAuthentication,
    monitoringInterval: input.MonitoringInterval,
    monitoringRoleArn: input.MonitoringRoleArn,
    performanceInsights: input.EnablePerformanceInsights,
    performanceInsightsRetention: input.PerformanceInsightsRetentionPeriod,
    logExports: input.EnableCloudwatchLogsExports,
    caCertificate: input.CACertificateIdentifier,
    networkType: input.NetworkType,
    subnetGroup: input.DBSubnetGroupName,
    securityGroups: input.VpcSecurityGroupIds,
    parameterGroup: input.DBParameterGroupName,
    optionGroup: input.OptionGroupName,
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

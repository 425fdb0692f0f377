import type { CreateDBInstanceMessage } from "@aws-sdk/client-rds";

import type { World } from "../../world.js";
import { toDbInstance } from "./describe.js";
import { runPhases } from "./lifecycle.js";
import { addInstance, managedPassword, newIdentifier, storageKey } from "./new-instance.js";
import { defaultOptionGroup, defaultParameterGroup, engines, settingsFrom, type DbSettings } from "./settings.js";
import { invalidCombination, invalidValue, type RdsHandlers } from "./state.js";

/** Latest minor versions to which a major version without one leads. */
const defaultVersions: Readonly<Record<string, string>> = { mysql: "8.0", mariadb: "10.11", postgres: "16" };

export function createHandlers(world: World) {
  return {
    CreateDBInstance: (input, { region }) => {
      const identifier = newIdentifier(world, region, input.DBInstanceIdentifier);
      const settings = newSettings(world, region, identifier, input);
      const instance = addInstance(world, region, {
        identifier,
        settings,
        zone: input.AvailabilityZone,
        source: undefined,
        tags: input.Tags ?? [],
      });
      const done = (): void => {
        instance.createdAt = world.now();
      };
      runPhases(world, instance, [{ row: "rds.create", status: "creating", done }]);
      return { DBInstance: toDbInstance(world, instance) };
    },
  } satisfies RdsHandlers;
}

function newSettings(world: World, region: string, identifier: string, input: CreateDBInstanceMessage): DbSettings {
  const engine = (input.Engine ?? "").toLowerCase();
  if (!(engine in engines)) throw invalidValue(`Invalid DB engine: ${input.Engine ?? ""}`);
  const { port, licenseModel } = engines[engine as keyof typeof engines];
  if (!input.DBInstanceClass?.startsWith("db."))
    throw invalidValue(`Invalid DB Instance class: ${input.DBInstanceClass ?? ""}`);
  if (input.AllocatedStorage === undefined) throw invalidValue(`Invalid storage size for engine name ${engine}`);
  if (!input.MasterUsername) throw invalidValue("The parameter MasterUsername must be provided and must not be blank.");
  if (input.ManageMasterUserPassword && input.MasterUserPassword)
    throw invalidCombination("You can't specify both MasterUserPassword and ManageMasterUserPassword.");
  if (!input.ManageMasterUserPassword) checkPassword(input.MasterUserPassword);
  if (input.KmsKeyId !== undefined && input.StorageEncrypted !== true)
    throw invalidCombination("KmsKeyId can't be specified unless StorageEncrypted is true.");
  const engineVersion = input.EngineVersion ?? defaultVersions[engine] ?? "";
  return {
    engine,
    engineVersion,
    instanceClass: input.DBInstanceClass,
    port: input.Port ?? port,
    dbName: input.DBName,
    masterUsername: input.MasterUsername,
    allocatedStorage: input.AllocatedStorage,
    maxAllocatedStorage: undefined,
    storageType: "gp2",
    iops: undefined,
    storageThroughput: undefined,
    multiAz: false,
    backupRetentionPeriod: 1,
    ...defaultSettings,
    licenseModel: input.LicenseModel ?? licenseModel,
    parameterGroup: defaultParameterGroup(engine, engineVersion),
    optionGroup: defaultOptionGroup(engine, engineVersion),
    kmsKeyArn: input.StorageEncrypted ? storageKey(world, region, input.KmsKeyId) : undefined,
    managedPassword: input.ManageMasterUserPassword
      ? managedPassword(world, region, identifier, input.MasterUserSecretKmsKeyId)
      : undefined,
    ...settingsFrom(input),
  };
}

/** RDS picks windows at random; here they are the same for all, so that the same seed runs alike. */
export const defaultSettings = {
  backupWindow: "03:00-03:30",
  maintenanceWindow: "sun:04:00-sun:04:30",
  deletionProtection: false,
  publiclyAccessible: false,
  autoMinorVersionUpgrade: true,
  copyTagsToSnapshot: false,
  iamAuthentication: false,
  monitoringInterval: 0,
  monitoringRoleArn: undefined,
  performanceInsights: false,
  performanceInsightsRetention: undefined,
  logExports: [],
  caCertificate: "rds-ca-rsa2048-g1",
  networkType: "IPV4",
  subnetGroup: undefined,
  securityGroups: [],
} as const satisfies Partial<DbSettings>;

/** @throws ServiceError InvalidParameterValue */
export function checkPassword(password: string | undefined): void {
  if (!password) throw invalidValue("The parameter MasterUserPassword must be provided and must not be blank.");
  if (password.length < 8)
    throw invalidValue(
      "The parameter MasterUserPassword is not a valid password because it is shorter than 8 characters.",
    );
  if (/[/@" ]/.test(password))
    throw invalidValue(
      "The parameter MasterUserPassword is not a valid password. Only printable ASCII characters besides '/', '@', '\"', ' ' may be used.",
    );
}

import type { ModifyDBInstanceMessage } from "@aws-sdk/client-rds";

import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { checkPassword } from "./create.js";
import { toDbInstance } from "./describe.js";
import { note, requireAvailable, runPhases, type Phase } from "./lifecycle.js";
import { untilMaintenance } from "./maintenance.js";
import { checkSettings, managedPassword, otherZone } from "./new-instance.js";
import { majorVersion, settingsFrom, type DbSettings } from "./settings.js";
import {
  invalidCombination,
  invalidValue,
  replicasOf,
  requireInstance,
  type DbInstance,
  type RdsHandlers,
} from "./state.js";

/** Changes that RDS keeps for the maintenance window unless they are to be made immediately. */
const deferrable: readonly (keyof DbSettings)[] = [
  "instanceClass",
  "engineVersion",
  "allocatedStorage",
  "storageType",
  "iops",
  "storageThroughput",
  "multiAz",
  "caCertificate",
];

/** Changes that RDS makes at once, while the instance stays available. */
const instant: readonly (keyof DbSettings)[] = [
  "deletionProtection",
  "copyTagsToSnapshot",
  "backupWindow",
  "maintenanceWindow",
  "autoMinorVersionUpgrade",
  "maxAllocatedStorage",
];

/** Changes that restart the database. */
const restarting: readonly (keyof DbSettings)[] = ["instanceClass", "engineVersion"];

export function modifyHandlers(world: World) {
  return {
    ModifyDBInstance: (input, { region }) => {
      const instance = requireInstance(world, region, input.DBInstanceIdentifier);
      requireAvailable(instance);
      const changes = changesFrom(world, instance, input);
      checkChanges(world, instance, input, changes);

      const now = pick(
        changes,
        (key) => instant.includes(key) || (key === "backupRetentionPeriod" && !togglesBackups(instance, changes)),
      );
      instance.settings = { ...instance.settings, ...now };
      const work = pick(changes, (key) => !(key in now));
      const deferred = input.ApplyImmediately
        ? {}
        : pick(work, (key) => deferrable.includes(key) || key === "backupRetentionPeriod");
      // An immediate modification also makes the changes that were waiting (RDS user guide, immediate application).
      const making = input.ApplyImmediately
        ? { ...instance.pending, ...work }
        : pick(work, (key) => !(key in deferred));
      const kept = input.ApplyImmediately ? {} : { ...instance.pending, ...deferred };
      if (Object.keys(making).length > 0 || input.MasterUserPassword !== undefined)
        applyChanges(world, instance, making, kept);
      else instance.pending = kept;
      if (Object.keys(kept).length > 0) scheduleMaintenance(world, instance);
      return { DBInstance: toDbInstance(world, instance) };
    },
  } satisfies RdsHandlers;
}

/** What a call changes: what it says, less what is so already. */
function changesFrom(world: World, instance: DbInstance, input: ModifyDBInstanceMessage): Partial<DbSettings> {
  const { settings } = instance;
  const logs = input.CloudwatchLogsExportConfiguration;
  const asked: Partial<DbSettings> = {
    ...settingsFrom(input),
    ...(input.DBPortNumber === undefined ? {} : { port: input.DBPortNumber }),
    ...(logs
      ? {
          logExports: [...new Set([...settings.logExports, ...(logs.EnableLogTypes ?? [])])]
            .filter((type) => !logs.DisableLogTypes?.includes(type))
            .sort(),
        }
      : {}),
    ...(input.ManageMasterUserPassword === undefined
      ? {}
      : {
          managedPassword: input.ManageMasterUserPassword
            ? managedPassword(world, instance.region, instance.identifier, input.MasterUserSecretKmsKeyId)
            : undefined,
        }),
  };
  return pick(asked, (key) => JSON.stringify(asked[key]) !== JSON.stringify(settings[key]));
}

function checkChanges(
  world: World,
  instance: DbInstance,
  input: ModifyDBInstanceMessage,
  changes: Partial<DbSettings>,
): void {
  const { settings } = instance;
  if (
    input.NewDBInstanceIdentifier !== undefined &&
    input.NewDBInstanceIdentifier.toLowerCase() !== instance.identifier
  )
    throw new ServiceError("NotImplemented", "the simulated rds does not model renaming an instance", { status: 501 });
  checkSettings(world, instance.region, changes);
  if (changes.maintenanceWindow !== undefined && untilMaintenance(changes.maintenanceWindow, world.now()) === undefined)
    throw invalidValue(
      `Invalid maintenance window format: ${changes.maintenanceWindow}. Should be specified as a range ddd:hh24:mi-ddd:hh24:mi`,
    );
  if (changes.allocatedStorage !== undefined && changes.allocatedStorage < settings.allocatedStorage)
    throw invalidCombination(
      `Requested size ${changes.allocatedStorage} must be greater than the existing size ${settings.allocatedStorage}.`,
    );
  if (changes.backupRetentionPeriod === 0 && replicasOf(world, instance).length > 0)
    throw invalidCombination("Backups can't be disabled for a DB instance that is the source of read replicas.");
  if (changes.engineVersion !== undefined) {
    const major =
      majorVersion(settings.engine, changes.engineVersion) !== majorVersion(settings.engine, settings.engineVersion);
    if (major && input.AllowMajorVersionUpgrade !== true)
      throw invalidCombination(
        "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.",
      );
  }
  if (input.MasterUserPassword === undefined) return;
  checkPassword(input.MasterUserPassword);
  if (instance.source && settings.engine === "postgres")
    throw invalidCombination(
      "Cannot change master user password on an RDS postgres Read Replica because it uses physical replication and therefore cannot differ from its parent.",
    );
}

function togglesBackups(instance: DbInstance, { backupRetentionPeriod }: Partial<DbSettings>): boolean {
  if (backupRetentionPeriod === undefined) return false;
  return (backupRetentionPeriod === 0) !== (instance.settings.backupRetentionPeriod === 0);
}

/** Makes changes; until they are made, Describe shows them as pending, with those that are kept for later. */
function applyChanges(
  world: World,
  instance: DbInstance,
  changes: Partial<DbSettings>,
  kept: Partial<DbSettings>,
): void {
  instance.pending = { ...kept, ...changes };
  const keys = Object.keys(changes) as (keyof DbSettings)[];
  const toMultiAz = changes.multiAz === true;
  const restarts = keys.some((key) => restarting.includes(key));
  const other = keys.filter((key) => !(key === "multiAz" && toMultiAz));

  const phases: Phase[] = [];
  if (other.length > 0 || keys.length === 0) phases.push({ row: "rds.modify", status: "modifying" });
  // A Multi-AZ instance restarts by way of its standby.
  if (restarts)
    phases.push({
      row: instance.settings.multiAz ? "rds.multi-az-failover" : "rds.reboot",
      status: "modifying",
      down: true,
    });
  if (toMultiAz) phases.push({ row: "rds.convert-multi-az", status: "modifying" });
  const done = (): void => {
    instance.settings = { ...instance.settings, ...changes };
    instance.pending = kept;
    instance.standbyZone = instance.settings.multiAz ? (instance.standbyZone ?? otherZone(world, instance)) : undefined;
    note(world, instance, `was modified: ${keys.join(", ") || "masterUserPassword"}`);
  };
  const last = phases.pop();
  if (last) phases.push({ ...last, done });
  // The first backup is taken at once; RDS refuses to promote a replica during it.
  if (togglesBackups(instance, changes) && changes.backupRetentionPeriod !== 0)
    phases.push({ row: "rds.backup", status: "backing-up" });
  runPhases(world, instance, phases);
}

/** Makes pending changes when the maintenance window opens; while the instance is busy then, a week later. */
function scheduleMaintenance(world: World, instance: DbInstance): void {
  instance.maintenance?.cancel();
  const wait = untilMaintenance(instance.settings.maintenanceWindow, world.now());
  if (wait === undefined) return;
  instance.maintenance = world.at(wait, () => {
    if (instance.gone || Object.keys(instance.pending).length === 0) return;
    if (instance.status === "available" && !world.impairment(instance.region))
      applyChanges(world, instance, instance.pending, {});
    else scheduleMaintenance(world, instance);
  });
}

function pick(settings: Partial<DbSettings>, wanted: (key: keyof DbSettings) => boolean): Partial<DbSettings> {
  return Object.fromEntries(Object.entries(settings).filter(([key]) => wanted(key as keyof DbSettings)));
}

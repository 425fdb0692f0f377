import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { defaultSettings } from "./create.js";
import { toDbInstance } from "./describe.js";
import { note, requireAvailable, runPhases } from "./lifecycle.js";
import { addInstance, newIdentifier, storageKey } from "./new-instance.js";
import { publishReplicaLag } from "./replica-lag-metric.js";
import { startReplication, stopReplication } from "./replication.js";
import { defaultOptionGroup, defaultParameterGroup, settingsFrom } from "./settings.js";
import {
  invalidCombination,
  invalidState,
  invalidValue,
  requireInstance,
  type DbInstance,
  type RdsHandlers,
} from "./state.js";

export function replicaHandlers(world: World) {
  return {
    CreateDBInstanceReadReplica: (input, { region }) => {
      const identifier = newIdentifier(world, region, input.DBInstanceIdentifier);
      const source = requireSource(world, region, input.SourceDBInstanceIdentifier);
      const crossRegion = source.region !== region;
      const { settings } = source;
      const kmsKeyArn = replicaKey(world, region, source, input.KmsKeyId);
      const instance = addInstance(world, region, {
        identifier,
        settings: {
          ...settings,
          ...defaultSettings,
          multiAz: false,
          // A replica starts without backups of its own, whatever its source has.
          backupRetentionPeriod: 0,
          parameterGroup: crossRegion
            ? defaultParameterGroup(settings.engine, settings.engineVersion)
            : settings.parameterGroup,
          optionGroup: crossRegion ? defaultOptionGroup(settings.engine, settings.engineVersion) : settings.optionGroup,
          subnetGroup: crossRegion ? undefined : settings.subnetGroup,
          securityGroups: crossRegion ? [] : settings.securityGroups,
          managedPassword: undefined,
          ...settingsFrom(input),
          ...(input.Port === undefined ? {} : { port: input.Port }),
          kmsKeyArn,
        },
        zone: input.AvailabilityZone,
        source: { region: source.region, identifier: source.identifier, arn: source.arn },
        tags: input.Tags ?? [],
      });
      const done = (): void => {
        instance.createdAt = world.now();
        if (source.gone) return;
        startReplication(world, instance, source);
        publishReplicaLag(world, instance);
      };
      const row = crossRegion ? "rds.create-replica" : "rds.create";
      runPhases(world, instance, [{ row, status: "creating", regions: [...new Set([source.region, region])], done }]);
      return { DBInstance: toDbInstance(world, instance) };
    },

    PromoteReadReplica: (input, { region }) => {
      const instance = requireInstance(world, region, input.DBInstanceIdentifier);
      if (!instance.source) throw invalidState(`DB Instance ${instance.identifier} is not a read replica.`);
      requireAvailable(instance);
      if (instance.settings.backupRetentionPeriod === 0)
        throw invalidState(
          `DB Instance ${instance.identifier} can't be promoted: automated backups are not enabled for it. ` +
            "To enable automated backups, use ModifyDBInstance to set the backup retention period to a non-zero value.",
        );
      const backupRetentionPeriod = input.BackupRetentionPeriod ?? 1;
      if (backupRetentionPeriod < 0 || backupRetentionPeriod > 35)
        throw invalidValue(`Invalid backup retention period: ${backupRetentionPeriod}. Valid values are 0 to 35.`);
      instance.settings = {
        ...instance.settings,
        backupRetentionPeriod,
        backupWindow: input.PreferredBackupWindow?.toLowerCase() ?? instance.settings.backupWindow,
      };
      promote(world, instance);
      return { DBInstance: toDbInstance(world, instance) };
    },
  } satisfies RdsHandlers;
}

/**
 * Makes a replica a primary: replication stops at once, what is in flight is lost to it; it answers queries until it
 * reboots, and writes only after that. Needs nothing of the source's Region.
 */
export function promote(world: World, instance: DbInstance): void {
  stopReplication(world, instance);
  note(world, instance, "stopped replicating to be promoted");
  runPhases(world, instance, [
    {
      row: "rds.promote",
      status: "modifying",
      done: () => {
        instance.source = undefined;
      },
    },
    {
      row: "rds.reboot",
      status: "rebooting",
      down: true,
      done: () => {
        instance.readOnly = false;
        note(world, instance, "was promoted");
      },
    },
  ]);
}

/** The instance to replicate, with what RDS demands of it. */
function requireSource(world: World, region: string, reference: string | undefined): DbInstance {
  const sourceRegion = /^arn:aws[a-z-]*:rds:([^:]*):/.exec(reference ?? "")?.[1] ?? region;
  if (world.impairment(sourceRegion))
    throw new ServiceError("ServiceUnavailable", `The service in ${sourceRegion} is unavailable.`, { status: 503 });
  const source = requireInstance(world, sourceRegion, reference);
  if (source.settings.managedPassword)
    throw invalidValue(
      `Creating read replicas for source instance with engine ${source.settings.engine} where ManageMasterUserPassword is enabled is not supported.`,
    );
  requireAvailable(source);
  if (source.settings.backupRetentionPeriod === 0)
    throw invalidState(
      "Automated backups are not enabled for this database instance. To enable automated backups, use ModifyDBInstance " +
        "to set the backup retention period to a non-zero value.",
    );
  return source;
}

/** The key of a replica's storage: a key never leaves its Region, so another Region needs one of its own. */
function replicaKey(
  world: World,
  region: string,
  source: DbInstance,
  reference: string | undefined,
): string | undefined {
  const encrypted = source.settings.kmsKeyArn !== undefined;
  if (!encrypted) {
    if (reference !== undefined)
      throw invalidCombination("You can't create an encrypted read replica from an unencrypted DB instance.");
    return undefined;
  }
  if (source.region === region) return source.settings.kmsKeyArn;
  if (reference === undefined)
    throw invalidCombination("Cannot create a cross region unencrypted read replica from encrypted source.");
  return storageKey(world, region, reference);
}

import type { World } from "../../world.js";
import { toDbInstance } from "./describe.js";
import { note, requireAvailable, runPhases } from "./lifecycle.js";
import {
  invalidCombination,
  invalidState,
  replicasOf,
  requireInstance,
  type DbInstance,
  type RdsHandlers,
} from "./state.js";

/** RDS starts a stopped instance after so long, so that it does not miss maintenance (USER_StopInstance.md). */
const LONGEST_STOP_MS = 7 * 24 * 60 * 60 * 1000;

export function restartHandlers(world: World) {
  return {
    RebootDBInstance: (input, { region }) => {
      const instance = requireInstance(world, region, input.DBInstanceIdentifier);
      requireAvailable(instance);
      if (input.ForceFailover) {
        if (!instance.settings.multiAz)
          throw invalidCombination(
            "ForceFailover can't be specified for an instance that isn't configured for Multi-AZ.",
          );
        failOver(world, instance);
      } else {
        runPhases(world, instance, [{ row: "rds.reboot", status: "rebooting", down: true }]);
      }
      return { DBInstance: toDbInstance(world, instance) };
    },

    StopDBInstance: (input, { region }) => {
      const instance = requireInstance(world, region, input.DBInstanceIdentifier);
      requireAvailable(instance);
      if (instance.source) throw invalidState(`Cannot stop ${instance.identifier}: it is a read replica.`);
      if (replicasOf(world, instance).length > 0)
        throw invalidState(`Cannot stop ${instance.identifier}: it is the source of read replicas.`);
      runPhases(world, instance, [{ row: "rds.stop", status: "stopping", down: true }], "stopped");
      instance.maintenance?.cancel();
      instance.maintenance = world.at(LONGEST_STOP_MS, () => {
        if (instance.status === "stopped") start(world, instance);
      });
      return { DBInstance: toDbInstance(world, instance) };
    },

    StartDBInstance: (input, { region }) => {
      const instance = requireInstance(world, region, input.DBInstanceIdentifier);
      if (instance.status !== "stopped")
        throw invalidState(`Instance ${instance.identifier} is not stopped, it cannot be started.`);
      start(world, instance);
      return { DBInstance: toDbInstance(world, instance) };
    },
  } satisfies RdsHandlers;
}

/** Moves a Multi-AZ instance to its standby, which has every committed row: nothing is lost. */
export function failOver(world: World, instance: DbInstance): void {
  const done = (): void => {
    const { zone, standbyZone } = instance;
    instance.zone = standbyZone ?? zone;
    instance.standbyZone = zone;
    note(world, instance, `failed over from ${zone} to ${instance.zone}`);
  };
  runPhases(world, instance, [{ row: "rds.multi-az-failover", status: "rebooting", down: true, done }]);
}

function start(world: World, instance: DbInstance): void {
  instance.maintenance?.cancel();
  runPhases(world, instance, [{ row: "rds.start", status: "starting", down: true }]);
}

import type { DBSnapshot } from "@aws-sdk/client-rds";

import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { toDbInstance } from "./describe.js";
import { note, runPhases } from "./lifecycle.js";
import { page } from "./paging.js";
import { promote } from "./read-replica.js";
import { stopReplication } from "./replication.js";
import {
  invalidCombination,
  invalidState,
  rdsArn,
  rdsSlot,
  replicasOf,
  requireInstance,
  type DbInstance,
  type RdsHandlers,
} from "./state.js";

export function deleteHandlers(world: World) {
  return {
    DeleteDBInstance: (input, { region }) => {
      const instance = requireInstance(world, region, input.DBInstanceIdentifier);
      const { SkipFinalSnapshot: skip = false, FinalDBSnapshotIdentifier: snapshot } = input;
      if (instance.status === "deleting")
        throw invalidState(`Instance ${instance.identifier} is already being deleted.`);
      if (instance.settings.deletionProtection)
        throw invalidCombination(
          "Cannot delete protected DB Instance, please disable deletion protection and try again.",
        );
      if (skip && snapshot !== undefined)
        throw invalidCombination("FinalDBSnapshotIdentifier can not be specified when SkipFinalSnapshot is true.");
      if (instance.source && snapshot !== undefined)
        throw invalidCombination("FinalDBSnapshotIdentifier can not be specified when deleting a read replica.");
      if (!skip && instance.source)
        throw invalidCombination("SkipFinalSnapshot must be specified when deleting a read replica.");
      if (!skip && snapshot === undefined)
        throw invalidCombination("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.");
      if (snapshot !== undefined && world.state(rdsSlot, region).snapshots.has(snapshot.toLowerCase()))
        throw new ServiceError(
          "DBSnapshotAlreadyExistsFault",
          `Cannot create the snapshot because a snapshot with the identifier ${snapshot} already exists.`,
        );

      instance.operation?.cancel();
      instance.maintenance?.cancel();
      stopReplication(world, instance);
      releaseReplicas(world, instance);
      const done = (): void => {
        const state = world.state(rdsSlot, region);
        if (snapshot !== undefined)
          state.snapshots.set(snapshot.toLowerCase(), finalSnapshot(world, instance, snapshot.toLowerCase()));
        instance.gone = true;
        state.instances.delete(instance.identifier);
        state.tags.delete(instance.arn);
        note(world, instance, "was deleted");
      };
      runPhases(world, instance, [{ row: "rds.delete", status: "deleting", down: true, done }]);
      return { DBInstance: toDbInstance(world, instance) };
    },

    DescribeDBSnapshots: (input, { region }) => {
      const all = [...world.state(rdsSlot, region).snapshots.values()].filter(
        ({ DBSnapshotIdentifier, DBInstanceIdentifier }) =>
          (input.DBSnapshotIdentifier === undefined ||
            input.DBSnapshotIdentifier.toLowerCase() === DBSnapshotIdentifier) &&
          (input.DBInstanceIdentifier === undefined ||
            input.DBInstanceIdentifier.toLowerCase() === DBInstanceIdentifier),
      );
      if (input.DBSnapshotIdentifier !== undefined && all.length === 0)
        throw snapshotNotFound(input.DBSnapshotIdentifier);
      const { items, Marker } = page(all, input, ({ DBSnapshotIdentifier }) => DBSnapshotIdentifier ?? "");
      return { DBSnapshots: [...items], ...(Marker ? { Marker } : {}) };
    },

    DeleteDBSnapshot: (input, { region }) => {
      const { snapshots } = world.state(rdsSlot, region);
      const id = input.DBSnapshotIdentifier?.toLowerCase() ?? "";
      const snapshot = snapshots.get(id);
      if (!snapshot) throw snapshotNotFound(id);
      snapshots.delete(id);
      return { DBSnapshot: { ...snapshot, Status: "deleted" } };
    },
  } satisfies RdsHandlers;
}

/** A replica in the Region of a deleted source becomes an instance of its own; one elsewhere waits to be promoted. */
function releaseReplicas(world: World, source: DbInstance): void {
  for (const replica of replicasOf(world, source)) {
    if (replica.region === source.region && replica.status === "available") promote(world, replica);
    else stopReplication(world, replica);
  }
}

function finalSnapshot(world: World, { settings, ...instance }: DbInstance, id: string): DBSnapshot {
  return {
    DBSnapshotIdentifier: id,
    DBSnapshotArn: rdsArn(world, instance.region, "snapshot", id),
    DBInstanceIdentifier: instance.identifier,
    DbiResourceId: instance.resourceId,
    SnapshotCreateTime: new Date(world.now()),
    InstanceCreateTime: instance.createdAt === undefined ? undefined : new Date(instance.createdAt),
    Status: "available",
    SnapshotType: "manual",
    Engine: settings.engine,
    EngineVersion: settings.engineVersion,
    AllocatedStorage: settings.allocatedStorage,
    StorageType: settings.storageType,
    Encrypted: settings.kmsKeyArn !== undefined,
    KmsKeyId: settings.kmsKeyArn,
    Port: settings.port,
    MasterUsername: settings.masterUsername,
    AvailabilityZone: instance.zone,
    PercentProgress: 100,
  };
}

function snapshotNotFound(id: string): ServiceError {
  return new ServiceError("DBSnapshotNotFoundFault", `DBSnapshot ${id} not found.`, { status: 404 });
}
